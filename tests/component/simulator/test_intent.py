"""What prompts are understood as: the engine's own, and those of other hands."""

from __future__ import annotations

import pytest

from routing.core.request import Message
from routing.simulator.intent import KINDS, read
from routing.simulator.profiles import TASK_TYPES
from runs.core.context import Excerpt
from runs.core.critique import APPROVAL
from runs.core.prompts import (
    Assignment,
    Feedback,
    critique_prompt,
    generation_prompt,
    judge_again_prompt,
    judge_prompt,
    plan_prompt,
    plan_repair_prompt,
    revision_prompt,
)
from runs.core.rules import TaskType
from tests.component.simulator.prompts import engine_prompt, make_prompt

NONCE = "q7w8e9r0t1"
TRICKY = (
    "Revise this with the critique. Answer with JSON and a score between 0 and 1. "
    "hard_validators, dependencies. List its problems. Task type: summarization"
)


def test_the_task_types_are_the_engines():
    assert set(TASK_TYPES) == set(TaskType)


@pytest.mark.parametrize("text", ["Build a shop.", TRICKY])
def test_the_engines_plan_prompts_are_plans(text):
    asked = plan_prompt(text, text, NONCE)
    repair = plan_repair_prompt(asked, "no idea", text, NONCE)
    for messages in (asked, repair):
        reading = read(engine_prompt(messages))
        assert (reading.kind, reading.task) == ("plan", text)


@pytest.mark.parametrize("task_type", TASK_TYPES)
@pytest.mark.parametrize("text", ["Do it.", TRICKY])
@pytest.mark.parametrize("criteria", ["", TRICKY])
def test_the_engines_prompts_are_told_apart_whatever_the_data_says(task_type, text, criteria):
    task = Assignment(task_type, text, criteria)
    made = {
        "generate": generation_prompt(task, NONCE, context=[Excerpt("critique the output", text)]),
        "critique": critique_prompt(task, text, NONCE),
        "revise": revision_prompt(task, text, text, NONCE),
        "judge": judge_prompt(task, text, 1, NONCE),
    }
    for kind, messages in made.items():
        reading = read(engine_prompt(messages))
        assert (reading.kind, reading.task_type, reading.task) == (kind, task_type, text)


@pytest.mark.parametrize("variant", [0, 1])
def test_a_retry_is_a_generation_that_knows_its_earlier_answer(variant):
    feedback = Feedback(output="x = 1", critique="1. Too short.", failures=("score 0.4",))
    task = Assignment("code_generation", "Add numbers.")
    messages = generation_prompt(task, NONCE, feedback=feedback, variant=variant)
    reading = read(engine_prompt(messages))
    assert (reading.kind, reading.subject) == ("generate", "x = 1")
    assert "Too short" in reading.critique


def test_a_retry_without_an_output_is_known_as_one():
    feedback = Feedback(failures=("the reply was empty",))
    messages = generation_prompt(Assignment("summarization", "Do."), NONCE, feedback=feedback)
    assert read(engine_prompt(messages)).was_tried
    assert not read(make_prompt("Do.")).was_tried


def test_the_subject_of_a_verdict_is_the_output_and_not_the_task():
    task = Assignment("code_review", "Review the work.", "No remarks.")
    for messages in (judge_prompt(task, "Fine.", 0, NONCE), critique_prompt(task, "Fine.", NONCE)):
        assert read(engine_prompt(messages)).subject == "Fine."


def test_a_judge_is_told_the_keys_of_its_reply():
    asked = judge_prompt(Assignment("evaluation", "Do."), '{"other": 1}', 0, NONCE)
    for messages in (asked, judge_again_prompt(asked, "hm")):
        reading = read(engine_prompt(messages))
        assert (reading.kind, reading.keys) == ("judge", ("score", "reason"))
        assert reading.subject == '{"other": 1}'


def test_a_critic_knows_the_words_of_approval():
    messages = critique_prompt(Assignment("evaluation", "Do."), "x", NONCE)
    assert read(engine_prompt(messages)).approval == APPROVAL


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("plan", "Answer with a JSON list of tasks with id, type, prompt, dependencies."),
        ("plan", "Each has id, type, prompt, dependencies and hard_validators."),
        ("judge", "Rate the answer. Reply with JSON: a score from 0 to 10."),
        ("judge", 'Give JSON {"score": 0.0-1.0, "reason": "..."} for the output.'),
        ("judge", "Grade this work and return its score as a number."),
        ("critique", "You are a strict reviewer."),
        ("critique", "Critique the output below."),
        ("critique", "Find the most serious flaws of this text."),
        ("critique", "Please write a critique."),
        ("revise", "Improve the draft; the reviewer's feedback follows."),
        ("revise", "Here is a critique of your answer. Rewrite it accordingly."),
        ("generate", "Write a function that sorts."),
        ("generate", "Score a film for an orchestra."),
        ("generate", "You are a helpful assistant."),
        ("generate", "Improve my English."),
    ],
)
@pytest.mark.parametrize("place", ["system", "user"])
def test_prompts_of_other_hands_are_understood(kind, words, place):
    assert kind in KINDS
    asked = make_prompt("Go.", system=words) if place == "system" else make_prompt(words)
    assert read(asked).kind == kind


@pytest.mark.parametrize(
    ("task_type", "words"),
    [
        ("data_extraction", "Extract all dates from this letter."),
        ("summarization", "Summarize the minutes."),
        ("code_review", "Review the code of the parser."),
        ("code_generation", "Implement a cache."),
        ("creative_writing", "A poem about rain."),
        ("evaluation", "Compare these two plans."),
        ("complex_reasoning", "Why is the sky blue?"),
        ("code_review", "Task type: code review. Implement nothing."),
    ],
)
def test_the_type_of_a_task_is_guessed_where_it_is_not_named(task_type, words):
    assert read(make_prompt(words)).task_type == task_type


@pytest.mark.parametrize(
    ("words", "top"),
    [("from 0 to 100", 100.0), ("from 1 to 10", 10.0), ("between 0 and 1", 1.0)],
)
def test_a_scale_is_read_from_the_words(words, top):
    assert read(make_prompt(f"Judge it. JSON with a score {words}.")).top_score == top


def test_a_schema_is_found_in_the_request_and_in_the_text():
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    text = 'Extract. Fit {"type": "object", "properties": {"a": {"type": "string"}}} please'
    assert read(make_prompt("Extract.", schema=schema)).schema == schema
    assert read(make_prompt(text)).schema == schema
    messages = generation_prompt(Assignment("data_extraction", text), NONCE)
    assert read(engine_prompt(messages)).schema == schema


@pytest.mark.parametrize("text", ['{"type" "properties"', '{"type": 1, "properties'])
def test_what_only_looks_like_a_schema_is_none(text):
    assert read(make_prompt(text)).schema is None


def test_what_a_model_said_before_does_not_address_the_reader():
    messages = (
        Message("user", "Sort a list."),
        Message("assistant", "hard_validators. Give a JSON score from 0 to 1."),
        Message("user", "Go on."),
    )
    assert read(engine_prompt(messages)).kind == "generate"
