"""What calls and scores add to figures, and what figures say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from telemetry.core.histogram import cell_of
from telemetry.core.rollup import (
    SeriesKey,
    added,
    day_of,
    figures_of_call,
    figures_of_correction,
    figures_of_score,
    first_hour_of,
    first_kept_hour,
    hour_of,
    series_of_call,
    series_of_score,
)
from telemetry.core.totals import CALL_SUMS, SCORE_SUMS

RUN = UUID(int=1)
NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


@dataclass
class Correction:
    before_nanousd: int | None
    after_nanousd: int


@dataclass
class Call:
    org_id: int = 1
    team_id: int = 2
    run_id: UUID | None = RUN
    provider: str = "sim-openai"
    model: str = "sim/gpt"
    task_type: str = "summarization"
    phase: str = "generation"
    outcome: str = "ok"
    error_origin: str = ""
    cost_nanousd: int | None = 70
    input_tokens: int | None = 10
    output_tokens: int | None = 5
    cache_read_tokens: int | None = 3
    cache_write_tokens: int | None = 2
    reasoning_tokens: int | None = 1
    latency_ms: int | None = 900


@dataclass
class Score:
    org_id: int = 1
    team_id: int = 2
    run_id: UUID | None = None
    provider: str = "sim-openai"
    model: str = "sim/gpt"
    task_type: str = "summarization"
    score: float | None = 0.9
    accepted: bool = True
    cost_nanousd: int = 500


def figures(call: Call) -> dict[str, int]:
    return dict(zip((*CALL_SUMS, "latency"), figures_of_call(call), strict=True))


def scored(score: Score) -> dict[str, int]:
    return dict(zip((*SCORE_SUMS, "latency"), figures_of_score(score), strict=True))


def test_a_call_adds_one_with_its_money_tokens_and_latency() -> None:
    assert figures(Call()) == dict.fromkeys(CALL_SUMS, 0) | {
        "calls": 1, "cost_nanousd": 70, "input_tokens": 10, "output_tokens": 5,
        "cache_read_tokens": 3, "cache_write_tokens": 2, "reasoning_tokens": 1,
        "latency": cell_of(900),
    }  # fmt: skip


def test_an_unknown_price_is_counted_and_unknown_tokens_add_nothing() -> None:
    unknown = Call(
        cost_nanousd=None,
        input_tokens=None,
        output_tokens=None,
        latency_ms=None,
        cache_read_tokens=None,
        cache_write_tokens=None,
        reasoning_tokens=None,
    )

    assert figures(unknown) == dict.fromkeys((*CALL_SUMS, "latency"), 0) | {
        "calls": 1, "unpriced_calls": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("origin", "column"),
    [
        ("provider", "errors_provider"), ("policy", "errors_policy"), ("budget", "errors_budget"),
        ("us", "errors_us"), ("", "errors_us"),
    ],
)  # fmt: skip
def test_an_error_counts_for_its_origin_alone(origin: str, column: str) -> None:
    found = figures(Call(outcome="error", error_origin=origin))

    assert {name for name, value in found.items() if name.startswith("errors") and value} == {
        column
    }


@pytest.mark.parametrize("outcome", ["cached", "released"])
def test_what_was_not_asked_of_a_model_has_no_latency(outcome: str) -> None:
    assert figures(Call(outcome=outcome, error_origin="us"))["latency"] == 0
    assert figures(Call(outcome=outcome, error_origin="us"))["errors_us"] == 0


def test_a_score_adds_whole_ten_thousandths() -> None:
    assert scored(Score(score=0.12345)) == {
        "attempts": 1, "accepted": 1, "attempt_cost_nanousd": 500, "score_n": 1,
        "score_sum_e4": 1234, "score_sumsq_e8": 1234**2, "latency": 0,
    }  # fmt: skip


def test_an_attempt_nobody_could_judge_counts_as_an_attempt_only() -> None:
    found = scored(Score(score=None, accepted=False))

    assert (found["attempts"], found["accepted"], found["score_n"]) == (1, 0, 0)
    assert found["score_sum_e4"] == found["score_sumsq_e8"] == 0


def test_series_tell_calls_of_runs_from_others_and_attempts_from_calls() -> None:
    call = SeriesKey(1, 2, False, "sim-openai", "sim/gpt", "summarization", "generation", "ok")

    assert series_of_call(Call()) == call
    assert series_of_call(replace(Call(), run_id=None)) == call._replace(run_less=True)
    assert series_of_score(Score()) == call._replace(run_less=True, outcome="")


def test_adding_is_column_by_column() -> None:
    assert added([1, 2], (3, 4)) == [4, 6]


@pytest.mark.parametrize("zone", [UTC, NEW_YORK, ZoneInfo("Asia/Kathmandu")])
def test_kept_hours_begin_with_a_whole_local_day(zone: Any) -> None:
    first = first_kept_hour(zone, NOW)

    assert hour_of(NOW) - first >= 48
    assert hour_of(NOW) - first <= 73
    assert day_of(first - 1, zone) < day_of(first + 1, zone)


def test_a_day_begins_with_the_first_hour_that_begins_in_it() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")  # UTC+05:45: midnight is a quarter past an hour

    for zone in (UTC, NEW_YORK, kathmandu):
        first = first_hour_of(date(2026, 11, 26), zone)
        assert day_of(first, zone) == date(2026, 11, 26)
        assert day_of(first - 1, zone) == date(2026, 11, 25)


@pytest.mark.parametrize(
    ("before", "after", "cost", "unpriced"), [(30, 45, 15, 0), (30, 20, -10, 0), (None, 7, 7, -1)]
)
def test_a_correction_changes_the_cost_and_whether_it_is_known(
    before: int | None, after: int, cost: int, unpriced: int
) -> None:
    figures = figures_of_correction(Correction(before, after))
    changed = dict(zip((*CALL_SUMS, "latency"), figures, strict=True))
    assert (changed.pop("cost_nanousd"), changed.pop("unpriced_calls")) == (cost, unpriced)
    assert not any(changed.values())
