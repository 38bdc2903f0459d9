"""Tuned models that were registered, and the ledger of what each did bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Avg, Count, Q, Sum

from budgets.core.money import parse_usd
from budgets.models import Org
from routing.models import RealisedSaving, Recommendation
from routing.models.recommendation import Kind, State
from routing.selectors import known_models
from routing.services.recommendations.realising import STILL_COUNTED
from routing.services.recommendations.record import locked, move
from runs.core.tuning.interval import range_from
from runs.core.tuning.returns import Month, Return, months_between, returns
from runs.models import Task
from runs.selectors.run_filters import ID_SLACK, first_id_at
from telemetry.services.changes import record_change

# A run that was interrupted may be gone on with until then.
LONGEST_RUN: Final = timedelta(days=31)


class NotRegistrable(ValueError):
    """Why a model cannot be linked to a proposal, as a sentence."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """The model that came of a proposal, since when it counts, and what training it cost."""

    model: str
    since: datetime
    training_nanousd: int


def tuned_of(row: Recommendation) -> Tuned | None:
    """Return the model that was registered for a proposal; None: none yet."""
    kept = row.settings.get("tuned")
    if not isinstance(kept, Mapping):
        return None
    since = datetime.fromisoformat(kept["since"])
    return Tuned(kept["model"], since, int(kept["training_nanousd"]))


@transaction.atomic
def register_model(
    row: Recommendation, model: str, training_nanousd: int | None, *, actor: str, now: datetime
) -> Recommendation:
    """Link a tuned model that routing knows to the proposal it came of.

    `training_nanousd` None: what was estimated. Raises: NotRegistrable.
    """
    if model not in known_models(row.org_id).models:
        raise NotRegistrable(
            f"Routing knows no model {model}: add it first, with its provider and prices."
        )
    held = locked(row.pk)
    if held.kind != Kind.FINE_TUNING or held.state not in (State.PROPOSED, State.APPLIED):
        raise NotRegistrable(f"This proposal is {held.state}: no model can come of it any more.")
    if tuned_of(held) is not None:
        raise NotRegistrable("A model was registered for this proposal already.")
    estimated = int(held.evidence["estimate"]["training_nanousd"])
    tuned = {
        "model": model,
        "since": now.isoformat(),
        "training_nanousd": estimated if training_nanousd is None else training_nanousd,
    }
    held.settings = {**held.settings, "tuned": tuned}
    if held.state == State.PROPOSED:
        held.stage_started_at = now
        move(held, State.APPLIED, actor=actor, now=now, reason=f"{model} was registered")
        return held
    held.save(update_fields=["settings"])
    record_change(
        "recommendation", held.title, actor=actor, at=now, before={}, after={"tuned": tuned},
        org_id=held.org_id, team_id=held.team_id,
    )  # fmt: skip
    return held


def returns_of(row: Recommendation, now: datetime) -> list[Return]:
    """Return what a registered model brought each month so far; none is registered: nothing.

    What was taken back brings, and costs, nothing more from then on.
    """
    tuned = tuned_of(row)
    if tuned is None:
        return []
    until = min(now, row.stage_ended_at or now)
    present = range_from(row.evidence["estimate"], "present_nanousd")
    hosting = parse_usd(row.evidence["base"]["hosting_usd"])
    return returns(
        _months(row, tuned, until), present,
        training_nanousd=tuned.training_nanousd, hosting_nanousd=hosting,
    )  # fmt: skip


@transaction.atomic
def keep_returns(row: Recommendation, now: datetime) -> int:
    """Bring the ledger of a registered model up to date; return how many months it holds."""
    found = returns_of(row, now)
    for one in found:
        RealisedSaving.objects.update_or_create(
            recommendation=row, month=one.month.month, defaults=_columns(one, now)
        )
    return len(found)


def keep_returns_of_org(org_id: int, now: datetime) -> int:
    """Bring the ledgers of an organisation's tuned models up to date; return how many."""
    # Of what was taken back the last days, which nobody may have counted yet.
    late = Q(state=State.REVERTED, stage_ended_at__gt=now - STILL_COUNTED)
    rows = Recommendation.objects.filter(
        Q(state=State.APPLIED) | late, org_id=org_id, kind=Kind.FINE_TUNING
    )
    return sum(keep_returns(row, now) > 0 for row in rows)


def _columns(one: Return, now: datetime) -> dict[str, Any]:
    return {
        "tasks": one.month.tasks,
        "spent_nanousd": one.month.spent_nanousd,
        "expected_nanousd": one.expected_nanousd,
        "saving_nanousd": round(one.saving.value),
        "saving_low_nanousd": round(one.saving.low),
        "saving_high_nanousd": round(one.saving.high),
        "quality_mean": one.month.quality_mean,
        "updated_at": now,
    }


def _months(row: Recommendation, tuned: Tuned, now: datetime) -> list[Month]:
    zone = Org.objects.get(pk=row.org_id).zone
    first, last = (at.astimezone(zone).date() for at in (tuned.since, now))
    starts = months_between(first, last)
    ends = [*starts[1:], None]
    midnight = [datetime.combine(day, time(), zone) for day in starts]
    until = [datetime.combine(day, time(), zone) if day else now for day in ends]
    return [
        _month(row, tuned, day, max(start, tuned.since), end)
        for day, start, end in zip(starts, midnight, until, strict=True)
    ]


def _month(row: Recommendation, tuned: Tuned, day: date, since: datetime, until: datetime) -> Month:
    """Return what the tasks that the model finished in that time came to."""
    tasks = Task.objects.filter(
        # An index finds these among all tasks there ever were.
        type=row.task_type, run_id__gte=first_id_at(since - LONGEST_RUN),
        run_id__lt=first_id_at(until + ID_SLACK),
        run__org_id=row.org_id, model=tuned.model, finished_at__gte=since, finished_at__lt=until,
    )  # fmt: skip
    if row.team_id is not None:
        tasks = tasks.filter(run__team_id=row.team_id)
    sums = tasks.aggregate(n=Count("pk"), spent=Sum("cost_nanousd"), score=Avg("score"))
    return Month(day, sums["n"], sums["spent"] or 0, sums["score"])
