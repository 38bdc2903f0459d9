"""What a caller asks figures of: the teams it may read, what it filters by, and the time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

from budgets.core.access import Action, Caller
from budgets.models import Team
from budgets.selectors import teams_of
from runs.core.filters import Filters
from runs.core.window import Window
from telemetry.core.scope import Where


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold which figures are wanted. `teams` names every team in them, by its id."""

    where: Where
    window: Window
    teams: Mapping[int, str]

    def over(self, window: Window) -> Asked:
        """Return the same question over another time."""
        return replace(self, window=window)


def ask(caller: Caller, filters: Filters, *, phases: Iterable[str] = ()) -> Asked:
    """Return what these filters ask of the teams whose usage the caller may read.

    A team that is unknown, or another's, adds nothing.
    """
    mine = _named(teams_of(caller, Action.READ_USAGE))
    chosen = {
        team: label
        for team, label in mine.items()
        if not filters.team or label in filters.team or _full(team) in filters.team
    }
    where = Where(
        org_ids=tuple(sorted({team.org_id for team in chosen})),
        team_ids=tuple(sorted(team.pk for team in chosen)),
        providers=filters.provider,
        models=filters.model,
        task_types=filters.task_type,
        phases=tuple(phases),
        outcomes=filters.outcome,
    )
    return Asked(where, filters.window, {team.pk: label for team, label in chosen.items()})


def zone_of(caller: Caller) -> tzinfo:
    """Return the time zone in which a caller's days begin: its first team's organisation's."""
    first = teams_of(caller).first()
    return UTC if first is None else first.org.zone


def _named(teams: Iterable[Team]) -> dict[Team, str]:
    """Return how each team is named: by its slug, with its org's where several have the slug."""
    found = list(teams)
    slugs = [team.slug for team in found]
    return {team: team.slug if slugs.count(team.slug) == 1 else _full(team) for team in found}


def _full(team: Team) -> str:
    return f"{team.org.slug}/{team.slug}"
