"""Made-up history: there at once, marked, and in nobody's way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from budgets.models import BudgetPeriod, User
from budgets.services.demo import Demo, make_demo
from budgets.services.reconciliation import reconcile
from runs.models import Attempt, Run
from runs.services.demo import seed_demo
from runs.services.figures import rebuild_figures
from telemetry.models import Call, DailyRollup, HourlyRollup
from tests.integration.runs.api import Api
from tests.integration.runs.rows import counts
from tests.integration.telemetry.facts import call, figures, record

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Demo]:
    """Seed once for all that look at it: what a test does to it is undone after the test."""
    simulated = pytest.MonkeyPatch.context()
    with django_db_blocker.unblock(), simulated as patch, transaction.atomic():
        patch.setenv("USE_SIMULATOR", "1")
        made = make_demo(timezone.now())
        assert seed_demo(made.org, timezone.now()) is not None
        yield made
        transaction.set_rollback(True)


def test_it_shows_in_usage_of_every_team_model_and_kind(seeded: Demo) -> None:
    query = {"group_by": "model,task_type", "range": "90d"}

    body = Api(seeded.api_key).get("/api/v1/usage/", query).json()

    assert body["total"]["calls"] > 5_000
    assert len({row["model"] for row in body["results"]}) >= 10
    assert len({row["task_type"] for row in body["results"]}) == 7
    assert body["total"]["score_n"] > 500
    assert HourlyRollup.objects.exists() and DailyRollup.objects.exists()


def test_runs_can_be_opened_and_their_money_adds_up(seeded: Demo) -> None:
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


def test_seeding_twice_changes_nothing(seeded: Demo) -> None:
    before = counts()

    assert seed_demo(seeded.org, timezone.now()) is None
    assert counts() == before


def test_rebuilding_keeps_the_demo_apart(seeded: Demo) -> None:
    team = seeded.org.teams.get(slug="eng")
    record(call(at=timezone.now(), org_id=seeded.org.pk, team_id=team.pk))
    real, made_up = figures(), figures(demo=True)

    assert rebuild_figures(timezone.now()).calls == 1

    assert figures() == real
    assert figures(demo=True) == made_up
