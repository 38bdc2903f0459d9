"""Keeping what was believed day by day, in both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from routing.models import AdviceDue, BeliefDay, Evidence
from routing.selectors import snapshot
from routing.selectors.belief_days import means_by_day
from routing.services import belief_days
from routing.services.belief_days import is_due, keep_beliefs
from routing.services.learning import ObserveAttempt
from telemetry.services.journal import apply_now
from tests.world import make_org, make_team

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 20, 9, tzinfo=UTC)
TODAY, DAY = NOW.date(), timedelta(days=1)
MODEL, KIND = "sim/gpt-6-luna", "summarization"


@pytest.fixture(autouse=True)
def simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIM_BASE_URL", "http://127.0.0.1:1")


def observed(team: Any, *scores: float, at: datetime) -> None:
    apply_now(
        *(
            ObserveAttempt(
                org_id=team.org_id, team_id=team.pk, model=MODEL, task_type=KIND, score=score,
                cost_nanousd=2_000_000, latency_ms=900, at=at,
            )
            for score in scores
        )
    )  # fmt: skip


def means(team: Any, *, of_team: bool = False) -> dict[Any, float]:
    found = means_by_day(team.org_id, team.pk if of_team else None, KIND, TODAY - 40 * DAY)
    return {day: models[MODEL] for day, models in found.items()}


def test_the_day_that_is_over_is_kept_as_routing_believed_it_then():
    team = make_team()
    keep_beliefs(team.org_id, NOW)
    observed(team, *[0.2] * 20, at=NOW)
    tomorrow = NOW + DAY
    believed = snapshot(team.org_id, tomorrow).beliefs.estimate((MODEL, KIND))
    assert keep_beliefs(team.org_id, tomorrow) == 2
    assert means(team) == {TODAY: pytest.approx(believed.mean, abs=1e-4)}
    row = BeliefDay.objects.get(team_id=0)
    assert row.beliefs[KIND][MODEL][1:] == [pytest.approx(believed.sd, abs=1e-4), 20]


def test_a_day_is_kept_once_and_the_next_when_it_is_over():
    team = make_team()
    keep_beliefs(team.org_id, NOW)
    due = AdviceDue.objects.get()
    assert not is_due(due, NOW + timedelta(hours=14))
    assert is_due(due, NOW + timedelta(hours=15))
    assert keep_beliefs(team.org_id, NOW + timedelta(hours=14)) == 0
    assert keep_beliefs(team.org_id, NOW + timedelta(hours=15)) == 1
    assert keep_beliefs(team.org_id, NOW + 40 * DAY) == 1
    assert list(means(team)) == [TODAY + 39 * DAY]


def test_the_first_time_days_before_are_told_from_the_evidence():
    team = make_team()
    observed(team, *[0.2] * 20, at=NOW - 9.5 * DAY)
    observed(team, *[0.9] * 20, at=NOW - 3.5 * DAY)
    assert keep_beliefs(team.org_id, NOW) == 2 * 31
    found = means(team)
    assert list(found) == [TODAY - ago * DAY for ago in range(31, 0, -1)]
    assert found[TODAY - 11 * DAY] > found[TODAY - 10 * DAY] + 0.2
    assert found[TODAY - 4 * DAY] > found[TODAY - 5 * DAY] + 0.2
    believed = snapshot(team.org_id, NOW).beliefs.estimate((MODEL, KIND))
    assert found[TODAY - DAY] == pytest.approx(believed.mean, abs=0.01)


def test_what_is_too_much_to_read_tells_of_no_day_before(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(belief_days, "MOST_EVIDENCE", 5)
    team = make_team()
    observed(team, *[0.2] * 12, at=NOW - 9.5 * DAY)
    observed(team, *[0.9] * 5, at=NOW - 3.5 * DAY)
    keep_beliefs(team.org_id, NOW)
    assert list(means(team)) == [TODAY - ago * DAY for ago in (4, 3, 2, 1)]


def test_a_team_has_its_own_days_once_it_has_seen_something():
    org = make_org()
    seen, other, unseen = (make_team(org) for _ in range(3))
    observed(seen, *[0.2] * 20, at=NOW - 2 * DAY)
    observed(other, *[0.9] * 20, at=NOW - 2 * DAY)
    keep_beliefs(org.pk, NOW)
    assert set(BeliefDay.objects.values_list("team_id", flat=True)) == {0, seen.pk, other.pk}
    assert means(unseen, of_team=True) == means(unseen)
    yesterday = TODAY - DAY
    assert means(seen, of_team=True)[yesterday] < means(seen)[yesterday] - 0.02
    assert means(make_team(), of_team=True) == {}


def test_nothing_is_told_of_days_without_any_evidence():
    team = make_team()
    assert keep_beliefs(team.org_id, NOW) == 0
    assert not Evidence.objects.exists() and AdviceDue.objects.get().believed_until == TODAY
