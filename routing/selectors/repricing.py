"""Settled calls of a model beside what the prices known today would make of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from budgets.core.ledger import ReservationState
from budgets.core.period import PeriodKind, period_at
from budgets.models import Reservation
from routing.core.dated_prices import price_at
from routing.core.pricing import cost
from routing.core.repricing import Reckoned
from routing.core.request import Usage
from routing.selectors.known_models import every_model
from routing.selectors.prices import dated_prices, price_of
from telemetry.models import Call
from telemetry.selectors.corrections import last_corrections

CHUNK = 500
_HOLD = ("team_period", "org_period")


@dataclass(frozen=True, slots=True)
class Chunk:
    """So many calls in order of their ids up to `last`, and those among them that can be priced."""

    priced: Sequence[Reckoned]
    size: int
    last: UUID


def settled_calls(org_id: int, model: str, start: datetime, end: datetime) -> Any:
    """Return the calls that may be priced anew: real ones whose tokens are known."""
    calls = Call.objects.filter(org_id=org_id, model=model, at__gte=start, at__lt=end)
    return calls.filter(
        demo=False, unconfirmed=False, outcome__in=("ok", "error"), input_tokens__isnull=False
    )


def unconfirmed_calls(org_id: int, model: str, start: datetime, end: datetime) -> int:
    """Return how many calls were charged in full, since nobody told their tokens."""
    calls = Call.objects.filter(org_id=org_id, model=model, at__gte=start, at__lt=end)
    return calls.filter(demo=False, unconfirmed=True).count()


def reckoned(
    org_id: int,
    model: str,
    start: datetime,
    end: datetime,
    zone: tzinfo,
    after: UUID | None = None,
) -> Iterator[Chunk]:
    """Yield the settled calls of closed holds in chunks, each priced as of when it was made.

    `after` is the last call of the chunk before; None: from the first.
    """
    dated = dated_prices(org_id, model).get(model, [])
    known = every_model(org_id).models.get(model)
    rows = settled_calls(org_id, model, start, end).order_by("pk")
    while chunk := list((rows if after is None else rows.filter(pk__gt=after))[:CHUNK]):
        after = chunk[-1].pk
        yield Chunk(_reckon(chunk, dated, known, zone), len(chunk), after)


def _reckon(calls: list[Call], dated: Any, known: Any, zone: tzinfo) -> list[Reckoned]:
    ids = [call.pk for call in calls]
    paid = Reservation.objects.filter(
        pk__in=ids, state=ReservationState.SETTLED, hold__closed_at__isnull=False
    ).select_related(*(f"hold__{name}" for name in _HOLD))
    paid_by = {row.call_id: row for row in paid}
    last = last_corrections(ids)
    found = []
    for call in calls:
        row = paid_by.get(call.pk)
        if row is None:
            continue
        if known is not None:
            prices = price_of(known.spec, dated, row.reserved_at)
        else:
            holding = price_at(dated, row.reserved_at)
            prices = None if holding is None else holding.prices
        if prices is None:
            continue
        before = last[call.pk].after_nanousd if call.pk in last else call.cost_nanousd
        now = cost(prices, usage_of(call))
        found.append(Reckoned(call.pk, call.team_id, _period(row, zone), before, now))
    return found


def usage_of(call: Call) -> Usage:
    """Return the tokens of a call that told them."""
    return Usage(
        call.input_tokens or 0,
        call.output_tokens or 0,
        call.cache_read_tokens or 0,
        call.cache_write_tokens or 0,
        call.reasoning_tokens or 0,
    )


def _period(row: Reservation, zone: tzinfo) -> tuple[datetime, datetime | None]:
    for name in _HOLD:
        period = getattr(row.hold, name)
        if period is not None:
            return period.starts_at, period.ends_at
    month = period_at(PeriodKind.MONTH, zone, row.reserved_at, row.reserved_at)
    return month.starts_at, month.ends_at
