"""Figures as they are read: of the right series and time, in few queries."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from telemetry.core.rollup import hour_of
from telemetry.core.scope import Span, Where
from telemetry.selectors.rollups import totals
from telemetry.services.upkeep import fold
from tests.integration.telemetry.facts import NOW, call, record, score

pytestmark = pytest.mark.django_db
EVERYTHING = Span(
    hour_of(NOW) - 9 * 24, hour_of(NOW) + 1, UTC, (date(2026, 11, 17), date(2026, 11, 26))
)
MINE = Where((1,), (2, 4))


@pytest.fixture(autouse=True)
def history() -> None:
    """Today, yesterday and a week ago, the latter folded; and another organisation."""
    record(
        call(), call(model="sim/kimi-k2.6", provider="sim-moonshot", latency_ms=100),
        call(at=NOW - timedelta(days=1), outcome="error", error_origin="provider"),
        call(at=NOW - timedelta(days=7), team_id=4, cost_nanousd=7),
        call(at=NOW - timedelta(days=7), team_id=4, cost_nanousd=None),
        score(at=NOW - timedelta(days=7), score=0.5), score(score=0.9),
        call(org_id=3, team_id=9), call(team_id=5),
    )  # fmt: skip
    assert fold(NOW, {}) > 0


def calls(group_by: tuple[str, ...] = (), where: Where = MINE, span: Span = EVERYTHING) -> Any:
    return {place: each.calls for place, each in totals(where, span, group_by).items()}


def test_without_groups_there_is_one_total() -> None:
    (found,) = totals(MINE, EVERYTHING).values()

    assert (found.calls, found.errors_provider, found.unpriced_calls) == (5, 1, 1)
    assert found.cost_nanousd == 3_007
    assert found.score is not None
    assert found.score.n == 2
    assert found.score.mean == pytest.approx(0.7)
    assert found.latency.count == 5


def test_groups_are_named_in_the_order_asked_for() -> None:
    found = calls(("model", "day", "team_id"))

    assert found["sim/kimi-k2.6", date(2026, 11, 26), 2] == 1
    assert found["sim/gpt-6-luna", date(2026, 11, 25), 2] == 1
    assert found["sim/gpt-6-luna", date(2026, 11, 19), 4] == 2


def test_an_hour_is_a_number_and_days_are_left_out() -> None:
    hours = Span(hour_of(NOW) - 30, hour_of(NOW) + 1, UTC)

    assert calls(("hour",), span=hours) == {(hour_of(NOW),): 2, (hour_of(NOW) - 24,): 1}
    assert calls(span=Span(hour_of(NOW), hour_of(NOW), UTC)) == {}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"team_ids": (4,)}, 2),
        ({"models": ("sim/kimi-k2.6",)}, 1),
        ({"providers": ("sim-moonshot", "nobody")}, 1),
        ({"outcomes": ("error",)}, 1),
        ({"phases": ("evaluation",)}, 0),
        ({"task_types": ("summarization",)}, 5),
        ({"org_ids": (3,)}, 0),  # its teams are not ours
        ({"team_ids": ()}, 0),
    ],
)
def test_only_the_series_asked_for_count(where: dict[str, Any], expected: int) -> None:
    asked = Where(**{"org_ids": (1,), "team_ids": (2, 4)} | where)

    assert sum(calls(where=asked).values()) == expected


def test_what_nobody_reads_is_not_fetched() -> None:
    (found,) = totals(MINE, EVERYTHING, sums=("cost_nanousd",), timed=False).values()

    assert (found.cost_nanousd, found.calls, found.latency.count) == (3_007, 0, 0)


def test_three_queries_read_any_number_of_series() -> None:
    record(*(call(model=f"m{n}", at=NOW - timedelta(hours=n)) for n in range(40)))

    with CaptureQueriesContext(connection) as captured:
        totals(MINE, EVERYTHING, ("model", "task_type", "day"))

    assert len(captured) == 3
