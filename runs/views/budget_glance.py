"""A budget at a glance: its bar, its outlook, and the forecast in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from budgets.core.burn import Burn, Outlook
from runs.selectors.outlooks import BudgetOutlook
from runs.views.attention import owner_of
from runs.views.formats import exact_usd, usd, usd_between

SAID = {
    Outlook.SPENT: ("bad", "Spent"),
    Outlook.OVERRUN: ("bad", "Runs out"),
    Outlook.AT_RISK: ("warn", "At risk"),
    Outlook.WITHIN: ("ok", "Within budget"),
    Outlook.STALE: ("idle", "Nothing spent for a week"),
    Outlook.TOO_SOON: ("idle", "Not enough history"),
}


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """A budget as the page shows it."""

    outlook: BudgetOutlook

    @property
    def name(self) -> str:
        return owner_of(self.outlook)

    @property
    def tone(self) -> str:
        return SAID[self.outlook.burn.outlook][0]

    @property
    def said(self) -> str:
        return SAID[self.outlook.burn.outlook][1]

    @property
    def burn(self) -> Burn:
        return self.outlook.burn

    @property
    def ink(self) -> str:
        return "over" if self.burn.outlook is Outlook.SPENT else "spent"

    @property
    def label(self) -> str:
        one = self.outlook
        spent, held = exact_usd(one.spent_nanousd), exact_usd(one.held_nanousd)
        return f"{spent} spent of {exact_usd(one.limit_nanousd)}, {held} held"

    @property
    def expected(self) -> int:
        """Return what is expected on top of what is spent and held, as far as the bar goes."""
        one, projected = self.outlook, self.burn.projected_nanousd or 0
        taken = one.spent_nanousd + one.held_nanousd
        return max(0, min(projected, one.limit_nanousd) - taken)

    @property
    def runs_out(self) -> str:
        """Return the day of the organisation on which nothing is left; empty: none is foreseen."""
        at = self.burn.runs_out_at
        return f"{at.astimezone(self.outlook.budget.org.zone):%-d %B}" if at else ""

    @property
    def ends(self) -> str:
        """Return the first day of the next period; empty: there is none."""
        at = self.outlook.period.ends_at
        return f"afresh on {at.astimezone(self.outlook.budget.org.zone):%-d %B}" if at else ""

    @property
    def forecast(self) -> str:
        """Return the forecast in a sentence; empty where there is none."""
        burn = self.burn
        if burn.projected_nanousd is None:
            return ""
        between = usd_between(burn.low_nanousd, burn.high_nanousd)
        return f"{usd(burn.projected_nanousd)} by then, {between} in 8 of 10 cases"
