"""How the state of budgets is written for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from budgets.core.burn import Outlook
from budgets.models import Budget, BudgetChange
from budgets.selectors.outlook import BudgetOutlook
from runs.views.formats import exact_usd, usd

PER = {"day": "a day", "week": "a week", "month": "a month", "total": "in total"}
_FIELDS = {
    "limit_usd": "limit",
    "thresholds": "told when spent",
    "forecast_thresholds": "told when forecast",
    "raise_usd": "raise",
    "until": "until",
    "period": "period",
}
_KINDS = {
    "created": "Budget set",
    "changed": "Changed",
    "raised": "Raised for a while",
    "raise_ended": "Raise taken back",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a budget, with its tone: ok, warn, bad or idle."""

    tone: str
    title: str
    text: str


def said_of(one: BudgetOutlook) -> Said:
    """Return in words where a budget's spending leads."""
    burn, zone = one.burn, one.budget.org.zone
    pace = f"{usd(burn.per_day_nanousd)} a day" if burn.per_day_nanousd else ""
    if burn.outlook is Outlook.SPENT:
        return Said("bad", "Spent", "New runs are refused.")
    if burn.outlook is Outlook.OVERRUN and burn.runs_out_at:
        return Said("bad", f"Runs out on {day(burn.runs_out_at, zone)}", f"At {pace}.")
    if burn.outlook is Outlook.AT_RISK and burn.may_run_out_at:
        title = f"May run out from {day(burn.may_run_out_at, zone)}"
        return Said("warn", title, f"{_projected(one)} at {pace}.")
    if burn.outlook is Outlook.STALE:
        return Said("idle", "Stale", "Nothing ran for a week.")
    if burn.outlook is Outlook.TOO_SOON:
        return Said("idle", "Not enough history", "A forecast needs three days.")
    return Said("ok", "Within budget", f"{_projected(one)} at {pace}.")


def day(at: datetime, zone: ZoneInfo) -> str:
    """Write a day as people of the org call it."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%B}"


def moment_in(at: datetime, zone: ZoneInfo) -> str:
    """Write a day and a time as people of the org call it."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M}"


def bar_label(one: Any) -> str:
    """Return the bar of a budget, a run or a past period in words."""
    return (
        f"{exact_usd(one.spent_nanousd)} spent and {exact_usd(one.held_nanousd)} held "
        f"of {exact_usd(one.limit_nanousd)}"
    )


def period_label(budget: Budget, starts_at: datetime, ends_at: datetime | None) -> str:
    """Name a period: November 2026, 26 Nov 2026, week of 23 Nov 2026, since 1 Nov 2026."""
    start = starts_at.astimezone(budget.org.zone)
    if ends_at is None:
        return f"Since {start.day} {start:%b %Y}"
    if budget.period == "month":
        return f"{start:%B %Y}"
    name = f"{start.day} {start:%b %Y}"
    return name if budget.period == "day" else f"Week of {name}"


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One line of a budget's history."""

    change: BudgetChange

    @property
    def what(self) -> str:
        return _KINDS.get(self.change.kind, self.change.kind)

    @property
    def pairs(self) -> list[tuple[str, str, str]]:
        """Return what changed: its name, what it was, and what it became."""
        zone = self.change.budget.org.zone
        names = [name for name in _FIELDS if name in self.change.before | self.change.after]
        return [
            (
                _FIELDS[name],
                _value(name, self.change.before.get(name), zone),
                _value(name, self.change.after.get(name), zone),
            )
            for name in names
        ]


def _value(name: str, value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if name.endswith("_usd"):
        return f"${value}"
    if name == "until":
        return moment_in(datetime.fromisoformat(str(value)), zone)
    if isinstance(value, list):
        return ", ".join(f"{one}\u00a0%" for one in value) or "never"
    return str(value)


def _projected(one: BudgetOutlook) -> str:
    if one.burn.projected_nanousd is None:
        return "No end is near"
    return f"{usd(one.burn.projected_nanousd)} by the end"
