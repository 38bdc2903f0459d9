"""Advice that workers keep up by themselves, and the ends of shadows that nobody decides on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from budgets.core.period import PeriodKind
from budgets.models import Hold, Team
from budgets.services.reconciliation import reconcile
from routing.models import AdviceDue, BeliefDay, RealisedSaving, Recommendation, TrialResult
from routing.selectors.steering import rules_for
from routing.services.recommendations import (
    TrialGuard,
    Wanted,
    advance,
    end_money,
    realise,
    revert,
)
from runs import queue
from runs.services.advice import keep_up, look_after_advice
from tests.integration.routing.advice import (
    CENT,
    CURRENT,
    PROPOSED,
    make_recommendation,
    make_scores,
)
from tests.world import make_budget, make_org, make_team

pytestmark = pytest.mark.django_db

# Early in a day (UTC), so that the same day is not over within most of one.
NOW = timezone.now().replace(hour=1, minute=0, second=0, microsecond=0)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USE_SIMULATOR", "1")


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the organisations that workers are rung for, as they are."""
    asked: list[int] = []
    monkeypatch.setattr(queue, "async_task", lambda _, org_id: asked.append(org_id))
    return asked


def shadowed(team: Team, cap_nanousd: int, others: dict[int, int] | None = None) -> Recommendation:
    """Store advice in shadow; `others`: of the whole organisation, with so many tasks a team."""
    row = make_recommendation(team, NOW, of_org=bool(others))
    (mine,) = row.evidence["teams"]
    row.evidence["teams"] += [
        mine | {"team_id": pk, "current": mine["current"] | {"n": n}}
        for pk, n in (others or {}).items()
    ]
    row.save(update_fields=["evidence"])
    return advance(row.pk, Wanted("shadow", cap_nanousd), by="ada", now=NOW)


def again(row: Recommendation) -> Recommendation:
    return Recommendation.objects.get(pk=row.pk)


