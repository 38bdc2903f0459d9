"""What the filter bar is made of: its fields by name, their menus, chips and presets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from budgets.models import Team
from runs.core.status import ACTIVE, RESUMABLE, RunStatus
from runs.selectors.filter_options import Seen
from runs.views.formats import look_of, words
from telemetry.models import Outcome

LABELS = {
    "team": "Team",
    "task_type": "Task type",
    "model": "Model",
    "provider": "Provider",
    "status": "Status",
    "outcome": "Outcome",
    "policy_outcome": "Policies",
}
POLICY_LABELS: Mapping[str, str] = {
    "allow": "Nothing to object",
    "warn": "Warned",
    "deny": "Denied a call",
}
# What a status may be: a group of those that runs have, or one of them.
STATUS_GROUPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "active": ("Active", tuple(sorted(ACTIVE))),
    "success": ("Success", (RunStatus.SUCCESS,)),
    "degraded": ("Degraded", (RunStatus.COMPLETED_DEGRADED,)),
    "interrupted": ("Interrupted", tuple(sorted(RESUMABLE))),
    "cancelled": ("Cancelled", (RunStatus.CANCELLED,)),
}


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Menu:
    """One field of the bar, as a menu of boxes to tick."""

    name: str
    label: str
    options: list[Option]

    @property
    def count(self) -> int:
        return sum(option.chosen for option in self.options)


@dataclass(frozen=True, slots=True)
class Chip:
    """One value that is set, and the address without it."""

    field: str
    label: str
    url: str
    unknown: bool
    unused: bool


@dataclass(frozen=True, slots=True)
class Preset:
    """One of several links of which one is where one is; `short` is for narrow pages."""

    label: str
    url: str
    current: bool
    short: str = ""


def labels_of(seen: Seen, slug_of: Callable[[Team], str]) -> Mapping[str, dict[str, str]]:
    """Return what each field can be set to, and how that is called."""
    statuses = {name: label for name, (label, _) in STATUS_GROUPS.items()}
    return {
        "team": {slug_of(team): team.name for team in seen.teams},
        "task_type": {kind: words(kind) for kind in seen.task_types},
        "model": {model: model for model in seen.models},
        "provider": {provider: provider for provider in seen.providers},
        "status": statuses | {str(status): look_of(status).label for status in RunStatus},
        "outcome": {str(one): look_of(one).label for one in Outcome},
        "policy_outcome": dict(POLICY_LABELS),
    }


def statuses_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the statuses of runs that these names stand for."""
    groups = [STATUS_GROUPS[name][1] if name in STATUS_GROUPS else (name,) for name in names]
    return tuple(status for group in groups for status in group)
