"""Which figures somebody asks for: of which series, and over which time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, tzinfo


@dataclass(frozen=True, slots=True)
class Where:
    """Say which series count: of the organisations and teams named; elsewhere empty means all."""

    org_ids: tuple[int, ...]
    team_ids: tuple[int, ...]
    providers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    task_types: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """Say when: hours from `first_hour` to before `end_hour`, and `days`, both included.

    Hours count from the start of 1970 in UTC. `days` None: hours only. `zone` tells to which day
    an hour belongs that has not been folded into one.
    """

    first_hour: int
    end_hour: int
    zone: tzinfo
    days: tuple[date, date] | None = None
