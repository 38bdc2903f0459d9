"""Budgets as they stand now, and where their spending leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from budgets.core.burn import HISTORY_DAYS, Burn, LaterLimit, burn_of
from budgets.core.limits import ActiveRaise, raised_at
from budgets.core.period import Period, PeriodKind, period_at
from budgets.models import Budget, BudgetPeriod, BudgetRaise, Hold
from budgets.selectors.raises import active_raises
from budgets.selectors.spending import Spending, spending_of


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A budget in its current period. `row` None: no money has moved in it yet.

    `limit_nanousd` holds the raises that have not expired. `running_nanousd` is what runs under
    way have spent already; it is part of what is held.
    """

    budget: Budget
    period: Period
    row: BudgetPeriod | None
    limit_nanousd: int
    spent_nanousd: int
    held_nanousd: int
    running_nanousd: int
    raises: tuple[BudgetRaise, ...]

    @property
    def free_nanousd(self) -> int:
        """Return what can still be set aside."""
        return max(0, self.limit_nanousd - self.spent_nanousd - self.held_nanousd)

    @property
    def used_nanousd(self) -> int:
        """Return what is spent, that of runs under way included."""
        return self.spent_nanousd + self.running_nanousd

    @property
    def raised_nanousd(self) -> int:
        """Return what raises add to the limit now."""
        return sum(one.amount_nanousd for one in self.raises)

    @property
    def scope(self) -> str:
        """Return whose budget it is: team or org."""
        return "org" if self.budget.team_id is None else "team"

    @property
    def name(self) -> str:
        """Return the name of whose budget it is."""
        return self.budget.team.name if self.budget.team else self.budget.org.name


@dataclass(frozen=True, slots=True)
class BudgetOutlook(BudgetState):
    """A budget, what it spent lately, and what to expect of it."""

    spending: Spending
    burn: Burn

    @property
    def week_nanousd(self) -> int | None:
        """Return what a day of the last week cost on average; None: not enough history."""
        days = self.spending.days[-HISTORY_DAYS:]
        return round(sum(days) / len(days)) if days else None


def budget_states(budgets: Sequence[Budget], now: datetime) -> list[BudgetState]:
    """Return how budgets stand, in the order given, in two queries however many there are."""
    spans = [
        period_at(PeriodKind(each.period), each.org.zone, now, each.created_at) for each in budgets
    ]
    going = BudgetPeriod.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=now), budget__in=budgets, starts_at__lte=now
    ).annotate(running=_running("team_period") + _running("org_period"))
    rows = {(row.budget_id, row.starts_at): row for row in going}
    raises = active_raises([budget.pk for budget in budgets], now)
    return [
        _state(
            budget,
            span,
            rows.get((budget.pk, span.starts_at)),
            raises.get(budget.pk, []),
        )
        for budget, span in zip(budgets, spans, strict=True)
    ]


def budget_outlooks(budgets: Sequence[Budget], now: datetime) -> list[BudgetOutlook]:
    """Return budgets with where their spending leads, in the order given."""
    lately = spending_of(budgets, now)
    return [_outlook(state, lately[state.budget.pk], now) for state in budget_states(budgets, now)]


def _running(field: str) -> Coalesce:
    """Return, for each period, what its open holds have spent."""
    going = Hold.objects.filter(**{field: OuterRef("pk")}, closed_at__isnull=True).order_by()
    spent = going.values(field).annotate(total=Sum("spent_nanousd")).values("total")
    return Coalesce(Subquery(spent), 0)


def _state(
    budget: Budget,
    span: Period,
    row: BudgetPeriod | None,
    raises: Sequence[BudgetRaise],
) -> BudgetState:
    raised = sum(one.amount_nanousd for one in raises)
    if row is None:
        return BudgetState(
            budget, span, None, budget.limit_nanousd + raised, 0, 0, 0, tuple(raises)
        )
    return BudgetState(
        budget,
        span,
        row,
        row.limit_nanousd - row.raised_nanousd + raised,
        row.spent_nanousd,
        row.held_nanousd,
        getattr(row, "running", 0),
        tuple(raises),
    )


def _outlook(state: BudgetState, spending: Spending, now: datetime) -> BudgetOutlook:
    burn = burn_of(
        spending.days,
        spent_nanousd=state.used_nanousd,
        limit_nanousd=state.limit_nanousd,
        now=now,
        ends_at=state.period.ends_at,
        last_day_nanousd=spending.last_day_nanousd,
        later=_later(state),
    )
    return BudgetOutlook(
        state.budget, state.period, state.row, state.limit_nanousd, state.spent_nanousd,
        state.held_nanousd, state.running_nanousd, state.raises, spending, burn,
    )  # fmt: skip


def _later(state: BudgetState) -> list[LaterLimit]:
    """Return what the limit falls to each time that a raise expires."""
    raises = [ActiveRaise(one.amount_nanousd, one.expires_at) for one in state.raises]
    base = state.limit_nanousd - state.raised_nanousd
    ends = sorted({one.expires_at for one in raises})
    return [LaterLimit(end, base + raised_at(raises, end).amount_nanousd) for end in ends]
