"""What a list of runs can be narrowed to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final
from uuid import UUID

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from budgets.models import Team
from routing.models import Decision
from routing.models.decision import Kind, Outcome
from runs.models import Run, RunLabel, Task
from telemetry.models import Call, Series

# Ids are in the order of time. A run's is made no sooner than it was submitted, clocks apart; so
# a list of the last day need not walk through all that is older.
ID_SLACK = timedelta(hours=1)
# So many runs are looked at one by one, rather than all runs for whether they are among them.
FEW = 1_000
NO_ID = UUID(int=0)


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


def narrowed(teams: Collection[int], filters: RunFilters) -> QuerySet[Run]:
    """Return the runs of these teams that fit every filter.

    A filter that only few runs fit is asked first, which ones: else all runs would be walked
    through for them.
    """
    if filters.team_ids is not None:
        teams = set(teams) & set(filters.team_ids)
    runs = _by_time(Run.objects.filter(team__in=list(teams)), filters)
    if filters.team:
        org, _, slug = filters.team.rpartition("/")
        runs = runs.filter(team__slug=slug, **({"org__slug": org} if org else {}))
    for key, value in filters.labels:
        runs = runs.filter(Exists(_labels(key, value).filter(run=OuterRef("pk"))))
    runs = _by_policy(_by_work(runs, filters), filters.policy_outcome)
    for candidates in _candidates(list(teams), filters):
        few = list(candidates.distinct()[: FEW + 1])
        if len(few) <= FEW:
            return _by_status(runs.filter(pk__in=few), filters.status)
    # Many fit, so the next ones in order soon do. By status SQLite would rather sort them all.
    state = Cast("status", CharField(max_length=20))
    return _by_status(runs.alias(state=state), filters.status, "state")


def first_id_at(at: datetime) -> UUID:
    """Return an id that none made from then on comes before. Source: RFC 9562, section 5.7."""
    return UUID(int=max(0, int(at.timestamp() * 1000)) << 80)


def _candidates(teams: list[int], filters: RunFilters) -> Iterator[QuerySet[Any, Any]]:
    """Yield ids of runs among which those that fit are, by one filter each, from an index alone."""
    for key, value in filters.labels:
        yield _labels(key, value).filter(team_id__in=teams).order_by().values_list("run", flat=True)
    models, kinds = _models(teams, filters), _kinds(filters)
    if models is not None:
        calls = Call.objects.filter(team_id__in=teams, model__in=models, run_id__isnull=False)
        if kinds:
            calls = calls.filter(task_type__in=kinds)
        yield calls.order_by().values_list("run_id", flat=True)
    elif kinds:
        yield Task.objects.filter(type__in=kinds).order_by().values_list("run", flat=True)
    if filters.policy_outcome and "allow" not in filters.policy_outcome:
        yield _objected(teams, filters.policy_outcome)
    if filters.status or filters.created_after is None:
        states = Run.objects.filter(team__in=teams)
        if filters.status:
            states = states.filter(status__in=filters.status)
        yield states.order_by().values_list("pk", flat=True)


def _models(teams: list[int], filters: RunFilters) -> Collection[str] | None:
    """Return the models that are asked for, by name or by provider; None: any."""
    named = filters.models or _one(filters.model)
    if named or not filters.providers:
        return named or None
    series = Series.objects.filter(team_id__in=teams, provider__in=filters.providers)
    return set(series.order_by().values_list("model", flat=True))


def _kinds(filters: RunFilters) -> tuple[str, ...]:
    return filters.task_types or _one(filters.task_type)


def _by_time(runs: QuerySet[Run], filters: RunFilters) -> QuerySet[Run]:
    after = filters.created_after
    # A first id in any case: without one SQLite sorts all runs of several teams for a page.
    runs = runs.filter(pk__gte=first_id_at(after - ID_SLACK) if after else NO_ID)
    if after:
        runs = runs.filter(created_at__gte=after)
    if filters.created_before:
        runs = runs.filter(created_at__lt=filters.created_before)
    return runs


def _by_status(runs: QuerySet[Run], wanted: Collection[str], by: str = "status") -> QuerySet[Run]:
    return runs.filter(**{f"{by}__in": wanted}) if wanted else runs


def _labels(key: str, value: str | None) -> QuerySet[RunLabel]:
    found = RunLabel.objects.filter(key=key)
    return found if value is None else found.filter(value=value)


def _by_policy(runs: QuerySet[Run], outcomes: Collection[str]) -> QuerySet[Run]:
    """Keep runs by the worst that policies said of them; what nobody objected to is allowed."""
    said = Decision.objects.order_by().filter(run_id=OuterRef("pk"), kind=Kind.POLICY)
    denied, warned = (Q(Exists(said.filter(outcome=one))) for one in (Outcome.DENY, Outcome.WARN))
    worst = {"deny": denied, "warn": ~denied & warned, "allow": ~denied & ~warned}
    if not outcomes or worst.keys() <= set(outcomes):
        return runs
    fits = [worst[one] for one in outcomes if one in worst]
    return runs.filter(reduce(or_, fits)) if fits else runs.none()


def _objected(teams: list[int], outcomes: Collection[str]) -> QuerySet[Any, Any]:
    orgs = Team.objects.filter(pk__in=teams).order_by().values("org")
    found = Decision.objects.filter(org_id__in=orgs, outcome__in=outcomes, kind=Kind.POLICY)
    return found.filter(run_id__isnull=False).order_by().values_list("run_id", flat=True)


def _by_work(runs: QuerySet[Run], filters: RunFilters) -> QuerySet[Run]:
    """Keep runs that called such a model, for such a type of task where both are asked for."""
    asked = {
        "model__in": filters.models or _one(filters.model),
        "provider__in": filters.providers,
        "task_type__in": _kinds(filters),
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
