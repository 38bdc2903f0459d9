"""Pricing past calls anew after a price was corrected: looked at first, then by new lines.

A worker carries it out in steps. Each is one transaction that also notes how far it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from time import monotonic
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from budgets.core.errors import InvalidChange
from budgets.core.money import format_usd
from budgets.models import Org
from budgets.services.ledger import Correct
from routing.core.repricing import Part, Reckoned, parts_of
from routing.models import Repricing
from routing.selectors.repricing import CHUNK, reckoned, settled_calls, unconfirmed_calls
from runs import queue
from runs.models import Attempt, Task
from telemetry.models import Call
from telemetry.services.changes import record_change
from telemetry.services.journal import apply_now

# A look first goes through no more calls than a browser waits for: some seconds.
MOST_SEEN = 20_000
# A step takes a second or so: whoever waits longer than this was forgotten by the queue.
FORGOTTEN_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which calls are to be priced anew: of one model, settled from `starts_at` until `ends_at`."""

    org: Org
    model: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Preview:
    """What pricing anew would change among the first `looked_at` of `total` calls.

    These are the calls whose tokens are known; `unconfirmed` ones stay as they are.
    """

    parts: Sequence[Part]
    total: int
    looked_at: int
    unconfirmed: int

    @property
    def whole(self) -> bool:
        return self.looked_at == self.total

    @property
    def calls(self) -> int:
        return sum(part.calls for part in self.parts)

    @property
    def before_nanousd(self) -> int:
        return sum(part.before_nanousd for part in self.parts)

    @property
    def after_nanousd(self) -> int:
        return sum(part.after_nanousd for part in self.parts)


def preview(asked: Asked) -> Preview:
    """Reckon what would change, of many calls among the first ones, and write nothing."""
    where = (asked.org.pk, asked.model, asked.starts_at, asked.ends_at)
    total = settled_calls(*where).count()
    chunks = list(islice(reckoned(*where, asked.org.zone), MOST_SEEN // CHUNK))
    parts = parts_of(one for chunk in chunks for one in chunk.priced)
    looked_at = sum(chunk.size for chunk in chunks)
    return Preview(parts, max(total, looked_at), looked_at, unconfirmed_calls(*where))


def ask(asked: Asked, *, reason: str, actor: str, now: datetime) -> Repricing:
    """Have a worker charge the calls what they cost by the prices known today, by new lines.

    Raises: InvalidChange where nothing would change, or the model is being priced anew.
    """
    seen = preview(asked)
    if seen.whole and not seen.calls:
        raise InvalidChange({"model": ["Nothing would change: every call costs that already."]})
    try:
        return _begun(asked, seen.total, reason, actor, now)
    except IntegrityError as error:
        said = f"{asked.model} is being priced anew already: wait until that is done."
        raise InvalidChange({"model": [said]}) from error


def carry_out(repricing_id: UUID, seconds: float) -> bool:
    """Go on with it for a while; return whether it is done."""
    end = monotonic() + seconds
    while not step(repricing_id, timezone.now()):
        if monotonic() >= end:
            return False
    return True


@transaction.atomic
def step(repricing_id: UUID, now: datetime) -> bool:
    """Price the next calls anew; return whether none is left.

    The row is locked first, so that two workers take turns and none does what another did.
    """
    going = Repricing.objects.filter(pk=repricing_id, finished_at=None, total__isnull=False)
    made = going.select_for_update().first()
    if made is None:
        return True
    where = (made.org_id, made.model, made.starts_at, made.ends_at)
    zone = Org.objects.get(pk=made.org_id).zone
    chunk = next(reckoned(*where, zone, after=made.last_call_id), None)
    if chunk is None:
        _finish(made, now)
        return True
    _correct([one for one in chunk.priced if one.changes], made, now)
    Repricing.objects.filter(pk=made.pk).update(
        looked_at=F("looked_at") + chunk.size, last_call_id=chunk.last, stepped_at=now
    )
    return False


def enqueue_forgotten(now: datetime) -> None:
    """Ring for those whose job was lost, or whose worker died; a chore of each worker."""
    quiet = now - FORGOTTEN_AFTER
    waiting = Repricing.objects.filter(
        Q(stepped_at__lt=quiet) | Q(stepped_at=None, created_at__lt=quiet),
        finished_at=None,
        total__isnull=False,
    )
    for pk in waiting.values_list("pk", flat=True)[: queue.room()]:
        queue.enqueue_repricing(pk)


@transaction.atomic
def _begun(asked: Asked, total: int, reason: str, actor: str, now: datetime) -> Repricing:
    made = Repricing.objects.create(
        org_id=asked.org.pk, model=asked.model, starts_at=asked.starts_at, ends_at=asked.ends_at,
        reason=reason, created_at=now, created_by=actor[:150], total=total,
    )  # fmt: skip
    record_change(
        "repricing", asked.model, actor=actor, at=now, org_id=asked.org.pk, before=None,
        after={
            "starts_at": asked.starts_at, "ends_at": asked.ends_at, "calls": total,
            "reason": reason, "id": made.pk,
        },
    )  # fmt: skip
    transaction.on_commit(partial(queue.enqueue_repricing, made.pk))
    return made


def _finish(made: Repricing, now: datetime) -> None:
    """Note that it is done, and record what it changed in all under the name of who asked."""
    Repricing.objects.filter(pk=made.pk).update(finished_at=now, stepped_at=now)
    record_change(
        "repricing", made.model, actor=made.created_by, at=now, org_id=made.org_id,
        before={"cost_usd": format_usd(made.before_nanousd)},
        after={"cost_usd": format_usd(made.after_nanousd), "calls": made.calls, "id": made.pk},
    )  # fmt: skip


def _correct(changed: Sequence[Reckoned], made: Repricing, now: datetime) -> None:
    if not changed:
        return
    calls = Call.objects.in_bulk([one.call_id for one in changed])
    # Before holds and periods, in which order the engine locks them too.
    tasks = Task.objects.filter(run_id__in={call.run_id for call in calls.values()})
    by_key = {(task.run_id, task.key): task for task in tasks.select_for_update().order_by("pk")}
    results = apply_now(*(Correct(one.call_id, one.after_nanousd, made.pk, now) for one in changed))
    amounts: dict[tuple[int, int], int] = defaultdict(int)
    done = before = change = 0
    for one, amount in zip(changed, results, strict=True):
        if amount is None:
            continue
        done, before, change = done + 1, before + (one.before_nanousd or 0), change + amount
        call = calls[one.call_id]
        if call.run_id is not None and (call.run_id, call.task_key) in by_key:
            amounts[by_key[call.run_id, call.task_key].pk, call.attempt] += amount
    for (task_id, number), amount in amounts.items():
        Task.objects.filter(pk=task_id).update(cost_nanousd=F("cost_nanousd") + amount)
        attempt = Attempt.objects.filter(task_id=task_id, number=number)
        attempt.update(cost_nanousd=F("cost_nanousd") + amount)
    Repricing.objects.filter(pk=made.pk).update(
        calls=F("calls") + done,
        before_nanousd=F("before_nanousd") + before,
        after_nanousd=F("after_nanousd") + before + change,
    )
