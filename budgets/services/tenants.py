"""Changing an organisation and its teams; every change is recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from budgets.core.access import Caller
from budgets.core.errors import InvalidChange
from budgets.core.money import format_usd
from budgets.core.period import PeriodKind
from budgets.models import Budget, Org, Team
from budgets.models.org import HoldMode
from telemetry.services.changes import record_change


@dataclass(frozen=True, slots=True)
class TeamTraits:
    """What a team should be. `allowed_models` None: every model."""

    name: str
    hold_mode: HoldMode = HoldMode.BUDGET
    allowed_models: Iterable[str] | None = None


def keeps_time_zone(org: Org) -> bool:
    """Tell whether the time zone stays: another would begin the current periods anew.

    What was spent would not count against the new ones, and every limit could be spent twice.
    """
    return Budget.objects.filter(org=org).exclude(period=PeriodKind.TOTAL).exists()


@transaction.atomic
def change_org(
    org: Org,
    *,
    name: str,
    time_zone: str,
    default_run_budget_nanousd: int,
    by: Caller,
    now: datetime,
) -> bool:
    """Change what an organisation is; return whether that changed anything.

    Raises: InvalidChange, with what stands against it.
    """
    locked = Org.objects.select_for_update().get(pk=org.pk)
    if time_zone != locked.time_zone and keeps_time_zone(locked):
        said = f"It stays {locked.time_zone}: a budget's periods begin and end by it."
        raise InvalidChange({"time_zone": [said]})
    before = _facts_of_org(locked)
    locked.name, locked.time_zone = name, time_zone
    locked.default_run_budget_nanousd = default_run_budget_nanousd
    after = _facts_of_org(locked)
    if after == before:
        return False
    locked.save(update_fields=["name", "time_zone", "default_run_budget_nanousd"])
    record_change(
        "organisation", locked.slug, actor=by.name, at=now, before=before, after=after,
        org_id=locked.pk,
    )  # fmt: skip
    return True


@transaction.atomic
def create_team(org: Org, slug: str, traits: TeamTraits, *, by: Caller, now: datetime) -> Team:
    """Add a team to an organisation. Raises: InvalidChange, where its name or slug is taken."""
    Org.objects.select_for_update().get(pk=org.pk)
    teams = Team.objects.filter(org=org)
    if teams.filter(slug=slug).exists():
        raise InvalidChange({"slug": [f"A team is called {slug} already: choose another."]})
    _check_name(traits.name, teams)
    team = Team.objects.create(org=org, slug=slug, **_stored(traits))
    _record(team, by, now, before=None, after=_facts_of_team(team))
    return team


@transaction.atomic
def change_team(team: Team, traits: TeamTraits, *, by: Caller, now: datetime) -> bool:
    """Change what a team is, from the next runs on; return whether that changed anything.

    Which models it may use counts for what runs do next, too. Raises: InvalidChange.
    """
    Org.objects.select_for_update().get(pk=team.org_id)
    locked = Team.objects.select_for_update().get(pk=team.pk)
    _check_name(traits.name, Team.objects.filter(org=locked.org_id).exclude(pk=locked.pk))
    before = _facts_of_team(locked)
    for field, value in _stored(traits).items():
        setattr(locked, field, value)
    after = _facts_of_team(locked)
    if after == before:
        return False
    locked.save(update_fields=["name", "hold_mode", "allowed_models"])
    _record(locked, by, now, before=before, after=after)
    return True


@transaction.atomic
def archive_team(team: Team, archived: bool, *, by: Caller, now: datetime) -> bool:
    """Let a team take no more runs and its keys open nothing, or both again.

    Runs under way go on to their end, and all that was stays. Returns whether that is a change.
    """
    locked = Team.objects.select_for_update().get(pk=team.pk)
    was = locked.archived_at is not None
    if was == archived:
        return False
    locked.archived_at = now if archived else None
    locked.save(update_fields=["archived_at"])
    _record(locked, by, now, before={"archived": was}, after={"archived": archived})
    return True


def _check_name(name: str, others: QuerySet[Team]) -> None:
    if others.filter(name__iexact=name).exists():
        raise InvalidChange({"name": [f"There is a team {name} already: choose another name."]})


def _stored(traits: TeamTraits) -> dict[str, Any]:
    models = traits.allowed_models
    return {
        "name": traits.name,
        "hold_mode": traits.hold_mode,
        "allowed_models": None if models is None else sorted(set(models)),
    }


def _facts_of_org(org: Org) -> dict[str, Any]:
    return {
        "name": org.name,
        "time_zone": org.time_zone,
        "default_run_budget_usd": format_usd(org.default_run_budget_nanousd),
    }


def _facts_of_team(team: Team) -> dict[str, Any]:
    return {
        "name": team.name,
        "hold_mode": str(team.hold_mode),
        "allowed_models": team.allowed_models,
    }


def _record(team: Team, by: Caller, now: datetime, **change: Any) -> None:
    record_change(
        "team", team.slug, actor=by.name, at=now, org_id=team.org_id, team_id=team.pk, **change
    )
