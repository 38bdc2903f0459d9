"""Proving that counters, ledger lines and the costs of calls say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Model, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from budgets.core.ledger import OPEN_STATES, LineKind, Phase
from budgets.models import BudgetPeriod, Hold, LedgerLine, Reservation
from telemetry.models import Call, CostCorrection

_CHARGES = (LineKind.CHARGE, LineKind.UNCONFIRMED)
_SPENT = (*_CHARGES, LineKind.CORRECTION)
_SET_ASIDE = (LineKind.HOLD, LineKind.EXTEND)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two figures that should be one. `found` None: the other side is missing."""

    what: str
    counter_nanousd: int
    found_nanousd: int | None


@dataclass(frozen=True, slots=True)
class Check:
    """One equality: over how many rows it was tested, and where it does not hold."""

    name: str
    rows: int
    differences: tuple[Difference, ...]


def reconcile() -> list[Check]:
    """Test every equality over everything stored, in one snapshot."""
    with _snapshot():
        return [
            *_check_holds(),
            *_check_periods(),
            _check_lines_have_calls(),
            _check_calls_have_lines(),
            _check_corrections(),
            _check_corrections_have_lines(),
        ]


def _check_holds() -> Iterator[Check]:
    lines = LedgerLine.objects.filter(hold=OuterRef("pk"))
    open_calls = Reservation.objects.filter(hold=OuterRef("pk"), state__in=OPEN_STATES)
    holds = Hold.objects.all()
    yield _check("hold amount = HOLD + EXTEND", holds, "amount_nanousd", _lines(lines, _SET_ASIDE))
    yield _check("hold spent = its charges", holds, "spent_nanousd", _lines(lines, _SPENT))
    yield _check("hold reserved = open calls", holds, "reserved_nanousd", _sum(open_calls, "hold"))
    for phase in Phase:
        calls = Reservation.objects.filter(phase=phase).values("call_id")
        charges = lines.filter(call_id__in=calls)
        field = f"spent_{phase.value}_nanousd"
        yield _check(f"hold {phase.value} = its charges", holds, field, _lines(charges, _SPENT))
    # What was found out after it was closed was never given back.
    later = Coalesce(_lines(lines, (LineKind.CORRECTION,)), Value(0))
    closed = Hold.objects.filter(closed_at__isnull=False).annotate(
        rest_nanousd=F("amount_nanousd") - F("spent_nanousd") + later
    )
    given_back = _lines(lines, (LineKind.RETURN,))
    yield _check("closed hold's rest = RETURN", closed, "rest_nanousd", given_back)
    going = Hold.objects.filter(closed_at__isnull=True).annotate(rest_nanousd=Value(0))
    yield _check("open hold has no RETURN", going, "rest_nanousd", given_back)


def _check_periods() -> Iterator[Check]:
    periods = BudgetPeriod.objects.all()
    for scope in ("team", "org"):
        of_scope = periods.filter(budget__team__isnull=scope == "org")
        field = f"{scope}_period"
        holds = Hold.objects.filter(**{field: OuterRef("pk")})
        held = _sum(holds.filter(closed_at__isnull=True), field)
        spent = _sum(holds.filter(closed_at__isnull=False), field, "spent_nanousd")
        yield _check(f"{scope} held = its open holds", of_scope, "held_nanousd", held)
        yield _check(f"{scope} spent = its closed holds", of_scope, "spent_nanousd", spent)
        lines = LedgerLine.objects.filter(
            kind=LineKind.CORRECTION, **{f"hold__{field}": OuterRef("pk")}
        )
        later = _sum(lines, f"hold__{field}")
        yield _check(f"{scope} corrected = its CORRECTION", of_scope, "corrected_nanousd", later)


def _check_lines_have_calls() -> Check:
    cost = Call.objects.filter(pk=OuterRef("call_id")).values("cost_nanousd")
    # A call of unknown price is charged nothing, and its cost stays unknown.
    charges = LedgerLine.objects.filter(kind__in=_CHARGES).annotate(
        cost=Subquery(cost), outcome=Subquery(cost.values("outcome"))
    )
    wrong = charges.filter(
        Q(outcome__isnull=True)
        | Q(cost__isnull=True, amount_nanousd__gt=0)
        | (Q(cost__isnull=False) & ~Q(cost=F("amount_nanousd")))
    )
    found = wrong.values_list("call_id", "amount_nanousd", "cost")
    return Check(
        "charge = its call's cost",
        charges.count(),
        tuple(Difference(f"call {pk}", amount, cost) for pk, amount, cost in found),
    )


def _check_calls_have_lines() -> Check:
    calls = Call.objects.filter(cost_nanousd__gt=0)
    charged = LedgerLine.objects.filter(call_id=OuterRef("pk"), kind__in=_CHARGES)
    unpaid = calls.annotate(line=Subquery(charged.values("pk")[:1])).filter(line__isnull=True)
    found = unpaid.values_list("pk", "cost_nanousd")
    return Check(
        "call's cost = its charge",
        calls.count(),
        tuple(Difference(f"call {pk}", cost or 0, None) for pk, cost in found),
    )


def _check_corrections() -> Check:
    made = CostCorrection.objects.filter(call=OuterRef("call_id"), revision=OuterRef("revision"))
    change = made.annotate(change=F("after_nanousd") - Coalesce("before_nanousd", Value(0)))
    lines = LedgerLine.objects.filter(kind=LineKind.CORRECTION)
    compared = lines.annotate(change=Subquery(change.values("change")))
    wrong = compared.filter(Q(change=None) | ~Q(change=F("amount_nanousd")))
    found = wrong.values_list("call_id", "amount_nanousd", "change")
    return Check(
        "CORRECTION = its call's correction",
        lines.count(),
        tuple(Difference(f"call {pk}", amount, change) for pk, amount, change in found),
    )


def _check_corrections_have_lines() -> Check:
    lines = LedgerLine.objects.filter(call_id=OuterRef("call_id"), revision=OuterRef("revision"))
    made = CostCorrection.objects.annotate(line=Subquery(lines.values("pk")[:1]))
    found = made.filter(line=None).values_list("call_id", "after_nanousd")
    return Check(
        "call's correction = its CORRECTION",
        CostCorrection.objects.count(),
        tuple(Difference(f"call {pk}", amount, None) for pk, amount in found),
    )


def _check(name: str, rows: QuerySet[Any], field: str, expected: Any) -> Check:
    compared = rows.annotate(found_nanousd=Coalesce(expected, Value(0)))
    wrong = compared.exclude(**{field: F("found_nanousd")})
    label = rows.model._meta.verbose_name
    return Check(
        name,
        rows.count(),
        tuple(
            Difference(f"{label} {pk}", counter, found)
            for pk, counter, found in wrong.values_list("pk", field, "found_nanousd")
        ),
    )


def _lines(lines: QuerySet[LedgerLine], kinds: Iterable[LineKind]) -> Subquery:
    return _sum(lines.filter(kind__in=kinds), "hold")


def _sum(rows: QuerySet[Any, Model], group: str, field: str = "amount_nanousd") -> Subquery:
    return Subquery(rows.order_by().values(group).annotate(total=Sum(field)).values("total"))


@contextmanager
def _snapshot() -> Iterator[None]:
    """See one moment, though workers go on writing."""
    inside = connection.in_atomic_block
    with transaction.atomic():
        if connection.vendor == "postgresql" and not inside:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
