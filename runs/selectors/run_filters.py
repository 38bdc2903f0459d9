"""What a list of runs can be narrowed to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from routing.models import Decision
from routing.models.decision import Kind, Outcome
from runs.models import Run, Task
from telemetry.models import Call

# Ids are in the order of time. A run's is made no sooner than it was submitted, clocks apart; so
# a list of the last day need not walk through all that is older.
ID_SLACK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RunFilters:
    """Empty fields filter nothing; a label of value None must only exist.

    `team` is a slug, or org/slug; `team_ids` None: every team of the caller.
    """

    status: tuple[str, ...] = ()
    team: str = ""
    labels: tuple[tuple[str, str | None], ...] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None
    model: str = ""
    task_type: str = ""
    team_ids: tuple[int, ...] | None = None
    models: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    task_types: tuple[str, ...] = ()
    policy_outcome: tuple[str, ...] = ()


EVERYTHING: Final = RunFilters()


def narrowed(runs: QuerySet[Run], filters: RunFilters) -> QuerySet[Run]:
    """Return those of the runs that fit every filter."""
    if filters.status:
        runs = runs.filter(status__in=filters.status)
    if filters.team:
        org, _, slug = filters.team.rpartition("/")
        runs = runs.filter(team__slug=slug, **({"org__slug": org} if org else {}))
    if filters.team_ids is not None:
        runs = runs.filter(team__in=filters.team_ids)
    if filters.created_after:
        first = first_id_at(filters.created_after - ID_SLACK)
        runs = runs.filter(created_at__gte=filters.created_after, pk__gte=first)
    if filters.created_before:
        runs = runs.filter(created_at__lt=filters.created_before)
    for place, (key, value) in enumerate(filters.labels):
        runs = _labelled(runs, f"label_{place}", key, value)
    return _by_work(_by_policy(runs, filters.policy_outcome), filters)


def _labelled(runs: QuerySet[Run], alias: str, key: str, value: str | None) -> QuerySet[Run]:
    # By transform, never by a lookup's name: a key may hold what Django reads as an operator.
    # Cast: else SQLite would read the wanted value as JSON, too.
    runs = runs.alias(**{alias: Cast(KeyTextTransform(key, "labels"), TextField())})
    return runs.filter(**({f"{alias}__isnull": False} if value is None else {alias: value}))


def _by_policy(runs: QuerySet[Run], outcomes: Collection[str]) -> QuerySet[Run]:
    """Keep runs by the worst that policies said of them; what nobody objected to is allowed."""
    said = Decision.objects.order_by().filter(run_id=OuterRef("pk"), kind=Kind.POLICY)
    denied, warned = (Q(Exists(said.filter(outcome=one))) for one in (Outcome.DENY, Outcome.WARN))
    worst = {"deny": denied, "warn": ~denied & warned, "allow": ~denied & ~warned}
    if not outcomes or worst.keys() <= set(outcomes):
        return runs
    fits = [worst[one] for one in outcomes if one in worst]
    return runs.filter(reduce(or_, fits)) if fits else runs.none()


def _by_work(runs: QuerySet[Run], filters: RunFilters) -> QuerySet[Run]:
    """Keep runs that called such a model, for such a type of task where both are asked for."""
    asked = {
        "model__in": filters.models or _one(filters.model),
        "provider__in": filters.providers,
        "task_type__in": filters.task_types or _one(filters.task_type),
    }
    asked = {name: values for name, values in asked.items() if values}
    if not asked:
        return runs
    if [*asked] == ["task_type__in"]:
        tasks = Task.objects.filter(run=OuterRef("pk"), type__in=asked["task_type__in"])
        return runs.filter(Exists(tasks))
    return runs.filter(Exists(Call.objects.filter(run_id=OuterRef("pk"), **asked)))


def _one(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def first_id_at(at: datetime) -> UUID:
    """Return an id that none made from then on comes before. Source: RFC 9562, section 5.7."""
    return UUID(int=max(0, int(at.timestamp() * 1000)) << 80)
