"""The made-up month: plausible, the same every time, and special where its story says so."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice

from runs.core.demo.facts import DemoCall, DemoModel, DemoRun
from runs.core.demo.month import DAYS, STORY, month, working_day
from runs.core.demo.texts import TEXTS, critique_of
from runs.core.rules import TaskType

NOW = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)
MODELS = [
    DemoModel(name, provider, tier, lambda taken, given: 150 * taken + 600 * given)
    for name, provider, tier in (
        ("sim/gpt-6-luna", "sim-openai", "economy"),
        ("sim/gpt-6.1-sol", "sim-openai", "premium"),
        ("sim/gemini-3.8-flash", "sim-google", "standard"),
        ("sim/claude-opus-5-5", "sim-anthropic", "premium"),
        ("sim/kimi-k2.6", "sim-moonshot", "standard"),
    )
]


@cache
def made() -> list[DemoRun]:
    return list(month(MODELS, NOW, random.Random(7)))


def calls() -> list[DemoCall]:
    return [call for run in made() for call in run.calls]


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


def test_the_same_draws_make_the_same_month() -> None:
    again = month(MODELS, NOW, random.Random(7))
    assert list(islice(again, 100)) == made()[:100]


def test_it_lies_in_the_last_thirty_days_and_covers_each() -> None:
    assert min(run.started_at for run in made()) >= ago(DAYS)
    assert max(run.finished_at for run in made()) < NOW
    assert len({run.started_at.date() for run in made()}) >= DAYS


def test_weekends_and_nights_are_quiet() -> None:
    by_day = Counter(run.started_at.weekday() for run in made())
    by_hour = Counter(run.started_at.hour for run in made())

    assert max(by_day[5], by_day[6]) < min(by_day[day] for day in range(5)) * 0.7
    assert by_hour[10] + by_hour[15] > 5 * (by_hour[2] + by_hour[22])


def test_every_model_team_and_kind_of_task_occurs() -> None:
    kinds = {task.type for run in made() for task in run.tasks}

    assert {call.model.name for call in calls()} == {model.name for model in MODELS}
    assert {run.team for run in made()} == {"eng", "research"}
    assert kinds == {str(kind) for kind in TaskType}


def test_reviewers_are_of_other_providers() -> None:
    for run in made():
        for task in run.tasks:
            for attempt in task.attempts:
                assert attempt.reviewer.provider != attempt.model.provider


def test_a_provider_had_an_incident() -> None:
    first, last = STORY.incident_hours
    day = working_day(NOW, STORY.incident_days_ago)
    theirs = [call for call in calls() if call.model.provider == STORY.incident_provider]
    then = [
        call
        for call in theirs
        if (call.at - timedelta(milliseconds=call.latency_ms)).date() == day
        and first <= (call.at - timedelta(milliseconds=call.latency_ms)).hour < last
    ]
    others = [call for call in theirs if call not in then]

    assert len(then) > 10
    assert sum(call.failed for call in then) / len(then) > 0.3
    assert sum(call.failed for call in others) / len(others) < 0.04
    assert statistics.median(call.latency_ms for call in then) > 2 * statistics.median(
        call.latency_ms for call in others
    )


def test_a_model_became_worse() -> None:
    began = ago(STORY.regression_days_ago)
    attempts = [a for run in made() for task in run.tasks for a in task.attempts]
    theirs = [a for a in attempts if a.model.name == STORY.regressed_model]
    before = [a.score for a in theirs if a.calls[0].at < began - timedelta(hours=1)]
    after = [a.score for a in theirs if a.calls[0].at > began + timedelta(hours=1)]

    assert statistics.mean(before) - statistics.mean(after) > 0.1


def test_a_team_s_costs_went_up_for_a_day() -> None:
    by_day: Counter[date] = Counter()
    for run in made():
        if run.team == STORY.spike_team:
            by_day[run.started_at.date()] += sum(call.cost_nanousd for call in run.calls)

    spike = by_day.pop(working_day(NOW, STORY.spike_days_ago))
    assert spike > 2 * max(by_day.values())


def test_the_best_attempt_is_kept_and_decides() -> None:
    for run in made():
        for task in run.tasks:
            best = task.attempts[task.best - 1]
            assert best.score == max(attempt.score for attempt in task.attempts)
    good = sum(run.succeeded for run in made())
    assert 0.3 < good / len(made()) < 0.95


def test_failed_calls_cost_nothing_and_others_do() -> None:
    assert all((call.cost_nanousd == 0) == call.failed for call in calls())
    assert all(run.tasks[0].attempts[0].cost_nanousd > 0 for run in made())


def test_without_dear_models_a_spike_is_made_by_the_others() -> None:
    cheap = [model for model in MODELS if model.tier != "premium"]

    assert list(month(cheap, NOW, random.Random(7)))


def test_what_is_special_happens_on_working_days() -> None:
    friday = date(2026, 11, 20)

    assert [working_day(NOW, days) for days in (4, 5, 6)] == [friday] * 3
    assert working_day(NOW, 7) == date(2026, 11, 19)


def test_every_kind_of_task_has_its_texts_and_a_weak_answer_another_critique() -> None:
    assert TEXTS.keys() == {str(kind) for kind in TaskType}
    for kind in TEXTS:
        assert critique_of(kind, accepted=True) != critique_of(kind, accepted=False)
