"""Leases: one owner at a time, nothing lost with a dead one, nothing written by a late one."""

from __future__ import annotations

import multiprocessing
import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models import Q

from budgets.services.ledger import MarkSent
from runs.core.interruption import LeaseLost, RunCancelled
from runs.core.status import RunStatus
from runs.models import Run
from runs.services import lease
from runs.services.lease import Fence
from telemetry.models import Call, Event
from telemetry.services.journal import apply_now
from tests.integration.budgets.race import in_processes
from tests.integration.engine.world import DOLLAR, NOW, make_run, reserve

pytestmark = pytest.mark.django_db(transaction=True)
LEASE = 15.0
LATER = NOW + timedelta(seconds=LEASE + 1)
ROUNDS = 8
BOTH = multiprocessing.get_context("fork").Barrier(2)


def check(run: Run, epoch: int, **how: bool) -> Exception | None:
    with transaction.atomic():
        return Fence.check([Fence(run.id, epoch, **how)])[0]


def test_a_queued_run_is_claimed_once_and_starts_its_clock() -> None:
    run = make_run(time_limit_seconds=60)

    (mine,) = lease.claim("a", 10, NOW, LEASE)

    run.refresh_from_db()
    assert (mine.run_id, mine.epoch) == (run.id, 1)
    assert (run.status, run.owner, run.started_at) == (RunStatus.RUNNING, "a", NOW)
    assert run.deadline_at == NOW + timedelta(seconds=60)
    assert lease.claim("b", 10, NOW, LEASE) == []


def test_urgent_runs_are_claimed_before_older_ones() -> None:
    old = make_run(created_at=NOW - timedelta(hours=1))
    urgent = make_run(priority=5)
    new = make_run()

    claimed = [one.run_id for one in lease.claim("a", 2, NOW, LEASE)]

    assert claimed == [urgent.id, old.id]
    assert new.id not in claimed


def test_a_run_whose_lease_ended_goes_to_the_next_worker_with_a_new_fence() -> None:
    run = make_run()
    lease.claim("a", 1, NOW, LEASE)
    first = Run.objects.get(id=run.id)

    (theirs,) = lease.claim("b", 1, LATER, LEASE)

    run.refresh_from_db()
    assert (theirs.epoch, run.owner) == (2, "b")
    assert run.deadline_at == first.deadline_at, "dying must not buy more time"
    assert isinstance(check(run, 1), LeaseLost)
    assert check(run, 2) is None


def test_a_heartbeat_keeps_the_lease_and_tells_of_lost_runs() -> None:
    kept, lost = make_run(), make_run()
    lease.claim("a", 2, NOW, LEASE)
    Run.objects.filter(id=lost.id).update(owner="b")

    held = lease.heartbeat("a", [kept.id, lost.id], LATER, LEASE)

    assert held == {kept.id: RunStatus.RUNNING}
    assert lease.claim("c", 5, LATER + timedelta(seconds=1), LEASE)[0].run_id == lost.id


def test_a_dead_owners_money_is_given_back_unless_it_was_sent() -> None:
    run = make_run()
    lease.claim("a", 1, NOW, LEASE)
    unsent, sent = reserve(run, DOLLAR // 10), reserve(run, DOLLAR // 5)
    apply_now(MarkSent(sent, NOW))

    lease.claim("b", 1, LATER, LEASE)

    assert run.hold is not None
    run.hold.refresh_from_db()
    assert (run.hold.spent_nanousd, run.hold.reserved_nanousd) == (DOLLAR // 5, 0)
    outcomes = {call.id: (call.outcome, call.cost_nanousd) for call in Call.objects.all()}
    assert outcomes == {unsent: ("released", 0), sent: ("unconfirmed", DOLLAR // 5)}
    run.refresh_from_db()
    assert run.calls == 2


def test_released_runs_are_free_at_once_and_fenced_off() -> None:
    run = make_run()
    lease.claim("a", 1, NOW, LEASE)

    lease.release("a", [run.id])

    assert isinstance(check(run, 1), LeaseLost)
    assert [one.run_id for one in lease.claim("b", 1, NOW, LEASE)] == [run.id]


def test_a_cancelled_run_may_end_its_calls_but_start_none() -> None:
    run = make_run()
    lease.claim("a", 1, NOW, LEASE)
    Run.objects.filter(id=run.id).update(status=RunStatus.CANCELLING)

    assert check(run, 1) is None
    assert isinstance(check(run, 1, starting=True), RunCancelled)


@pytest.mark.parametrize("status", [RunStatus.SUCCESS, RunStatus.PARTIAL_SUCCESS])
def test_nothing_is_written_to_a_run_that_has_ended(status: RunStatus) -> None:
    run = make_run(status=status, epoch=1)

    assert isinstance(check(run, 1), LeaseLost)


def test_claiming_says_so_in_an_event() -> None:
    run = make_run()

    lease.claim("a", 1, NOW, LEASE)

    event = Event.objects.get(run_id=run.id)
    assert (event.type, event.payload["recovered"]) == ("run.started", False)


def test_workers_that_claim_at_once_share_the_runs_without_overlap() -> None:
    runs = {make_run().id for _ in range(20)}
    taken: list[list[UUID]] = []

    def worker(owner: str) -> None:
        mine: list[UUID] = []
        while claimed := lease.claim(owner, 3, NOW, LEASE):
            mine += [one.run_id for one in claimed]
        taken.append(mine)
        connection.close()

    threads = [threading.Thread(target=worker, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    claimed = [run_id for mine in taken for run_id in mine]
    assert len(claimed) == len(runs)
    assert set(claimed) == runs


def claim_in_rounds(number: int) -> list[lease.Claimed]:
    """Claim one run a round, each time at the same moment as the other process."""
    mine: list[lease.Claimed] = []
    for _ in range(ROUNDS):
        BOTH.wait(30)
        mine += lease.claim(f"process {number}", 1, LATER, LEASE)
    connection.close()
    return mine


def test_processes_that_claim_at_once_get_each_run_once() -> None:
    left = [make_run() for _ in range(ROUNDS)]
    lease.claim("dead", len(left), NOW, LEASE)
    for run in left:
        apply_now(MarkSent(reserve(run, DOLLAR // 5), NOW))
    fresh = [make_run() for _ in range(ROUNDS)]

    taken = in_processes(2, claim_in_rounds)

    owners = {one.run_id: f"process {n}" for n, mine in enumerate(taken) for one in mine}
    assert [len(mine) for mine in taken] == [ROUNDS, ROUNDS]
    assert owners == dict(Run.objects.values_list("id", "owner"))
    epochs = {one.run_id: one.epoch for mine in taken for one in mine}
    assert epochs == {run.id: 2 for run in left} | {run.id: 1 for run in fresh}
    charged = Call.objects.filter(outcome="unconfirmed").values_list("run_id", "cost_nanousd")
    assert sorted(charged) == sorted((run.id, DOLLAR // 5) for run in left)


def test_looking_for_runs_reads_the_index_of_unfinished_ones_alone() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # it would rather read a table that is so small
            cursor.execute("SET LOCAL enable_seqscan = off")
        free = lease.unfinished_runs().filter(Q(owner="") | Q(lease_expires_at__lt=NOW))
        for runs in (free[:64], lease.unfinished_runs().values_list("id")[:1]):
            assert "run_unfinished" in runs.explain()
