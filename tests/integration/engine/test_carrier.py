"""The carrier: one loop per process, rung awake by jobs, giving back what it holds when it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from runs.core.status import TERMINAL, RunStatus
from runs.engine import carry
from runs.models import Run
from runs.services import lifecycle
from telemetry.models import Call
from tests.fixtures.simulator import Simulator
from tests.integration.engine.harness import given_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def stopped() -> Iterator[None]:
    yield
    carry.stop()
    connection.close()


def until(run: Run, *statuses: str, seconds: float = 30) -> Run:
    deadline = time.monotonic() + seconds
    while True:
        found = Run.objects.get(id=run.id)
        if found.status in statuses or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def test_work_returns_when_no_run_is_left(providers: Simulator) -> None:
    providers.fault("*", "skill:0.5")
    run = given_run({"key": "a"})

    left = carry.work(30)

    assert left is False
    assert Run.objects.get(id=run.id).status == "SUCCESS"


def test_work_says_that_runs_are_left_when_its_time_is_over(providers: Simulator) -> None:
    providers.fault("*", "slow", after_ms=1500)
    given_run({"key": "a"})

    assert carry.work(0.5) is True


def test_a_second_job_finds_the_same_carrier_going(providers: Simulator) -> None:
    carry.work(5)
    first = carry._carrier
    run = given_run({"key": "a"})

    carry.work(30)

    assert carry._carrier is first
    assert Run.objects.get(id=run.id).finished_at


def test_stopping_gives_the_runs_back_at_once(providers: Simulator) -> None:
    providers.fault("*", "slow", after_ms=700)
    run = given_run({"key": "a"}, {"key": "b", "depends_on": ["a"]})
    carry.work(0.3)

    carry.stop()

    run = Run.objects.get(id=run.id)
    assert (run.status, run.owner, run.lease_expires_at) == ("RUNNING", "", None)
    providers.no_faults()
    providers.fault("*", "skill:0.5")
    assert carry.work(30) is False
    assert until(run, "SUCCESS").status == "SUCCESS"


def test_a_cancel_reaches_a_run_that_waits(providers: Simulator, settings: object) -> None:
    providers.fault("*", "429", retry_after=30)
    run = given_run({"key": "a"}, allowed_models=["sim/gpt-6-luna"])
    carry.work(1.5)

    lifecycle.cancel(run.id, timezone.now())

    assert until(run, RunStatus.CANCELLED, seconds=8).status == RunStatus.CANCELLED


def test_a_run_that_another_worker_took_is_dropped(providers: Simulator) -> None:
    providers.fault("*", "slow", after_ms=400)
    run = given_run({"key": "a"}, {"key": "b", "depends_on": ["a"]})
    carry.work(0.3)

    Run.objects.filter(id=run.id).update(owner="other", epoch=99)

    assert carry._carrier is not None
    deadline = time.monotonic() + 10
    while carry._carrier._sessions and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not carry._carrier._sessions
    run = Run.objects.get(id=run.id)
    assert (run.status, run.owner, run.tasks_done) == ("RUNNING", "other", 0)


def test_a_carrier_does_not_take_over_its_own_runs(providers: Simulator) -> None:
    """As after a machine's sleep: every lease is over, and nobody else was there."""
    providers.fault("*", "slow", after_ms=1200)
    run = given_run({"key": "a"})
    carry.work(0.3)
    until(run, RunStatus.RUNNING)

    for _ in range(15):
        Run.objects.filter(id=run.id).update(lease_expires_at=timezone.now() - timedelta(hours=1))
        carry.work(0.02)
    run = until(run, *TERMINAL)

    assert (run.epoch, run.status) == (1, "SUCCESS")
    assert not Call.objects.filter(run_id=run.id, outcome="unconfirmed").exists()
