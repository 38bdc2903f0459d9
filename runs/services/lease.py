"""Who carries out a run: claiming it, keeping it, giving it back, and refusing whoever lost it.

The epoch is a fencing number: each claim raises it, and every write of the engine names it, so
that a worker which slept past its lease cannot write over its successor.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, F, Q, QuerySet
from django.db.models.expressions import RawSQL

from budgets.services.ledger import RecoverHold, recovered_in
from runs.core.interruption import LeaseLost, RunCancelled
from runs.core.status import RunStatus
from runs.models import Run
from runs.models.run import UNFINISHED
from runs.services.losses import SUSPECT_AFTER, count_losses, ending_of
from runs.services.recovery import count_recovered
from telemetry.services.journal import Guard, apply_now
from telemetry.services.recording import RecordEvent

_IS_UNFINISHED = RawSQL(  # noqa: S611  # constants of our own
    f"runs_run.status IN ({', '.join(repr(str(status)) for status in UNFINISHED)})",
    (),
    output_field=BooleanField(),
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that is now ours, with the fencing number to write under."""

    run_id: UUID
    epoch: int


@dataclass(frozen=True)
class Fence(Guard):
    """Lets a worker's writes through while it holds the run.

    `starting`: the write starts a new call, which a run being cancelled does not allow.
    """

    run_id: UUID
    epoch: int
    starting: bool = False

    @classmethod
    def check(cls, guards: Sequence[Self]) -> Sequence[Exception | None]:
        rows = (
            Run.objects.select_for_update(no_key=True)
            .filter(id__in={guard.run_id for guard in guards})
            .order_by("id")
            .values_list("id", "epoch", "status")
        )
        held = {run_id: (epoch, status) for run_id, epoch, status in rows}
        return [guard._verdict(*held.get(guard.run_id, (-1, ""))) for guard in guards]

    def _verdict(self, epoch: int, status: str) -> Exception | None:
        if epoch != self.epoch or status not in UNFINISHED:
            return LeaseLost(self.run_id)
        if self.starting and status == RunStatus.CANCELLING:
            return RunCancelled(self.run_id)
        return None


def claim(
    owner: str, limit: int, now: datetime, lease_seconds: float, in_hand: Collection[UUID] = ()
) -> list[Claimed]:
    """Take up to `limit` runs that nobody carries out, the most urgent and oldest first.

    That is runs never started and runs whose lease ended. What a dead owner had reserved is
    settled in the same transaction: given back if it was not sent, charged if it was.
    `in_hand` are runs that this owner still carries out, even if their lease has ended, as it
    does while a machine sleeps. A run that no worker survives is ended instead.
    """
    with transaction.atomic():
        runs = _free(limit, now, in_hand)
        if not runs:
            return []
        lost = count_losses(runs)
        taken = [run for run in runs if run not in lost]
        _settle(lost, taken, now)
        for run in taken:
            _take(run, owner, now, lease_seconds)
    return [Claimed(run.id, run.epoch) for run in taken]


def _free(limit: int, now: datetime, in_hand: Collection[UUID]) -> list[Run]:
    """Lock runs to take; of those that workers died with, only one, and beside no other."""
    free = (
        unfinished_runs()
        .select_for_update(skip_locked=True, no_key=True)
        .filter(Q(owner="") | Q(lease_expires_at__lt=now))
        .exclude(id__in=list(in_hand))
    )
    runs = list(free.filter(losses__lt=SUSPECT_AFTER)[:limit])
    if len(runs) == limit or Run.objects.filter(_suspect(), id__in=list(in_hand)).exists():
        return runs
    return runs + list(free.filter(_suspect())[:1])


def unfinished_runs() -> QuerySet[Run]:
    """Return the runs that are to be carried out or are being, in the order of their claim.

    Looked at twice a second, whatever else there is, so by the index of these few alone. SQLite
    takes it only where the condition names the statuses themselves: it cannot know parameters.
    """
    return Run.objects.filter(_IS_UNFINISHED).order_by("-priority", "created_at")


def _suspect() -> Q:
    return Q(losses__gte=SUSPECT_AFTER)


def _settle(lost: Sequence[Run], taken: Sequence[Run], now: datetime) -> None:
    """End the lost runs, and settle what dead owners left open of the others.

    As one batch, whose kinds lock in the order of all writers: one run after the other, figures
    of the hour would be locked before another run's budgets.
    """
    commands = [command for run in lost for command in ending_of(run, now)]
    commands += [
        RecoverHold(run.hold_id, now) for run in taken if run.hold_id is not None and run.epoch > 0
    ]
    if not commands:
        return
    recovered = [one for result in apply_now(*commands) for one in recovered_in(result)]
    for run in (*lost, *taken):
        mine = [one for one in recovered if one.run_id == run.id]
        apply_now(*count_recovered(run, mine, now))


def _take(run: Run, owner: str, now: datetime, lease_seconds: float) -> None:
    first = run.status == RunStatus.QUEUED
    run.owner = owner
    run.lease_expires_at = now + timedelta(seconds=lease_seconds)
    run.epoch += 1
    run.started_at = run.started_at or now
    run.deadline_at = run.deadline_at or now + timedelta(seconds=run.time_limit_seconds)
    if first:
        run.status = RunStatus.RUNNING
    run.save(
        update_fields=[
            "owner", "lease_expires_at", "epoch", "started_at", "deadline_at", "status",
            "losses", "progress",
        ]
    )  # fmt: skip
    apply_now(
        RecordEvent(
            type="run.started",
            at=now,
            org_id=run.org_id,
            team_id=run.team_id,
            run_id=run.id,
            payload={"status": run.status, "epoch": run.epoch, "recovered": not first},
        )
    )


def heartbeat(
    owner: str, run_ids: Collection[UUID], now: datetime, lease_seconds: float
) -> dict[UUID, str]:
    """Prolong the lease of the runs in hand; return the status of each that is still held."""
    mine = Run.objects.filter(owner=owner, id__in=run_ids, status__in=UNFINISHED)
    mine.update(lease_expires_at=now + timedelta(seconds=lease_seconds))
    return dict(mine.values_list("id", "status"))


def release(owner: str, run_ids: Collection[UUID]) -> None:
    """Give runs back at once; whoever claims next goes on with them."""
    Run.objects.filter(owner=owner, id__in=run_ids, status__in=UNFINISHED).update(
        owner="", lease_expires_at=None, epoch=F("epoch") + 1
    )


def unfinished() -> bool:
    """Tell whether any run, of any owner, still waits for its end."""
    return unfinished_runs().values_list("id").first() is not None
