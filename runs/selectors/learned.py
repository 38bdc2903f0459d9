"""What routing has learned in one place: beliefs now and before, what finding out costs, and
whether judges agree with people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from django.db.models import Avg, Q

from routing.core.candidates import Candidate
from routing.core.request import ModelRequest
from routing.core.snapshot import candidates_for
from routing.models import Decision
from routing.models.decision import Kind
from routing.selectors import snapshot
from routing.selectors.belief_days import means_by_day
from routing.selectors.profiles import WHOLE_ORG, profiles_of
from runs.core.exploration import Step, step_of
from runs.core.rules import Phase, TaskType, rules_for
from runs.models import Feedback
from runs.selectors.run_filters import first_id_at
from runs.selectors.tuning.places import Place

WINDOW: Final = timedelta(days=30)
MOST_DECISIONS: Final = 400
# Of these, whatever they are of, choices for one type of task are looked for.
LOOKED_THROUGH: Final = 20_000
MOST_VERDICTS: Final = 5_000
# What a request is taken to be where none was seen.
USUAL_INPUT_TOKENS: Final = 1_500
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Learned:
    """The candidates for one type of task, and how much evidence there is of each type."""

    task_type: str
    threshold: float
    input_tokens: int
    candidates: tuple[Candidate, ...]
    seen: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Movement:
    """Mean scores expected when each day was over, by model; the last day is not over yet.

    None: nothing was kept of the model that day.
    """

    days: tuple[date, ...]
    by_model: Mapping[str, tuple[float | None, ...]]


def learned(place: Place, task_type: str, now: datetime) -> Learned:
    """Return what is believed now of every model that can be reached."""
    snap = snapshot(place.org.pk, now, place.team.pk if place.team else None)
    rules = rules_for(task_type)
    seen = {kind.value: 0 for kind in TaskType}
    for (_, kind), profile in profiles_of(place.org.pk, _team(place)).items():
        seen[kind] = seen.get(kind, 0) + profile.n
    spent = [snap.beliefs.spent.mean((name, task_type)) for name in snap.models]
    tokens = [one.input_tokens for one in spent if one is not None and one.input_tokens]
    size = round(sum(tokens) / len(tokens)) if tokens else USUAL_INPUT_TOKENS
    request = ModelRequest(
        phase=Phase.GENERATION, task_type=task_type, messages=(),
        max_output_tokens=rules.max_output_tokens, temperature=None, timeout_seconds=60.0,
    )  # fmt: skip
    found = tuple(one for one in candidates_for(snap, request, size, now) if one.fits_task_type)
    return Learned(task_type, rules.threshold, size, found, seen)


def movement(
    place: Place, task_type: str, candidates: Sequence[Candidate], now: datetime
) -> Movement:
    """Return what was believed of these models day by day, up to what is believed now."""
    today, team_id = now.astimezone(UTC).date(), place.team.pk if place.team else None
    kept = means_by_day(place.org.pk, team_id, task_type, today - WINDOW + _DAY)
    first = min(kept, default=today)
    days = tuple(first + _DAY * ago for ago in range((today - first).days + 1))
    by_model = {
        one.model: (*(kept.get(day, {}).get(one.model) for day in days[:-1]), one.estimate.mean)
        for one in candidates
    }
    return Movement(days, by_model)


def steps_of(place: Place, task_type: str, now: datetime) -> list[Step]:
    """Return the last choices for a type of task, of the newest decisions of the organisation."""
    lately = Decision.objects.filter(
        org_id=place.org.pk, outcome="allow", pk__gte=first_id_at(now - WINDOW)
    ).order_by("-id")
    oldest = lately.values_list("pk", flat=True)[LOOKED_THROUGH - 1 : LOOKED_THROUGH].first()
    rows = Decision.objects.filter(
        **{f"{name}": value for name, value in place.within().items()},
        kind=Kind.ROUTE,
        outcome="allow",
        phase=Phase.GENERATION,
        pk__gte=oldest or first_id_at(now - WINDOW),
        inputs__task_type=task_type,
    ).order_by("-id")
    found = (step_of(one) for one in rows.values_list("candidates", flat=True)[:MOST_DECISIONS])
    return [step for step in found if step is not None]


def verdict_pairs(place: Place, task_type: str) -> list[tuple[float, float]]:
    """Return the judges' and the people's score of each task that people judged."""
    rows = Feedback.objects.filter(
        Q(**place.within("task__run__")), task__type=task_type, task__score__isnull=False
    )
    grouped = rows.order_by().values("task_id", "task__score").annotate(people=Avg("score"))
    return [(one["task__score"] or 0.0, one["people"]) for one in grouped[:MOST_VERDICTS]]


def _team(place: Place) -> int:
    return place.team.pk if place.team else WHOLE_ORG
