"""Setting and changing budgets, so that everyone can see who did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from budgets.core.access import Caller
from budgets.core.errors import InvalidChange
from budgets.core.limits import (
    MAX_REASON_CHARS,
    ChangeKind,
    Raised,
    check_limit,
    check_raise,
    read_thresholds,
)
from budgets.core.money import format_usd
from budgets.core.period import PeriodKind
from budgets.models import Budget, BudgetChange, BudgetPeriod, BudgetRaise, Org, Team
from budgets.selectors.raises import raised_by_budget
from budgets.services.ledger.periods import PeriodRow, store_limits, tell_passed
from budgets.services.periods import lock_budget
from telemetry.services.bulk import update_rows
from telemetry.services.changes import record_change
from telemetry.services.recording import RecordEvent


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a budget should become; None: as it is."""

    limit_nanousd: int | None = None
    thresholds: Sequence[Any] | None = None
    forecast_thresholds: Sequence[Any] | None = None


def create_budget(
    *, org: Org, team: Team | None, period: PeriodKind, wanted: Wanted, by: Caller, now: datetime
) -> Budget:
    """Limit a team, or a whole org, from now on. Raises: InvalidChange, also where one exists."""
    if wanted.limit_nanousd is None:
        raise InvalidChange({"limit_usd": ["Give a limit."]})
    if team is not None and team.org_id != org.pk:
        raise InvalidChange({"team": [f"{team} is no team of {org}."]})
    check_limit(wanted.limit_nanousd, 0)
    try:
        with transaction.atomic():
            budget = Budget.objects.create(
                org=org,
                team=team,
                period=period,
                limit_nanousd=wanted.limit_nanousd,
                created_at=now,
                **_thresholds(wanted),
            )
            _note(budget, ChangeKind.CREATED, by, now, {}, _facts(budget), "")
    except IntegrityError:
        sentence = "There is a budget already: change its limit instead."
        raise InvalidChange({"team": [sentence]}) from None
    return budget


def change_budget(
    budget: Budget, wanted: Wanted, *, by: Caller, now: datetime, reason: str = ""
) -> Budget:
    """Set limit and thresholds from now on, the current period's too.

    Money already held stays held. Raises: InvalidChange.
    """
    if len(reason) > MAX_REASON_CHARS:
        raise InvalidChange({"reason": [f"At most {MAX_REASON_CHARS} characters."]})
    with transaction.atomic():
        locked, current, going = lock_budget(budget, now)
        before, was_nanousd = _facts(locked), current.limit_nanousd
        if wanted.limit_nanousd is not None:
            for row in going:
                committed = row.spent_nanousd + row.held_nanousd
                check_limit(wanted.limit_nanousd, committed, row.raised_nanousd)
                row.limit_to(wanted.limit_nanousd, Raised(row.raised_nanousd, row.limit_until))
            locked.limit_nanousd = wanted.limit_nanousd
            store_limits(going)
        for name, values in _thresholds(wanted).items():
            setattr(locked, name, values)
        after = _facts(locked)
        if after != before:
            locked.save(update_fields=["limit_nanousd", "thresholds", "forecast_thresholds"])
            _note(locked, ChangeKind.CHANGED, by, now, before, after, reason)
            _tell(current, locked, by, now, was_nanousd)
    return locked


def raise_budget(
    budget: Budget,
    *,
    amount_nanousd: int,
    reason: str,
    expires_at: datetime,
    by: Caller,
    now: datetime,
) -> BudgetRaise:
    """Give a budget more room until `expires_at`, when it ends by itself. Raises: InvalidChange."""
    with transaction.atomic():
        locked, current, going = lock_budget(budget, now)
        check_raise(amount_nanousd, reason, expires_at, now, current.limit_nanousd)
        made = BudgetRaise.objects.create(
            budget=locked,
            amount_nanousd=amount_nanousd,
            reason=reason.strip(),
            created_at=now,
            created_by=by.name,
            expires_at=expires_at,
        )
        was_nanousd = current.limit_nanousd
        before = {"limit_usd": format_usd(was_nanousd)}
        _count_raises(going, locked.pk, now)
        after = {
            "limit_usd": format_usd(current.limit_nanousd),
            "raise_usd": format_usd(amount_nanousd),
            "until": expires_at.isoformat(),
        }
        _note(locked, ChangeKind.RAISED, by, now, before, after, made.reason)
        _tell(current, locked, by, now, was_nanousd)
    return made


def end_raise(made: BudgetRaise, *, by: Caller, now: datetime) -> bool:
    """Take a raise back before it expires; False when it has ended already."""
    with transaction.atomic():
        locked, current, going = lock_budget(made.budget, now)
        ended = BudgetRaise.objects.filter(
            pk=made.pk, ended_at__isnull=True, expires_at__gt=now
        ).update(ended_at=now)
        if not ended:
            return False
        was_nanousd = current.limit_nanousd
        before = {
            "limit_usd": format_usd(was_nanousd),
            "raise_usd": format_usd(made.amount_nanousd),
        }
        _count_raises(going, locked.pk, now)
        after = {"limit_usd": format_usd(current.limit_nanousd)}
        _note(locked, ChangeKind.RAISE_ENDED, by, now, before, after, "")
        _tell(current, locked, by, now, was_nanousd)
    return True


def _count_raises(going: Sequence[PeriodRow], budget_id: int, now: datetime) -> None:
    raised = raised_by_budget([budget_id], now).get(budget_id, Raised())
    for row in going:
        row.limit_to(row.base_nanousd, raised)
    store_limits(going)


def _thresholds(wanted: Wanted) -> dict[str, list[int]]:
    found = {}
    for name in ("thresholds", "forecast_thresholds"):
        values = getattr(wanted, name)
        if values is not None:
            found[name] = read_thresholds(values, name)
    return found


def _facts(budget: Budget) -> dict[str, Any]:
    return {
        "limit_usd": format_usd(budget.limit_nanousd),
        "period": str(budget.period),
        "thresholds": list(budget.thresholds),
        "forecast_thresholds": list(budget.forecast_thresholds),
    }


def _tell(row: PeriodRow, budget: Budget, by: Caller, now: datetime, was_nanousd: int) -> None:
    """Tell whoever watches, and whoever is to be told that a threshold is passed now."""
    row.thresholds = list(budget.thresholds)
    passed = tell_passed([row], now)
    if passed:
        update_rows(BudgetPeriod, ["alerted_percent"], [(row.told_percent, row.id)])
    event = row.event("budget.changed", now, before_nanousd=was_nanousd, actor=by.name)
    RecordEvent.apply([event, *passed])


def _note(
    budget: Budget,
    kind: ChangeKind,
    by: Caller,
    now: datetime,
    before: dict[str, Any],
    after: dict[str, Any],
    reason: str,
) -> None:
    """Write down who changed what, for the budget's page and for the log of decisions."""
    same = {key for key in before if key in after and before[key] == after[key]}
    was = {key: value for key, value in before.items() if key not in same}
    became = {key: value for key, value in after.items() if key not in same}
    BudgetChange.objects.create(
        budget=budget, at=now, kind=kind, actor=by.name[:150], user_id=by.user_id,
        before=was, after=became, reason=reason,
    )  # fmt: skip
    record_change(
        "budget", str(budget), actor=by.name, at=now, before=was or None,
        after=became | ({"reason": reason} if reason else {}), org_id=budget.org_id,
        team_id=budget.team_id,
    )  # fmt: skip
