"""What attempts came to, summed up as advice is computed from it.

Days that are over are read as they were summed up once, and what came since one by one: a month
of an organisation may hold millions of attempts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, F, FloatField, Q, Sum
from django.db.models.functions import Cast, Coalesce

from routing.core.advice import Tally, total
from routing.models import AdviceDue, AttemptTally
from telemetry.models import Score

# A squared cost is larger than any whole number of a database.
_COST = Cast("cost_nanousd", FloatField())
_OF_ATTEMPTS = {
    "n": Count("pk"),
    "accepted_n": Count("pk", filter=Q(accepted=True)),
    "cost": Sum(_COST),
    "cost_squared": Sum(_COST * _COST),
    "accepted_cost": Coalesce(Sum(_COST, filter=Q(accepted=True)), 0.0),
    "scored": Count("score"),
    "score_sum": Coalesce(Sum("score"), 0.0),
    "score_squared": Coalesce(Sum(F("score") * F("score")), 0.0),
}
# The columns of `AttemptTally`, in the order of the fields of `Tally`.
TALLIED = (
    "n", "accepted", "cost_nanousd", "cost_squared", "accepted_cost_nanousd", "scored",
    "score_sum", "score_sumsq",
)  # fmt: skip
_OF_DAYS = {f"whole_{name}": Sum(name) for name in TALLIED}
_CELL = ("task_type", "team_id", "model")
ByModel = Mapping[str, Tally]


@dataclass(frozen=True, slots=True)
class Tallies:
    """What an organisation's attempts since a day came to, by task type, team and model."""

    days: float
    by_type: Mapping[str, Mapping[int, ByModel]]

    def whole(self, task_type: str) -> dict[str, Tally]:
        """Return the tallies of all teams together."""
        models = {model for of_team in self.by_type[task_type].values() for model in of_team}
        teams = self.by_type[task_type].values()
        return {
            model: total(of_team[model] for of_team in teams if model in of_team)
            for model in sorted(models)
        }

    def attempts(self, task_type: str, team_id: int | None) -> int:
        """Return how many attempts there were; `team_id` None: in all teams."""
        teams = self.by_type.get(task_type, {}).items()
        counted = (models for each, models in teams if team_id in (None, each))
        return sum(tally.n for models in counted for tally in models.values())


def tallies_of(org_id: int, now: datetime, window: timedelta) -> Tallies:
    """Return what the attempts of the window came to; fewer days where there are no more.

    The window begins with a whole day.
    """
    start = first_day(now, window)
    since = start_of(start)
    until = AdviceDue.objects.filter(org_id=org_id).values_list("tallied_until", flat=True).first()
    read_from = max(since, start_of(until)) if until else since
    found: dict[str, dict[int, dict[str, Tally]]] = defaultdict(lambda: defaultdict(dict))
    for (task_type, team_id, model), tally in (
        *_of_days(org_id, start),
        *sums_between(org_id, read_from, now),
    ):
        cells = found[task_type][team_id]
        cells[model] = cells[model] + tally if model in cells else tally
    first = first_attempt(org_id, since, now) or now
    return Tallies((now - first).total_seconds() / 86_400, found)


def sums_between(
    org_id: int, since: datetime, until: datetime
) -> Iterable[tuple[tuple[str, int, str], Tally]]:
    """Return what the attempts of some time came to, read one by one: by type, team and model."""
    rows = Score.objects.filter(org_id=org_id, at__gte=since, at__lt=until)
    summed = rows.order_by().values_list(*_CELL).annotate(**_OF_ATTEMPTS)
    return [_cell(*row) for row in summed]


def first_attempt(org_id: int, since: datetime, until: datetime) -> datetime | None:
    """Return when the first attempt of some time was; None: there was none."""
    rows = Score.objects.filter(org_id=org_id, at__gte=since, at__lt=until)
    return rows.order_by("at").values_list("at", flat=True).first()


def first_day(now: datetime, window: timedelta) -> date:
    """Return the first day that lies in the window in full."""
    return (now - window).astimezone(UTC).date() + timedelta(days=1)


def start_of(day: date) -> datetime:
    """Return the moment at which a day begins (UTC)."""
    return datetime.combine(day, time(), UTC)


def _of_days(org_id: int, start: date) -> Iterable[tuple[tuple[str, int, str], Tally]]:
    rows = AttemptTally.objects.filter(org_id=org_id, day__gte=start)
    summed = rows.order_by().values_list(*_CELL).annotate(**_OF_DAYS)
    return [_cell(*row) for row in summed]


def _cell(task_type: str, team_id: int, model: str, *sums: Any) -> tuple[Any, Tally]:
    return (task_type, team_id, model), Tally(*sums)
