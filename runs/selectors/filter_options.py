"""What a filter can be set to: teams of the caller, and what their calls have been made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from budgets.core.access import Action, Caller
from budgets.models import Team
from budgets.selectors import teams_of
from runs.core.rules import TaskType
from telemetry.models import Series


@dataclass(frozen=True, slots=True)
class Seen:
    """Names in their order, each once; `homes` is the provider of a model."""

    teams: tuple[Team, ...]
    models: tuple[str, ...]
    providers: tuple[str, ...]
    task_types: tuple[str, ...]
    homes: Mapping[str, str]


def seen_by(caller: Caller, action: Action = Action.READ_USAGE) -> Seen:
    """Return what has been seen in the teams where the caller may do this, in two queries."""
    teams = tuple(teams_of(caller, action))
    series = Series.objects.filter(
        org_id__in={team.org_id for team in teams}, team_id__in=[team.pk for team in teams]
    )
    rows = list(series.order_by().values_list("provider", "model", "task_type").distinct())
    known = [str(kind) for kind in TaskType]
    others = sorted({row[2] for row in rows} - {"", *known})
    return Seen(
        teams,
        models=tuple(sorted({row[1] for row in rows} - {""})),
        providers=tuple(sorted({row[0] for row in rows} - {""})),
        task_types=(*known, *others),
        homes={model: provider for provider, model, _ in sorted(rows)},
    )
