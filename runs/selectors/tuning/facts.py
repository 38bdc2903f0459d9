"""What was seen of a kind of task: how many, what they cost, how good they were."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Avg, Count, Sum
from django.db.models.functions import Length

from routing.selectors import known_models
from routing.selectors.profiles import beliefs_for
from routing.selectors.tallies import tallies_of
from runs.core.rules import Phase
from runs.core.tuning.assumptions import BaseModel
from runs.core.tuning.facts import Facts
from runs.models import Attempt
from runs.selectors.tuning.examples import MOST_EXAMPLES, Eligible, Kind
from runs.selectors.tuning.newest import newest_runs
from runs.selectors.tuning.places import Place
from telemetry.models import Call, Outcome

# Volume is what happened lately; a month smooths over its weeks.
WINDOW: Final = timedelta(days=30)
# A place that is younger is not taken for one that did nothing before.
SHORTEST_DAYS: Final = 7.0
CHARS_A_TOKEN: Final = 4
# So many tell what a task takes; how many there were is told by the sums of their days.
MOST_TASKS: Final = 5_000
SAMPLE: Final = 500

_Spent = Mapping[tuple[UUID | None, str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Task:
    """A task with the sums of its attempts. `spent` None: no call of known cost wrote for it."""

    at: datetime
    validators: set[Any]
    attempts: int
    cost: int
    score: float | None
    spent: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """The newest tasks of a kind; `attempts` were at all tasks of the type among them.

    `is_whole`: there are no more in the window.
    """

    tasks: list[_Task]
    attempts: int
    is_whole: bool


def facts_of(place: Place, kind: Kind, examples: Eligible, now: datetime) -> Facts | None:
    """Return what was seen lately, and of no base model yet.

    None: no task of the kind has a call whose cost is known.
    """
    seen = _look(place, kind, now)
    known = [one for one in seen.tasks if one.spent is not None]
    if not known:
        return None
    calls = [one.spent for one in known if one.spent is not None]
    costs = [float(one["cost"]) for one in calls]
    attempts = sum(one.attempts for one in known)
    whole = sum(one.cost for one in known)
    quality, quality_sd = _mean_sd([one.score for one in known if one.score is not None])
    cost, cost_sd = _mean_sd(costs)
    days, tasks = _volume(place, kind, seen, now)
    return Facts(
        days=days,
        tasks=tasks,
        sampled=len(seen.tasks),
        cost_nanousd=cost,
        cost_sd_nanousd=cost_sd,
        check_nanousd=max(0.0, (whole - sum(costs)) / attempts),
        input_tokens=_a_call(calls, "input"),
        output_tokens=_a_call(calls, "output"),
        attempts=attempts / len(known),
        quality=quality,
        quality_sd=quality_sd,
        scores=sum(one.score is not None for one in known),
        examples=min(len(examples.ids), MOST_EXAMPLES),
        example_tokens=_example_tokens(examples.ids),
        ceiling=examples.mean_score or quality,
        base_quality=0.0,
        base_sd=0.0,
    )


def with_bases(
    facts: Facts, place: Place, kind: Kind, bases: Sequence[BaseModel], now: datetime
) -> list[Facts]:
    """Return the facts once for each base model, with what is believed of it untuned."""
    models = known_models(place.org.pk).models
    tiers = {name: spec.tier for name, spec in models.items()}
    versions = {name: spec.litellm_name for name, spec in models.items()}
    team_id = place.team.pk if place.team else None
    believed = beliefs_for(place.org.pk, team_id, tiers, now, versions)
    found = [believed.estimate((base.known_as or base.name, kind.task_type)) for base in bases]
    return [replace(facts, base_quality=one.mean, base_sd=one.sd) for one in found]


def _look(place: Place, kind: Kind, now: datetime) -> _Seen:
    """Return the newest tasks of the kind, with what their calls took."""
    found: list[_Task] = []
    attempts = 0
    for runs in newest_runs(place, now - WINDOW, now):
        spent = _spent(runs, kind)
        for task in _tasks(runs, kind, spent):
            attempts += task.attempts
            if not kind.validator or kind.validator in task.validators:
                found.append(task)
        if len(found) >= MOST_TASKS:
            return _Seen(found, attempts, is_whole=False)
    return _Seen(found, attempts, is_whole=True)


def _tasks(runs: Sequence[UUID], kind: Kind, spent: _Spent) -> list[_Task]:
    """Return the tasks of the type that were attempted, each with its attempts' sums."""
    rows = Attempt.objects.filter(task__run__in=runs, task__type=kind.task_type).order_by()
    place = ("task__run_id", "task__key", "task__run__created_at", "task__validators")
    sums = rows.values_list("task_id", *place).annotate(Count("pk"), Sum("cost_nanousd"),
                                                        Avg("score"))  # fmt: skip
    return [
        _Task(at, {one.get("name") for one in validators}, attempts, cost, score,
              spent.get((run, key)))
        for _, run, key, at, validators, attempts, cost, score in sums
    ]  # fmt: skip


def _spent(runs: Sequence[UUID], kind: Kind) -> _Spent:
    """Return what the calls that wrote took, by run and task."""
    calls = Call.objects.filter(
        run_id__in=runs, phase=Phase.GENERATION, outcome=Outcome.OK, task_type=kind.task_type,
        cost_nanousd__isnull=False,
    )  # fmt: skip
    grouped = calls.order_by().values("run_id", "task_key").annotate(
        calls=Count("pk"), cost=Sum("cost_nanousd"), input=Sum("input_tokens"),
        output=Sum("output_tokens"),
    )  # fmt: skip
    return {(one["run_id"], one["task_key"]): dict(one) for one in grouped}


def _volume(place: Place, kind: Kind, seen: _Seen, now: datetime) -> tuple[float, int]:
    """Return in how many days there were how many such tasks.

    Where only the newest were looked at, by all attempts of the window: the newest are of a few
    hours, and hours differ.
    """
    if seen.is_whole:
        first = min(one.at for one in seen.tasks)
        return max(SHORTEST_DAYS, (now - first) / timedelta(days=1)), len(seen.tasks)
    tallies = tallies_of(place.org.pk, now, WINDOW)
    attempts = tallies.attempts(kind.task_type, place.team.pk if place.team else None)
    tasks = round(attempts * len(seen.tasks) / seen.attempts)
    return max(SHORTEST_DAYS, tallies.days), max(len(seen.tasks), tasks)


def _example_tokens(ids: Sequence[int]) -> float:
    """Return about how long an example is: prompt and output of some of them."""
    rows = Attempt.objects.filter(pk__in=list(ids[:SAMPLE]))
    chars = rows.aggregate(
        asked=Avg(Length("task__text__prompt")), written=Avg(Length("text__output"))
    )
    whole = float(chars["asked"] or 0.0) + float(chars["written"] or 0.0)
    return whole / CHARS_A_TOKEN


def _a_call(calls: Sequence[Mapping[str, Any]], what: str) -> float:
    total, count = sum(one[what] or 0 for one in calls), sum(one["calls"] for one in calls)
    return float(total / count)


def _mean_sd(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return 0.0, 0.0
    mean = sum(values) / len(values)
    squares = sum((one - mean) ** 2 for one in values)
    return mean, math.sqrt(squares / (len(values) - 1)) if len(values) > 1 else 0.0
