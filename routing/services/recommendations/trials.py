"""What attempts under a recommendation came to, and stopping it by itself when quality drops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import transaction

from routing.core.stages import check_revert
from routing.core.trial import ALPHA, differences_of, is_worse, judge
from routing.models import Recommendation, TrialResult
from routing.models.recommendation import State
from routing.services.recommendations.record import STAGED, locked, move
from routing.services.recommendations.shadow_money import (
    close_hold_of,
    close_holds,
    holds_of,
    spent_nanousd,
)
from telemetry.services.journal import Command, Guard

# A shadow that is no worse by then has told what it can.
SHADOW_PAIRS = 200
# Nor is money set aside for ever where such tasks no longer come.
SHADOW_LONGEST = timedelta(days=14)
SPENT = "Its money is used up."
LATE = f"{SHADOW_LONGEST.days} days are over."
# A canary may go on for months: so many of its newest results are judged, half by each arm.
MOST_SCORES = 4_000
TRIALS = (State.SHADOW, State.CANARY)


class TrialOver(Exception):
    """The stage that a call was made for has ended meanwhile."""


@dataclass(frozen=True)
class RecordTrial(Command):
    """Keep what an attempt under a recommendation came to; once, however often it is told."""

    rank: ClassVar[int] = 41
    result: TrialResult

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[None]:
        for command in commands:
            command.result.pk = None  # a rolled-back batch may have given it one
        TrialResult.objects.bulk_create(
            (command.result for command in commands), ignore_conflicts=True
        )
        return [None] * len(commands)


@dataclass(frozen=True)
class TrialGuard(Guard):
    """Lets the calls of a shadow through while it goes on."""

    recommendation_id: UUID

    @classmethod
    def check(cls, guards: Sequence[Self]) -> Sequence[Exception | None]:
        going = (
            Recommendation.objects.select_for_update(no_key=True)
            .filter(pk__in={guard.recommendation_id for guard in guards})
            .filter(state=State.SHADOW, stage_ended_at=None)
            .order_by("pk")
        )
        ids = set(going.values_list("pk", flat=True))
        return [
            None if guard.recommendation_id in ids else TrialOver(str(guard.recommendation_id))
            for guard in guards
        ]


def scores_of(row: Recommendation, stage: str) -> list[tuple[str, float]]:
    """Return the newest scores that a trial compares, by arm, in the order they came.

    Of a canary those whose arm was drawn by lot: what went on from there is no new draw.
    """
    rows = TrialResult.objects.filter(recommendation=row, stage=stage, score__isnull=False)
    if stage == State.CANARY:
        rows = rows.filter(draw__isnull=False)
    found = rows.order_by("-pk").values_list("arm", "score")[:MOST_SCORES]
    return [(arm, score) for arm, score in reversed(list(found)) if score is not None]


@transaction.atomic
def look(pk: UUID, now: datetime) -> None:
    """Judge a trial after another result: take it back on a drop, end it once it told enough."""
    row = locked(pk)
    if row.state not in TRIALS or row.stage_ended_at is not None:
        return
    found = list(differences_of(scores_of(row, row.state)))
    if is_worse(found):
        _stop(row, now)
    elif row.state == State.SHADOW and len(found) >= SHADOW_PAIRS:
        _end(row, f"{len(found)} pairs were compared.", now)


@transaction.atomic
def end_money(pk: UUID, team_id: int, now: datetime) -> None:
    """Shadow a team's tasks no more, since its part of the money is used up.

    With the last team's the shadow ends; it stays to be decided on.
    """
    row = locked(pk)
    if row.state != State.SHADOW or row.stage_ended_at is not None:
        return
    if holds_of(row).keys() - {str(team_id)}:
        close_hold_of(row, team_id, now)
        row.save(update_fields=["settings"])
    else:
        _end(row, SPENT, now)


def end_late_shadows(now: datetime) -> int:
    """End what has been in shadow for too long, money and all; return how many."""
    going = Recommendation.objects.filter(state=State.SHADOW, stage_ended_at=None)
    late = going.filter(stage_started_at__lt=now - SHADOW_LONGEST)
    return sum(_end_late(pk, now) for pk in late.values_list("pk", flat=True))


@transaction.atomic
def _end_late(pk: UUID, now: datetime) -> bool:
    row = locked(pk)
    if row.state != State.SHADOW or row.stage_ended_at is not None:
        return False  # somebody decided on it meanwhile
    _end(row, LATE, now)
    return True


def trial_figures(row: Recommendation) -> dict[str, Any]:
    """Return what a row's trial has come to, as plain data; empty where it is in none."""
    if row.state not in TRIALS:
        return {}
    verdict = judge(list(differences_of(scores_of(row, row.state))))
    return {
        "pairs": verdict.n,
        "quality_change": verdict.mean,
        "quality_low": verdict.low,
        "quality_high": verdict.high,
    }


def _stop(row: Recommendation, now: datetime) -> None:
    """Take a trial back that is worse, money and all."""
    check_revert(row.kind, row.state)
    figures = trial_figures(row)
    if row.state == State.SHADOW:
        close_holds(row, now)
        figures["spent_nanousd"] = spent_nanousd(row)
    reason = (
        f"Stopped by itself: after {figures['pairs']} comparisons quality is lower by more than "
        f"the tolerance, with an error of {ALPHA:.0%} at most."
    )
    row.stage_ended_at, row.stage_note = now, reason
    move(row, State.REVERTED, actor="", now=now, reason=reason, figures=figures)


def _end(row: Recommendation, note: str, now: datetime) -> None:
    close_holds(row, now)
    row.stage_ended_at, row.stage_note = now, note[:500]
    row.save(update_fields=STAGED)
