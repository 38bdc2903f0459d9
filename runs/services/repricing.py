"""Pricing past calls anew after a price was corrected: looked at first, then by new lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from budgets.core.errors import InvalidChange
from budgets.core.money import format_usd
from budgets.models import Org
from budgets.services.ledger import Correct
from routing.core.repricing import Part, Reckoned, parts_of
from routing.models import Repricing
from routing.selectors.repricing import reckoned, settled_calls, unconfirmed_calls
from runs.models import Attempt, Task
from telemetry.models import Call
from telemetry.services.changes import record_change
from telemetry.services.journal import apply_now

# More than these take minutes, longer than a browser waits.
MOST = 50_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Which calls are to be priced anew: of one model, settled from `starts_at` until `ends_at`."""

    org: Org
    model: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Preview:
    """What pricing anew would change. `looked_at` are the calls whose tokens are known."""

    parts: Sequence[Part]
    looked_at: int
    unconfirmed: int

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
    """Reckon what would change, and write nothing. Raises: InvalidChange for too many calls."""
    where = (asked.org.pk, asked.model, asked.starts_at, asked.ends_at)
    count = settled_calls(*where).count()
    if count > MOST:
        raise InvalidChange(
            {"starts_at": [f"These are {count:,} calls: choose a time of at most {MOST:,}."]}
        )
    chunks = reckoned(*where, asked.org.zone)
    parts = parts_of(one for chunk in chunks for one in chunk)
    return Preview(parts, count, unconfirmed_calls(*where))


def reprice(asked: Asked, *, reason: str, actor: str, now: datetime) -> Repricing:
    """Charge the calls what they cost by the prices known today, by new ledger lines.

    Chunk by chunk, each in one transaction: what was interrupted is gone on with by asking again,
    and what is corrected already is left alone. Raises: InvalidChange where nothing would change.
    """
    seen = preview(asked)
    if not seen.calls:
        raise InvalidChange({"model": ["Nothing would change: every call costs that already."]})
    made = _begun(asked, seen, reason, actor, now)
    where = (asked.org.pk, asked.model, asked.starts_at, asked.ends_at)
    for chunk in reckoned(*where, asked.org.zone):
        _correct([one for one in chunk if one.changes], made, now)
    Repricing.objects.filter(pk=made.pk).update(finished_at=now)
    made.refresh_from_db()
    return made


@transaction.atomic
def _begun(asked: Asked, seen: Preview, reason: str, actor: str, now: datetime) -> Repricing:
    made = Repricing.objects.create(
        org_id=asked.org.pk, model=asked.model, starts_at=asked.starts_at, ends_at=asked.ends_at,
        reason=reason, created_at=now, created_by=actor[:150],
    )  # fmt: skip
    record_change(
        "repricing", asked.model, actor=actor, at=now, org_id=asked.org.pk,
        before={"calls": seen.calls, "cost_usd": format_usd(seen.before_nanousd)},
        after={
            "cost_usd": format_usd(seen.after_nanousd), "starts_at": asked.starts_at,
            "ends_at": asked.ends_at, "reason": reason, "id": made.pk,
        },
    )  # fmt: skip
    return made


@transaction.atomic
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
