"""What budgets' teams spent by day and by hour, from the figures that dashboards read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from budgets.core.burn import HISTORY_DAYS
from budgets.models import Budget, Org, Team
from telemetry.core.rollup import day_of, first_hour_of, hour_of
from telemetry.core.scope import Span, Where
from telemetry.selectors.rollups import totals

# Longer than what is judged: only so is a quiet week told from a team that has just begun.
LOOK_BACK_DAYS = 2 * HISTORY_DAYS
_COST = ("cost_nanousd",)


@dataclass(frozen=True, slots=True)
class Spending:
    """Whole days before today, the oldest first and none before money first moved; and 24 hours."""

    days: tuple[int, ...]
    last_day_nanousd: int


def spending_of(budgets: Collection[Budget], now: datetime) -> dict[int, Spending]:
    """Return what each budget's calls cost lately, in one or two queries an org."""
    by_org: dict[Org, list[Budget]] = defaultdict(list)
    for budget in budgets:
        by_org[budget.org].append(budget)
    found: dict[int, Spending] = {}
    for org, own in by_org.items():
        today = now.astimezone(org.zone).date()
        days = [today - timedelta(days=back) for back in range(LOOK_BACK_DAYS, 0, -1)]
        costs = _costs(org, _teams(org, own), days_span(org, days[0], today), "hour")
        for budget in own:
            found[budget.pk] = _lately(costs, budget, days, now)
    return found


def _lately(
    costs: Mapping[tuple[int | None, Any], int],
    budget: Budget,
    days: Sequence[date],
    now: datetime,
) -> Spending:
    """Sum up one budget's costs, by hours where they are kept and by days before."""
    by_day: dict[date, int] = defaultdict(int)
    last_day, first_hour = 0, hour_of(now) - 23
    for (team, at), cost in costs.items():
        if team != budget.team_id:
            continue
        by_day[at if isinstance(at, date) else day_of(at, budget.org.zone)] += cost
        if not isinstance(at, date) and at >= first_hour:
            last_day += cost
    amounts = [by_day[day] for day in days]
    first = next((place for place, amount in enumerate(amounts) if amount), len(amounts))
    return Spending(tuple(amounts[first:]), last_day)


def costs_by_day(budget: Budget, first: date, last: date) -> dict[date, int]:
    """Return what each day of a budget cost, both ends included; a day without is left out."""
    span = days_span(budget.org, first, last)
    found = _costs(budget.org, _teams(budget.org, [budget]), span, "day")
    return {at: cost for (team, at), cost in found.items() if team == budget.team_id}


def costs_by_hour(budget: Budget, first_hour: int, last_hour: int) -> dict[int, int]:
    """Return what each hour of a budget cost, as `telemetry.core.rollup.hour_of` counts them."""
    span = Span(first_hour, last_hour + 1, budget.org.zone)
    found = _costs(budget.org, _teams(budget.org, [budget]), span, "hour")
    return {at: cost for (team, at), cost in found.items() if team == budget.team_id}


def days_span(org: Org, first: date, last: date) -> Span:
    """Return the span of local days, both included."""
    after = first_hour_of(last + timedelta(days=1), org.zone)
    return Span(first_hour_of(first, org.zone), after, org.zone, (first, last))


def _teams(org: Org, budgets: Collection[Budget]) -> tuple[int, ...]:
    """Return whose calls count: all of the org for a budget of the org, itself for a team's."""
    if any(budget.team_id is None for budget in budgets):
        return tuple(Team.objects.filter(org=org).values_list("pk", flat=True))
    return tuple(sorted(budget.team_id for budget in budgets if budget.team_id is not None))


def _costs(
    org: Org, teams: tuple[int, ...], span: Span, time: str
) -> dict[tuple[int | None, Any], int]:
    """Return costs by team and time; team None: of them all together."""
    where = Where(org_ids=(org.pk,), team_ids=teams)
    found: dict[tuple[int | None, Any], int] = defaultdict(int)
    rows = totals(where, span, ("team_id", time), sums=_COST, timed=False)
    for (team, at), figures in rows.items():
        for owner in (team, None):
            found[owner, at] += figures.cost_nanousd
    return found
