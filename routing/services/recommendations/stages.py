"""What people do with recommendations: let them act, turn them down, take them back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from routing.core.stages import check_advance, check_dismiss, check_revert
from routing.models import Recommendation
from routing.models.recommendation import Kind, State
from routing.selectors.steering import DEFAULT_SHARE
from routing.services.recommendations.realising import realise
from routing.services.recommendations.record import locked, move
from routing.services.recommendations.shadow_money import (
    close_holds,
    default_cap,
    open_holds,
    spent_nanousd,
)
from routing.services.recommendations.trials import trial_figures


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a stage is to be carried out. `stage` None: the next one.

    `budget_nanousd` is the most a shadow may cost, None: what a hundred attempts will take.
    `share` of the traffic goes to a canary, in (0, 1); None: a fifth.
    """

    stage: str | None = None
    budget_nanousd: int | None = None
    share: float | None = None


@transaction.atomic
def advance(pk: UUID, wanted: Wanted, *, by: str, now: datetime) -> Recommendation:
    """Take a recommendation to a later stage. Raises: WrongStage; BudgetExceeded for a shadow."""
    row = locked(pk)
    stage = check_advance(row.kind, row.state, wanted.stage)
    figures = _leave(row, now)
    row.stage_started_at, row.stage_ended_at, row.stage_note = now, None, ""
    row.settings = {**row.settings, **_settings(row, stage, wanted, now)}
    move(row, stage, actor=by, now=now, figures=figures)
    return row


@transaction.atomic
def dismiss(pk: UUID, *, by: str, now: datetime, reason: str = "") -> Recommendation:
    """Turn a proposal down. Raises: WrongStage."""
    row = locked(pk)
    check_dismiss(row.state)
    move(row, State.DISMISSED, actor=by, now=now, reason=reason)
    return row


@transaction.atomic
def revert(pk: UUID, *, by: str, now: datetime, reason: str = "") -> Recommendation:
    """Take back whatever stage it is in; calls are chosen as before from the next second on.

    Raises: WrongStage.
    """
    row = locked(pk)
    check_revert(row.kind, row.state)
    figures = _leave(row, now)
    row.stage_ended_at, row.stage_note = now, reason[:500]
    move(row, State.REVERTED, actor=by, now=now, reason=reason, figures=figures)
    return row


def _leave(row: Recommendation, now: datetime) -> dict[str, Any]:
    """End the stage a row is in; return what it came to."""
    if row.state == State.SHADOW:
        close_holds(row, now)
        return {**trial_figures(row), "spent_nanousd": spent_nanousd(row)}
    if row.kind == Kind.ROUTING and row.state in (State.CANARY, State.APPLIED):
        realise(row, now)
    return trial_figures(row) if row.state == State.CANARY else {}


def _settings(row: Recommendation, stage: str, wanted: Wanted, now: datetime) -> dict[str, Any]:
    if stage == State.SHADOW:
        cap = wanted.budget_nanousd or default_cap(row)
        return {"budget_nanousd": cap, "holds": open_holds(row, cap, now)}
    if stage == State.CANARY:
        return {"share": wanted.share or DEFAULT_SHARE}
    return {}
