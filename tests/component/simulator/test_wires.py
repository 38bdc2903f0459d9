"""The wire formats: what is read from requests, and the shape of what is written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from routing.simulator.exchange import Answer, BadRequest, Failure, Tokens
from routing.simulator.wires.anthropic import AnthropicWire
from routing.simulator.wires.gemini import GeminiWire
from routing.simulator.wires.openai import OpenAIWire
from tests.component.simulator.prompts import make_prompt

OPENAI, ANTHROPIC, GEMINI = OpenAIWire(), AnthropicWire(), GeminiWire()
TOKENS = Tokens(input=2000, output=90, reasoning=30, cache_read=1024, cache_write=0)
TEXT = "Some text, long enough to come in more than one piece, surely."
ANSWER = Answer("id1", "m", TEXT, TOKENS)


def events(frames: Iterable[bytes]) -> list[dict[str, Any]]:
    lines = b"".join(frames).decode().splitlines()
    found = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return [json.loads(line) for line in found if line != "[DONE]"]


def answer(**fields: Any) -> Answer:
    return Answer(**{"id": "id1", "model": "m", "text": "Text.", "tokens": TOKENS, **fields})


def test_openai_requests_are_read():
    prompt = OPENAI.read(
        {
            "messages": [
                {"role": "system", "content": "s"},
                {"role": "developer", "content": "d"},
                {"role": "user", "content": [{"type": "text", "text": "u"}, {"type": "image"}]},
                {"role": "assistant", "content": None},
            ],
            "max_completion_tokens": 5,
            "response_format": {"type": "json_schema", "json_schema": {"schema": {"a": 1}}},
            "seed": 3,
        },
        "m",
        True,
    )
    assert (prompt.system, prompt.turns) == ("s\n\nd", (("user", "u"), ("assistant", "")))
    assert (prompt.max_output_tokens, prompt.nonce, prompt.stream) == (5, "3", True)
    assert (prompt.json_output, prompt.schema, prompt.stream_usage) == (True, {"a": 1}, False)


def test_anthropic_requests_are_read():
    mark = {"cache_control": {"type": "ephemeral"}}
    prompt = ANTHROPIC.read(
        {
            "system": [{"type": "text", "text": "s", **mark}],
            "messages": [{"role": "user", "content": [{"type": "text", "text": "u"}]}],
            "max_tokens": 5,
            "metadata": {"user_id": "n"},
        },
        "m",
        False,
    )
    assert (prompt.system, prompt.turns) == ("s", (("user", "u"),))
    assert (prompt.max_output_tokens, prompt.nonce, prompt.cache_marked) == (5, "n", True)


@pytest.mark.parametrize("style", ["camel", "snake"])
def test_gemini_requests_are_read(style):
    config = {"maxOutputTokens": 5, "responseMimeType": "application/json", "seed": 9}
    body: dict[str, Any] = {"systemInstruction": {"parts": [{"text": "s"}]}}
    if style == "snake":
        config = {"max_output_tokens": 5, "response_mime_type": "application/json", "seed": 9}
        body = {"system_instruction": {"parts": [{"text": "s"}]}}
    body["generationConfig"] = config
    body["contents"] = [{"parts": [{"text": "u"}]}, {"role": "model", "parts": [{"text": "a"}]}]
    prompt = GEMINI.read(body, "m", False)
    assert (prompt.system, prompt.turns) == ("s", (("user", "u"), ("assistant", "a")))
    assert (prompt.max_output_tokens, prompt.json_output, prompt.nonce) == (5, True, "9")


@pytest.mark.parametrize(
    ("wire", "body"),
    [
        (OPENAI, {}),
        (OPENAI, {"messages": []}),
        (OPENAI, {"messages": "hi"}),
        (OPENAI, {"messages": [{"content": "x"}]}),
        (OPENAI, {"messages": [{"role": "user", "content": 3}]}),
        (OPENAI, {"messages": [{"role": "user", "content": "x"}], "max_tokens": 0}),
        (OPENAI, {"messages": [{"role": "user", "content": "x"}], "max_tokens": True}),
        (OPENAI, {"messages": [{"role": "user", "content": "x"}], "max_tokens": "5"}),
        (ANTHROPIC, {"messages": [{"role": "user", "content": "x"}]}),
        (ANTHROPIC, {"max_tokens": 5}),
        (ANTHROPIC, {"max_tokens": 5, "messages": [{"role": "system", "content": "x"}]}),
        (GEMINI, {}),
        (GEMINI, {"contents": ["x"]}),
    ],
)
def test_a_request_that_the_provider_would_refuse_is_refused(wire, body):
    with pytest.raises(BadRequest):
        wire.read(body, "m", False)


def test_each_format_counts_tokens_in_its_own_way():
    openai = OPENAI.reply(ANSWER)["usage"]
    assert (openai["prompt_tokens"], openai["completion_tokens"]) == (2000, 90)
    assert openai["prompt_tokens_details"]["cached_tokens"] == 1024
    assert openai["completion_tokens_details"]["reasoning_tokens"] == 30
    anthropic = ANTHROPIC.reply(ANSWER)["usage"]
    assert (anthropic["input_tokens"], anthropic["output_tokens"]) == (976, 90)
    assert anthropic["cache_read_input_tokens"] == 1024
    gemini = GEMINI.reply(ANSWER)["usageMetadata"]
    assert (gemini["promptTokenCount"], gemini["candidatesTokenCount"]) == (2000, 60)
    assert (gemini["thoughtsTokenCount"], gemini["totalTokenCount"]) == (30, 2090)
    assert gemini["cachedContentTokenCount"] == 1024
    deepseek = OpenAIWire("deepseek").reply(ANSWER)["usage"]
    assert deepseek["prompt_cache_hit_tokens"] == 1024
    assert deepseek["prompt_cache_miss_tokens"] == 976
    assert OpenAIWire("moonshot").reply(ANSWER)["usage"]["cached_tokens"] == 1024


def test_a_cache_write_is_counted_apart_by_anthropic():
    usage = ANTHROPIC.reply(answer(tokens=Tokens(2000, 5, cache_write=1024)))["usage"]
    assert (usage["input_tokens"], usage["cache_creation_input_tokens"]) == (976, 1024)


@pytest.mark.parametrize("wire", [OPENAI, ANTHROPIC, GEMINI])
def test_usage_may_be_left_out(wire):
    shown = json.dumps(wire.reply(answer(tokens=None)))
    shown += b"".join(wire.frames(answer(tokens=None), make_prompt())).decode()
    assert "okens" not in shown.replace("max_tokens", "")


@pytest.mark.parametrize(
    ("finish", "names"),
    [
        ("stop", ("stop", "end_turn", "STOP")),
        ("length", ("length", "max_tokens", "MAX_TOKENS")),
        ("refusal", ("content_filter", "refusal", "SAFETY")),
    ],
)
def test_each_format_names_the_end_in_its_own_way(finish, names):
    reply = answer(finish=finish)
    assert OPENAI.reply(reply)["choices"][0]["finish_reason"] == names[0]
    assert ANTHROPIC.reply(reply)["stop_reason"] == names[1]
    assert GEMINI.reply(reply)["candidates"][0]["finishReason"] == names[2]


def test_openai_streams_add_up_to_the_text_and_end_with_usage_if_asked():
    found = events(OPENAI.frames(ANSWER, make_prompt(stream_usage=True)))
    deltas = [event["choices"][0]["delta"] for event in found if event["choices"]]
    assert "".join(delta.get("content", "") for delta in deltas) == ANSWER.text
    assert len(deltas) > 3
    assert found[-1]["usage"]["completion_tokens"] == 90
    silent = events(OPENAI.frames(ANSWER, make_prompt(stream_usage=False)))
    assert not any("usage" in event for event in silent)
    assert list(OPENAI.frames(ANSWER, make_prompt()))[-1] == b"data: [DONE]\n\n"


def test_anthropic_streams_add_up_to_the_text_between_their_events():
    found = events(ANTHROPIC.frames(ANSWER, make_prompt()))
    kinds = [event["type"] for event in found]
    assert kinds[:3] == ["message_start", "content_block_start", "ping"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    texts = [event["delta"]["text"] for event in found if event["type"] == "content_block_delta"]
    assert "".join(texts) == ANSWER.text
    assert found[0]["message"]["usage"]["input_tokens"] == 976
    assert found[-2]["usage"]["output_tokens"] == 90


def test_gemini_streams_add_up_to_the_text_and_count_at_the_end():
    found = events(GEMINI.frames(ANSWER, make_prompt()))
    parts = [event["candidates"][0]["content"]["parts"][0]["text"] for event in found]
    assert "".join(parts) == ANSWER.text
    assert "finishReason" not in found[0]["candidates"][0]
    assert found[-1]["candidates"][0]["finishReason"] == "STOP"
    assert found[-1]["usageMetadata"]["candidatesTokenCount"] == 60


@pytest.mark.parametrize("wire", [OPENAI, ANTHROPIC, GEMINI])
def test_a_stream_of_nothing_still_has_its_end(wire):
    assert events(wire.frames(answer(text=""), make_prompt()))


def test_reasoning_is_shown_where_the_format_shows_it():
    thought, prompt = answer(reasoning_text="Hm."), make_prompt(stream_usage=False)
    for dialect, shown in (("openai", None), ("moonshot", "Hm."), ("deepseek", "Hm.")):
        wire = OpenAIWire(dialect)
        assert wire.reply(thought)["choices"][0]["message"].get("reasoning_content") == shown
        streamed = [event["choices"] for event in events(wire.frames(thought, prompt))]
        deltas = [choices[0]["delta"] for choices in streamed if choices]
        assert any("reasoning_content" in delta for delta in deltas) == bool(shown)


def test_a_refusal_is_said_where_the_format_says_it():
    refused = answer(finish="refusal", text="No.")
    message = OPENAI.reply(refused)["choices"][0]["message"]
    assert (message["content"], message["refusal"]) == (None, "No.")
    assert "parts" not in GEMINI.reply(refused)["candidates"][0]["content"]
    assert any(
        event["choices"][0]["delta"].get("refusal") == "No."
        for event in events(OPENAI.frames(refused, make_prompt()))
    )


def test_gemini_says_in_the_body_when_to_come_back():
    error = GEMINI.error(Failure(429, "rate_limit", "Slow down.", 3))["error"]
    assert (error["code"], error["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert error["details"][0]["retryDelay"] == "3s"
