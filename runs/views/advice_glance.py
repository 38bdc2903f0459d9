"""What the overview tells of recommendations: what they saved, and which are new."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from budgets.core.access import Caller
from runs.selectors.recommendations import new_proposals, realised_totals
from runs.views.attention import Item
from runs.views.formats import usd, usd_between

PLACE = "recommendations"


@dataclass(frozen=True, slots=True)
class AdviceGlance:
    """What was realised this month and in all, in nano-dollars; None: nothing was moved yet."""

    this_month_nanousd: int | None
    total_nanousd: int | None


def advice_glance(caller: Caller, now: datetime) -> AdviceGlance:
    """Return what the caller's recommendations saved."""
    total, this_month = realised_totals(caller, now.date().replace(day=1))
    return AdviceGlance(this_month, total)


def advice_items(caller: Caller, team_ids: Collection[int] | None) -> Iterator[Item]:
    """Yield what is new to decide on, in one item; `team_ids` None: of all teams."""
    found = new_proposals(caller, team_ids)
    if not found:
        return
    best = found[0]
    many = f"{len(found)} new recommendations" if len(found) > 1 else "A new recommendation"
    between = usd_between(best.saving_low_nanousd, best.saving_high_nanousd)
    text = f"{best.title}: saves {usd(best.saving_nanousd)} a month ({between}), n {best.n:,}."
    yield Item("busy", many, text, PLACE)