def test_advice_is_computed_once_a_day_without_being_asked_for(rung: list[int]) -> None:
    team, other = make_team(), make_team()
    make_scores(team, CURRENT, NOW)
    make_scores(team, PROPOSED, NOW, cost_nanousd=CENT // 2)
    make_scores(other, CURRENT, NOW, count=5)  # too few, and the others' are none of theirs
    look_after_advice(NOW)
    assert rung == [team.org_id, other.org_id]
    for org_id in rung:
        keep_up(org_id, NOW)
    assert Recommendation.objects.get().org_id == team.org_id
    rung.clear()
    look_after_advice(NOW + 0.9 * DAY)
    assert rung == []
    look_after_advice(NOW + DAY)
    assert rung == [team.org_id, other.org_id]


def test_what_is_believed_is_kept_once_a_day_is_over(rung: list[int]) -> None:
    team = make_team()
    keep_up(team.org_id, NOW)
    AdviceDue.objects.update(advised_at=NOW + DAY)
    look_after_advice(NOW + timedelta(hours=23))
    assert rung == [team.org_id]
    assert not BeliefDay.objects.exists()
    keep_up(team.org_id, NOW + timedelta(hours=23))
    assert BeliefDay.objects.get().day == NOW.date()
    look_after_advice(NOW + timedelta(hours=23))
    assert rung == [team.org_id]


def test_no_organisation_waits_behind_others_for_ever(
    rung: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "room", lambda: 2)
    orgs = [make_org().pk for _ in range(5)]
    for _ in range(3):
        done = len(rung)
        look_after_advice(NOW)
        for org_id in rung[done:]:
            keep_up(org_id, NOW)
    assert rung == orgs


def test_a_job_is_queued_once_for_each_organisation() -> None:
    for org_id in (1, 2, 1):
        queue.enqueue_advice(org_id)
    assert queue.size() == 2


def test_savings_are_kept_up_while_advice_moves_tasks(rung: list[int]) -> None:
    team = make_team()
    row = advance(make_recommendation(team, NOW).pk, Wanted("applied"), by="ada", now=NOW)
    keep_up(team.org_id, NOW)
    TrialResult.objects.create(
        recommendation=row, at=NOW, stage="applied", arm="proposed", team_id=team.pk,
        run_id=row.pk, task_key="t", attempt=1, score=0.9, accepted=True, cost_nanousd=CENT,
    )  # fmt: skip
    look_after_advice(NOW + timedelta(minutes=4))
    assert rung == []
    look_after_advice(NOW + timedelta(minutes=5))
    assert rung == [team.org_id]
    keep_up(team.org_id, NOW + timedelta(minutes=5))
    assert RealisedSaving.objects.get().tasks == 1


def test_savings_belong_to_the_month_of_the_organisations_calendar() -> None:
    team = make_team(make_org(time_zone="Pacific/Auckland"))
    now = datetime(2026, 11, 20, tzinfo=UTC)
    row = advance(make_recommendation(team, now).pk, Wanted("applied"), by="ada", now=now)
    TrialResult.objects.create(
        recommendation=row, at=datetime(2026, 10, 31, 12, tzinfo=UTC), stage="applied",
        arm="proposed", team_id=team.pk, run_id=row.pk, task_key="t", attempt=1, score=0.9,
        accepted=True, cost_nanousd=CENT,
    )  # fmt: skip
    realise(row, now)
    assert RealisedSaving.objects.get().month == date(2026, 11, 1)


def test_what_was_under_way_at_a_revert_is_still_counted(rung: list[int]) -> None:
    team = make_team()
    row = advance(make_recommendation(team, NOW).pk, Wanted("canary"), by="ada", now=NOW)
    revert(row.pk, by="ada", now=NOW + timedelta(minutes=1))
    TrialResult.objects.create(
        recommendation=row, at=NOW + timedelta(minutes=2), stage="canary", arm="proposed",
        team_id=team.pk, run_id=row.pk, task_key="t", attempt=1, score=0.9, accepted=True,
        cost_nanousd=CENT,
    )  # fmt: skip
    keep_up(team.org_id, NOW + DAY)
    assert RealisedSaving.objects.get().tasks == 1


def test_a_shadow_that_nobody_decides_on_gives_its_money_back(rung: list[int]) -> None:
    team = make_team()
    budget = make_budget(team, limit=500 * CENT, period=PeriodKind.TOTAL)
    row = shadowed(team, 200 * CENT)
    look_after_advice(NOW + 13.9 * DAY)
    assert budget.periods.get().held_nanousd == 200 * CENT
    look_after_advice(NOW + 14.1 * DAY)
    ended = again(row)
    assert (ended.state, ended.stage_note) == ("shadow", "14 days are over.")
    assert budget.periods.get().held_nanousd == 0
    assert rules_for(team.org_id, team.pk) == ()


def test_one_teams_empty_part_ends_no_other_teams_shadow() -> None:
    org = make_org()
    large, small = make_team(org), make_team(org)
    row = shadowed(large, 303 * CENT, {small.pk: 3})

    def going(team: Team) -> bool:
        return any(rule.hold_id is not None for rule in rules_for(org.pk, team.pk))

    assert (going(large), going(small)) == (True, True)
    for _ in range(2):  # two attempts may find it empty
        end_money(row.pk, small.pk, NOW)
    assert (going(large), going(small)) == (True, False)
    assert TrialGuard.check([TrialGuard(row.pk)]) == [None]
    assert Hold.objects.get(team=small).closed_at == NOW
    end_money(row.pk, large.pk, NOW)
    assert again(row).stage_note == "Its money is used up."
    assert not Hold.objects.filter(closed_at=None).exists()
    assert [check.name for check in reconcile() if check.differences] == []


@pytest.mark.parametrize(
    ("cap", "others", "parts"),
    [
        pytest.param(2**53 + 1, None, [2**53 + 1], id="more than a float can tell"),
        pytest.param(1_000, [200, 100], [500, 333, 166], id="rest of a nano-dollar stays"),
    ],
)
def test_a_shadows_money_is_parted_in_whole_nano_dollars(
    cap: int, others: list[int] | None, parts: list[int]
) -> None:
    org = make_org()
    team = make_team(org)
    shadowed(team, cap, {make_team(org).pk: count for count in others or ()})
    holds: Any = Hold.objects.order_by("team_id").values_list("limit_nanousd", flat=True)
    assert list(holds) == parts
