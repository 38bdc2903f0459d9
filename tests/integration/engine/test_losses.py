"""Runs that kill whoever carries them out: tried again a few times, then ended for a person."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budgets.models import Budget, Hold
from budgets.services.ledger import MarkSent
from runs.models import Attempt, Run, Task, WebhookDelivery
from runs.services import lease, lifecycle
from runs.services.losses import MAX_LOSSES, SUSPECT_AFTER
from telemetry.models import Event
from telemetry.services.journal import apply_now
from tests.integration.budgets.world import differences
from tests.integration.engine.harness import given_run
from tests.integration.engine.world import DOLLAR, NOW, make_run, make_team, reserve

pytestmark = pytest.mark.django_db(transaction=True)
LEASE = 15.0


def after(deaths: int) -> datetime:
    """Return a time when so many leases, one after the other, have run out."""
    return NOW + timedelta(seconds=(LEASE + 1) * deaths)


def claim(deaths: int, limit: int = 10) -> list[lease.Claimed]:
    return lease.claim(f"worker {deaths}", limit, after(deaths), LEASE)


def finish_attempt(run: Run) -> None:
    task = Task.objects.get(run=run)
    number = task.attempts.count() + 1
    Attempt.objects.create(task=task, number=number, kind="first", started_at=NOW, finished_at=NOW)


def test_a_run_that_no_worker_survives_is_ended_and_may_be_resumed() -> None:
    run = make_run(webhook_url="https://hooks.example/run")
    tries = [len(claim(deaths)) for deaths in range(MAX_LOSSES + 1)]
    run.refresh_from_db()

    assert tries == [1] * MAX_LOSSES + [0]
    assert (run.status, run.owner) == ("SYSTEM_FAILURE", "")
    assert run.failure is not None and "5 workers in a row were lost" in run.failure["reasons"][0]
    assert Hold.objects.get(run_id=run.id).closed_at
    assert Event.objects.filter(run_id=run.id, type="run.finished").count() == 1
    assert WebhookDelivery.objects.filter(run=run).count() == 1
    assert claim(MAX_LOSSES + 1) == []
    assert differences() == []

    lifecycle.resume(run.id, after(MAX_LOSSES + 2))

    assert len(claim(MAX_LOSSES + 2)) == len(claim(MAX_LOSSES + 3)) == 1


def test_a_claim_locks_budgets_before_the_figures_of_the_hour_as_all_writers_do() -> None:
    team = make_team()
    Budget.objects.create(org=team.org, period="total", limit_nanousd=99 * DOLLAR)
    lost, left = make_run(team), make_run(team)
    claim(0)
    Run.objects.filter(pk=lost.pk).update(losses=MAX_LOSSES - 1)
    for run in (lost, left):
        apply_now(MarkSent(reserve(run, DOLLAR // 10), NOW))

    with CaptureQueriesContext(connection) as asked:
        (mine,) = claim(1)

    assert mine.run_id == left.id
    lost.refresh_from_db()
    assert (lost.status, lost.calls) == ("SYSTEM_FAILURE", 1)
    statements = [query["sql"] for query in asked.captured_queries]
    budgets = [n for n, sql in enumerate(statements) if "budgets_budgetperiod" in sql]
    figures = [n for n, sql in enumerate(statements) if "INTO telemetry_hourlyrollup" in sql]
    assert len(figures) == 1 and budgets[0] < figures[0]
    assert differences() == []


def test_a_run_that_gets_on_is_carried_on_however_often_workers_die() -> None:
    run = given_run({"key": "a"})
    for deaths in range(3 * MAX_LOSSES):
        assert len(claim(deaths)) == 1
        finish_attempt(run)


def test_a_worker_that_stops_in_good_order_is_no_loss() -> None:
    run = make_run()
    for deaths in range(2 * MAX_LOSSES):
        assert len(claim(deaths)) == 1
        lease.release(f"worker {deaths}", [run.id])


def test_a_cancelled_run_that_no_worker_survives_ends_as_cancelled() -> None:
    run = make_run()
    claim(0)
    lifecycle.cancel(run.id, NOW)
    for deaths in range(1, MAX_LOSSES + 1):
        claim(deaths)
    run.refresh_from_db()
    assert run.status == "CANCELLED"


def test_finished_tasks_of_a_run_that_no_worker_survives_are_kept() -> None:
    run = given_run({"key": "a"}, {"key": "b"})
    Task.objects.filter(run=run, key="a").update(status="COMPLETED")
    Task.objects.filter(run=run, key="b").update(status="RUNNING")
    for deaths in range(MAX_LOSSES + 2):
        claim(deaths)
    run.refresh_from_db()
    assert run.status == "PARTIAL_SUCCESS"
    assert list(run.tasks.values_list("status", flat=True)) == ["COMPLETED", "PENDING"]


def test_runs_that_workers_died_with_are_carried_one_at_a_time() -> None:
    suspects = {make_run().id for _ in range(3)}
    for deaths in range(SUSPECT_AFTER):
        assert len(claim(deaths)) == 3
    # The last of these deaths is counted when they are claimed the next time, once more together.
    assert len(claim(SUSPECT_AFTER)) == 3
    healthy = make_run()

    first = claim(SUSPECT_AFTER + 1)

    ids = {one.run_id for one in first}
    assert healthy.id in ids and len(ids & suspects) == 1
    later = lease.claim("worker", 10, after(SUSPECT_AFTER + 1), LEASE, ids)
    assert later == [], "one suspect is in hand"
    assert len(lease.claim("another", 10, after(SUSPECT_AFTER + 1), LEASE)) == 1
