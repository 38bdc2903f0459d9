"""Made-up history: there at once, marked, in nobody's way, and gone without a trace."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from budgets.models import BudgetPeriod, Hold, LedgerLine, Org, Reservation, User
from budgets.services.demo import make_demo
from budgets.services.reconciliation import reconcile
from runs.models import Attempt, Run, Task
from runs.services.demo import has_demo, seed_demo
from runs.services.figures import rebuild_figures
from telemetry.models import Call, DailyRollup, Event, HourlyRollup, Score, Series
from tests.integration.runs.api import Api
from tests.integration.telemetry.facts import call, figures, record
from tests.world import make_run

pytestmark = pytest.mark.django_db
TABLES: list[Any] = [
    Run, Task, Attempt, Call, Score, Event, Hold, LedgerLine, Reservation, Series, HourlyRollup,
    DailyRollup,
]  # fmt: skip


def counts() -> dict[str, int]:
    return {table.__name__: table.objects.count() for table in TABLES}


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Org:
    monkeypatch.setenv("USE_SIMULATOR", "1")
    return make_demo(timezone.now()).org


def test_it_shows_in_usage_of_every_team_model_and_kind(demo: Org) -> None:
    key = make_demo(timezone.now()).api_key
    seed_demo(demo, timezone.now())

    body = Api(key).get("/api/v1/usage/", {"group_by": "model,task_type", "range": "90d"}).json()

    assert body["total"]["calls"] > 5_000
    assert len({row["model"] for row in body["results"]}) >= 10
    assert len({row["task_type"] for row in body["results"]}) == 7
    assert body["total"]["score_n"] > 500
    assert HourlyRollup.objects.exists() and DailyRollup.objects.exists()


def test_runs_can_be_opened_and_their_money_adds_up(demo: Org) -> None:
    seed_demo(demo, timezone.now())

    assert [each for check in reconcile() for each in check.differences] == []
    assert not BudgetPeriod.objects.exists(), "no limit is used up by it"
    run = Run.objects.order_by("-pk").first()
    assert run is not None
    assert run.created_at > timezone.now() - timedelta(days=4)
    assert Call.objects.filter(run_id=run.pk).count() == run.calls
    assert run.tasks.count() == run.tasks_total == run.tasks_done
    assert run.status in ("SUCCESS", "COMPLETED_DEGRADED"), "else it would be resumed"
    attempt = Attempt.objects.filter(task__run=run).select_related("text").first()
    assert attempt is not None
    assert attempt.text.critique and attempt.text.output
    assert attempt.text.critique in {one["reason"] for one in attempt.judgements}
    assert_said_to_be_made_up(run)


def assert_said_to_be_made_up(run: Run) -> None:
    """Check the pages of a run that nobody decided anything in: each says so."""
    client = Client()
    client.force_login(User.objects.get(username="owner"))
    url = reverse("run", args=[run.pk])
    task = client.get(url, {"task": run.tasks.all()[0].key}).content.decode()
    policies = client.get(url, {"tab": "policies"}).content.decode()
    assert "This run is made up" in task
    assert "This call is made up: no model was chosen" in task
    assert "No choice was recorded" not in task
    assert "no policy was asked, and no decision was recorded" in policies
    assert "All decisions of this run" not in policies


def test_seeding_twice_changes_nothing(demo: Org) -> None:
    assert seed_demo(demo, timezone.now()) is not None
    before = counts()

    assert seed_demo(demo, timezone.now()) is None
    assert counts() == before


def test_removing_takes_all_of_it_and_nothing_else(demo: Org) -> None:
    team = demo.teams.get(slug="eng")
    mine = make_run(team, labels={"demo": "yes"})
    record(call(org_id=demo.pk, team_id=team.pk, run_id=mine.pk))
    before, written = counts(), figures()
    call_command("seed_demo", stdout=io.StringIO())
    assert has_demo()

    call_command("remove_demo", stdout=io.StringIO())

    assert counts() == before
    assert figures() == written
    record(call(org_id=demo.pk, team_id=team.pk))


def test_rebuilding_keeps_the_demo_apart(demo: Org) -> None:
    team = demo.teams.get(slug="eng")
    record(call(at=timezone.now(), org_id=demo.pk, team_id=team.pk))
    seed_demo(demo, timezone.now())
    real, made_up = figures(), figures(demo=True)

    assert rebuild_figures(timezone.now()).calls == 1

    assert figures() == real
    assert figures(demo=True) == made_up
