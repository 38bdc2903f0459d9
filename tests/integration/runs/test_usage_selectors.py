"""What pages read: the caller's own figures, in lines, parts, matrices and health."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from budgets.core.access import Caller
from routing.models import Breaker
from runs.core.filters import read_filters
from runs.core.metrics import METRICS, OTHERS
from runs.selectors.usage import (
    Asked,
    ask,
    breakdown,
    chart,
    cost_by_model_and_hour,
    cost_by_team_and_day,
    overview,
    provider_health,
    quality_matrix,
    zone_of,
)
from runs.services.figures import fold_figures
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordEvent
from tests.integration.runs.usage import KIMI, LUNA, ago, make_history, of
from tests.integration.telemetry.facts import call, record, score
from tests.world import World, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def history(world: World) -> None:
    make_history(world)


def asked(caller: Caller, **query: str) -> Asked:
    given = {name: [value] for name, value in query.items()}
    return ask(caller, read_filters(given, timezone.now(), zone_of(caller)))


@pytest.fixture
def owner(world: World) -> Caller:
    return world.caller(world.owner)


def test_a_caller_asks_of_its_own_teams_alone(world: World, history: None) -> None:
    assert set(asked(world.caller(world.owner)).teams.values()) == {"eng", "research"}
    assert set(asked(world.caller()).teams.values()) == {"eng"}
    assert asked(world.caller(), team="research").where.team_ids == ()
    stranger = asked(world.caller(world.stranger))
    assert overview(world.caller(world.stranger), stranger).now.cost_nanousd == 77


def test_overview_compares_with_the_period_before(
    world: World, owner: Caller, history: None
) -> None:
    make_run(world.team, status="SUCCESS", held=False, created_at=ago(hours=1))
    make_run(world.sibling, status="COMPLETED_DEGRADED", held=False, created_at=ago(days=10))

    found = overview(owner, asked(owner, range="7d"))

    assert (found.now.calls, found.now.errors) == (4, 1)
    assert found.before is not None
    assert (found.before.calls, found.before.score_n) == (1, 1)
    assert found.runs == {"SUCCESS": 1}
    assert found.runs_before == {"COMPLETED_DEGRADED": 1}
    assert overview(owner, asked(owner, range="48h")).before is None


def test_a_chart_has_a_line_a_group_and_gaps_where_nothing_happened(
    owner: Caller, history: None
) -> None:
    found = chart(asked(owner, range="30d"), METRICS["cost"], "model")

    assert [line.name for line in found.lines] == [LUNA, KIMI]
    luna = found.lines[0]
    assert len(luna.values) == len(found.window.buckets) == 30
    assert luna.values[-11] == 1_000
    assert luna.values[-8] is None
    assert luna.total.cost_nanousd == 2_000_001_500
    assert found.is_unfinished


def test_a_chart_of_hours_has_hours(owner: Caller, history: None) -> None:
    found = chart(asked(owner, range="24h"), METRICS["latency_p95"])

    (line,) = found.lines
    assert len(line.values) == 24
    assert line.values[-3] == pytest.approx(900, rel=0.05)


def test_small_groups_become_one_line_of_others(world: World, owner: Caller) -> None:
    record(
        *(
            of(world.team, call(at=ago(hours=1), model=f"m{n:02}", cost_nanousd=100 + n,
                                latency_ms=1_000 * (n + 1)))
            for n in range(12)
        )
    )  # fmt: skip

    by_cost = chart(asked(owner), METRICS["cost"], "model", top=3)
    assert [line.name for line in by_cost.lines] == ["m11", "m10", "m09", OTHERS]
    assert by_cost.folded == 9
    assert by_cost.lines[-1].total.cost_nanousd == sum(range(100, 109))
    by_latency = chart(asked(owner), METRICS["latency_p50"], "model", top=3)
    assert by_latency.lines[-1].total.calls == 9, "made of the rest's latencies, not their sum"


def test_a_breakdown_goes_two_levels_deep_and_knows_what_was_before(
    world: World, owner: Caller, history: None
) -> None:
    found = breakdown(asked(owner, range="7d"), METRICS["cost"], "team", "model").whole

    eng, research = found.parts
    assert (eng.name, research.name) == ("eng", "research")
    assert eng.before is not None and eng.before.cost_nanousd == 1_000
    assert [part.name for part in eng.parts] == [LUNA, KIMI]
    assert sum(part.now.cost_nanousd for part in eng.parts) == eng.now.cost_nanousd
    assert research.before is not None and research.before.calls == 0


def test_a_breakdown_shows_what_is_no_more(world: World, owner: Caller) -> None:
    record(of(world.team, call(at=ago(days=10), model="gone")))
    while fold_figures(timezone.now()):
        pass

    (gone,) = breakdown(asked(owner, range="7d"), METRICS["cost"], "model").whole.parts
    assert (gone.name, gone.now.calls) == ("gone", 0)
    assert gone.before is not None and gone.before.calls == 1


def test_a_breakdown_folds_the_rest(world: World, owner: Caller) -> None:
    record(*(of(world.team, call(at=ago(hours=1), model=f"m{n}")) for n in range(9)))

    parts = breakdown(asked(owner), METRICS["calls"], "model", top=2).whole.parts
    assert [(part.name, part.now.calls) for part in parts] == [("m0", 1), ("m1", 1), (OTHERS, 7)]


def test_the_quality_matrix_has_intervals_trends_and_costs(
    world: World, owner: Caller, history: None
) -> None:
    record(
        of(world.team, score(at=ago(hours=1), score=0.9)),
        of(world.team, score(at=ago(hours=1), score=None, accepted=False)),
    )
    found = quality_matrix(asked(owner, range="7d"))

    cell = found.cells[LUNA, "summarization"]
    assert cell.now.score is not None
    assert (cell.now.score.n, cell.now.attempts) == (2, 3)
    assert cell.now.score.mean == pytest.approx(0.85)
    assert cell.now.score.low is not None and cell.now.score.low < 0.85
    assert cell.trend == pytest.approx(0.85 - 0.6)
    assert cell.now.success_ratio == pytest.approx(2 / 3)
    assert cell.now.cost_per_accepted_nanousd == 7_500
    assert found.rows == [LUNA, KIMI]
    assert found.columns[0] == "code_generation"
    assert (LUNA, "creative_writing") not in found.cells, "no data is no zero"


def test_costs_by_team_and_day_and_by_model_and_hour(owner: Caller, history: None) -> None:
    days = cost_by_team_and_day(asked(owner, range="30d"))
    assert days.rows == ["eng", "research"]
    assert len(days.columns) == 30
    assert days.cells["eng", ago(days=10).date()].now.cost_nanousd == 1_000

    hours = cost_by_model_and_hour(asked(owner, range="30d"))
    assert hours.rows == [LUNA, KIMI]
    assert len(hours.columns) == 24
    assert sum(cell.now.cost_nanousd for cell in hours.cells.values()) == 2_000_001_500


def test_health_tells_errors_latencies_breakers_and_their_past(
    owner: Caller, history: None
) -> None:
    now = timezone.now()
    Breaker.objects.create(model=KIMI, state="OPEN", reason="429", opened_at=now, updated_at=now)
    for at, state in ((now - timedelta(days=40), "OPEN"), (now - timedelta(hours=3), "OPEN")):
        payload = {"model": KIMI, "to": state, "reason": "429"}
        apply_now(RecordEvent(type="breaker.changed", at=at, payload=payload))

    by_model = {one.model: one for one in provider_health(asked(owner, range="7d"))}

    assert by_model[LUNA].state == "CLOSED"
    kimi = by_model[KIMI]
    assert (kimi.provider, kimi.state, kimi.totals.error_ratio) == ("sim-moonshot", "OPEN", 0.5)
    assert [change.state for change in kimi.changes] == ["OPEN"]
    assert kimi.totals.latency_ms(0.5, 0.95, 0.99)[2] is not None


@pytest.mark.parametrize(
    "read",
    [
        lambda caller, it: overview(caller, it),
        lambda caller, it: chart(it, METRICS["latency_p95"], "model"),
        lambda caller, it: breakdown(it, METRICS["cost"], "team", "model"),
        lambda caller, it: quality_matrix(it),
        lambda caller, it: cost_by_team_and_day(it),
        lambda caller, it: cost_by_model_and_hour(it),
        lambda caller, it: provider_health(it),
    ],
)
def test_queries_do_not_grow_with_rows(
    world: World, owner: Caller, history: None, read: Any
) -> None:
    question = asked(owner, range="7d")
    with CaptureQueriesContext(connection) as few:
        read(owner, question)
    record(*(of(world.team, call(at=ago(hours=n), model=f"m{n}")) for n in range(40)))
    record(*(of(world.sibling, score(at=ago(hours=n), model=f"m{n}")) for n in range(40)))
    with CaptureQueriesContext(connection) as many:
        read(owner, question)

    assert len(many) == len(few) <= 8


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_can_be_shown(owner: Caller, history: None, metric: str) -> None:
    found = chart(asked(owner, range="30d"), METRICS[metric], "task_type")

    assert any(value is not None for line in found.lines for value in line.values)
