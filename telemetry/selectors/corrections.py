"""What calls turned out to cost, after the fact."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from telemetry.models import Call, CostCorrection


def last_corrections(call_ids: Iterable[UUID]) -> dict[UUID, CostCorrection]:
    """Return the last correction of each of these calls that has one."""
    rows = CostCorrection.objects.filter(call__in=list(call_ids)).order_by("call_id", "revision")
    return {row.call_id: row for row in rows}


def known_cost() -> Coalesce:
    """Return the expression for what a call costs as known today."""
    last = CostCorrection.objects.filter(call=OuterRef("pk")).order_by("-revision")
    return Coalesce(Subquery(last.values("after_nanousd")[:1]), "cost_nanousd")


def correct_in_memory(calls: Iterable[Call]) -> list[Call]:
    """Let calls that are only shown bear the cost known today; one query for all."""
    shown = list(calls)
    last = last_corrections(call.pk for call in shown)
    for call in shown:
        if call.pk in last:
            call.cost_nanousd = last[call.pk].after_nanousd
    return shown
