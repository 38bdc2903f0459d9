"""What was seen of a kind of task: how many, what they cost, how good they were."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Avg, Count, Sum
from django.db.models.functions import Length

from routing.selectors import known_models
from routing.selectors.profiles import beliefs_for
from runs.core.rules import Phase
from runs.core.tuning.assumptions import BaseModel
from runs.core.tuning.roi import Facts
from runs.models import Attempt
from runs.selectors.run_filters import ID_SLACK, first_id_at
from runs.selectors.tuning.examples import Eligible, Kind
from runs.selectors.tuning.places import Place
from telemetry.models import Call, Outcome

# Volume is what happened lately; a month smooths over its weeks.
WINDOW: Final = timedelta(days=30)
# A place that is younger is not taken for one that did nothing before.
SHORTEST_DAYS: Final = 7.0
CHARS_A_TOKEN: Final = 4
MOST_TASKS: Final = 20_000
SAMPLE: Final = 500


def facts_of(place: Place, kind: Kind, examples: Eligible, now: datetime) -> Facts | None:
    """Return what was seen lately, and of no base model yet.

    None: no task of the kind has a call whose cost is known.
    """
    tasks = _tasks(place, kind, now)
    spent = _spent(place, kind, now) if tasks else {}
    known = [one for one in tasks if (one["task__run_id"], one["task__key"]) in spent]
    if not known:
        return None
    calls = [spent[one["task__run_id"], one["task__key"]] for one in known]
    costs = [float(one["cost"]) for one in calls]
    attempts = sum(one["attempts"] for one in known)
    whole = sum(one["cost"] for one in known)
    scores = [one["score"] for one in known if one["score"] is not None]
    quality, quality_sd = _mean_sd(scores)
    cost, cost_sd = _mean_sd(costs)
    return Facts(
        days=_days(known, now),
        tasks=len(tasks),
        cost_nanousd=cost,
        cost_sd_nanousd=cost_sd,
        check_nanousd=max(0.0, (whole - sum(costs)) / attempts),
        input_tokens=_a_call(calls, "input"),
        output_tokens=_a_call(calls, "output"),
        attempts=attempts / len(known),
        quality=quality,
        quality_sd=quality_sd,
        scores=len(scores),
        examples=len(examples.ids),
        example_tokens=_example_tokens(examples.ids),
        ceiling=examples.mean_score or quality,
        base_quality=0.0,
        base_sd=0.0,
    )


def with_bases(
    facts: Facts, place: Place, kind: Kind, bases: Sequence[BaseModel], now: datetime
) -> list[Facts]:
    """Return the facts once for each base model, with what is believed of it untuned."""
    tiers = {name: spec.tier for name, spec in known_models(place.org.pk).models.items()}
    team_id = place.team.pk if place.team else None
    believed = beliefs_for(place.org.pk, team_id, tiers, now)
    found = [believed.estimate((base.known_as or base.name, kind.task_type)) for base in bases]
    return [replace(facts, base_quality=one.mean, base_sd=one.sd) for one in found]


def _tasks(place: Place, kind: Kind, now: datetime) -> list[dict[str, Any]]:
    """Return the tasks of the kind that were attempted lately, each with its attempts' sums."""
    rows = Attempt.objects.filter(
        **place.within("task__run__"),
        task__type=kind.task_type,
        task__run__pk__gte=first_id_at(now - WINDOW - ID_SLACK),
        task__run__created_at__gte=now - WINDOW,
    )
    grouped = rows.order_by().values(
        "task_id", "task__run_id", "task__key", "task__run__created_at", "task__validators"
    ).annotate(attempts=Count("pk"), cost=Sum("cost_nanousd"), score=Avg("score"))  # fmt: skip
    found: list[dict[str, Any]] = [dict(one) for one in grouped[:MOST_TASKS]]
    if not kind.validator:
        return found
    return [
        one for one in found
        if kind.validator in {named.get("name") for named in one["task__validators"]}
    ]  # fmt: skip


def _spent(place: Place, kind: Kind, now: datetime) -> dict[tuple[Any, str], dict[str, Any]]:
    """Return what the calls that wrote took, by run and task."""
    calls = Call.objects.filter(
        **place.within(), at__gte=now - WINDOW, phase=Phase.GENERATION, outcome=Outcome.OK,
        task_type=kind.task_type, cost_nanousd__isnull=False, run_id__isnull=False,
    )  # fmt: skip
    grouped = calls.order_by().values("run_id", "task_key").annotate(
        calls=Count("pk"), cost=Sum("cost_nanousd"), input=Sum("input_tokens"),
        output=Sum("output_tokens"),
    )  # fmt: skip
    return {(one["run_id"], one["task_key"]): dict(one) for one in grouped}


def _example_tokens(ids: Sequence[int]) -> float:
    """Return about how long an example is: prompt and output of some of them."""
    rows = Attempt.objects.filter(pk__in=list(ids[:SAMPLE]))
    chars = rows.aggregate(
        asked=Avg(Length("task__text__prompt")), written=Avg(Length("text__output"))
    )
    whole = float(chars["asked"] or 0.0) + float(chars["written"] or 0.0)
    return whole / CHARS_A_TOKEN


def _a_call(calls: Sequence[dict[str, Any]], what: str) -> float:
    total, count = sum(one[what] or 0 for one in calls), sum(one["calls"] for one in calls)
    return float(total / count)


def _days(tasks: Sequence[dict[str, Any]], now: datetime) -> float:
    first: datetime = min(one["task__run__created_at"] for one in tasks)
    return max(SHORTEST_DAYS, (now - first) / timedelta(days=1))


def _mean_sd(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return 0.0, 0.0
    mean = sum(values) / len(values)
    squares = sum((one - mean) ** 2 for one in values)
    return mean, math.sqrt(squares / (len(values) - 1)) if len(values) > 1 else 0.0
