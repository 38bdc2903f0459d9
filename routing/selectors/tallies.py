"""What attempts came to, summed up as advice is computed from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, FloatField, Min, Q, Sum
from django.db.models.functions import Cast, Coalesce

from routing.core.advice import Tally, total
from telemetry.models import Score

# A squared cost is larger than any whole number of a database.
_COST = Cast("cost_nanousd", FloatField())
_SUMS = {
    "n": Count("pk"),
    "accepted_n": Count("pk", filter=Q(accepted=True)),
    "cost": Sum(_COST),
    "cost_squared": Sum(_COST * _COST),
    "accepted_cost": Coalesce(Sum(_COST, filter=Q(accepted=True)), 0.0),
    "scored": Count("score"),
    "score_sum": Coalesce(Sum("score"), 0.0),
    "score_squared": Coalesce(Sum(F("score") * F("score")), 0.0),
}
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


def tallies_of(org_id: int, now: datetime, window: timedelta) -> Tallies:
    """Return what the attempts of the window came to; fewer days where there are no more."""
    rows = Score.objects.filter(org_id=org_id, at__gt=now - window, at__lte=now)
    first = rows.aggregate(first=Min("at"))["first"] or now
    found: dict[str, dict[int, dict[str, Tally]]] = defaultdict(lambda: defaultdict(dict))
    summed = rows.order_by().values_list("task_type", "team_id", "model").annotate(**_SUMS)
    for task_type, team_id, model, *sums in summed:
        found[task_type][team_id][model] = Tally(*sums)
    return Tallies((now - first).total_seconds() / 86_400, found)
