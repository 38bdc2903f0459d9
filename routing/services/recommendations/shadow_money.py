"""The money of a shadow: holds of its own, so that no run pays for being compared.

A hold belongs to a team, so the cap of advice for a whole organisation is parted among its teams
by their share of the tasks. Each is set aside at team and organisation like a run's, under the
recommendation's id in place of a run's, and drawn on by every call of the shadow: generation,
review and judgement.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from budgets.models import Hold, Org, Team
from budgets.services.allocation import open_hold
from budgets.services.ledger import CloseHold
from routing.models import Recommendation
from telemetry.services.journal import apply_now

SHADOW_ATTEMPTS = 100
# One call must fit: dear models may cost this much at the most.
LEAST_CAP_NANOUSD = 1_000_000_000
_CENT = 10_000_000


def default_cap(row: Recommendation) -> int:
    """Return what a hundred attempts of the proposed model are expected to cost, half as much
    again, rounded up to a cent."""
    there = row.evidence["proposed"]
    expected: int = there["cost_nanousd"] * SHADOW_ATTEMPTS * 3 // (2 * max(1, there["n"]))
    return max(LEAST_CAP_NANOUSD, -(-expected // _CENT) * _CENT)


def open_holds(row: Recommendation, cap_nanousd: int, now: datetime) -> dict[str, str]:
    """Set a shadow's money aside; return each team's hold, by ids as JSON has them.

    In the caller's transaction, which a refusal must undo. Raises: BudgetExceeded.
    """
    shares = _shares(row)
    teams = Team.objects.select_related("org").filter(org_id=row.org_id, pk__in=list(shares))
    org = Org.objects.get(pk=row.org_id)
    found = {}
    for team in teams.order_by("pk"):
        amount = int(cap_nanousd * shares[team.pk])
        hold = open_hold(
            run_id=row.pk, org=org, team=team, limit_nanousd=amount, amount_nanousd=amount, now=now
        )
        found[str(team.pk)] = str(hold.pk)
    return found


def close_holds(row: Recommendation, now: datetime) -> None:
    """Give back what a shadow did not spend; what is open of it is settled by certainty."""
    holds = row.settings.get("holds", {}).values()
    # As one batch: it locks every team's period before the organisation's.
    apply_now(*(CloseHold(UUID(hold_id), now) for hold_id in holds))


def spent_nanousd(row: Recommendation) -> int:
    """Return what the calls of a shadow have cost."""
    return sum(Hold.objects.filter(run_id=row.pk).values_list("spent_nanousd", flat=True))


def _shares(row: Recommendation) -> Mapping[int, float]:
    """Return each team's part of the tasks that the current model has had."""
    if row.team_id is not None:
        return {row.team_id: 1.0}
    counts = {each["team_id"]: each["current"]["n"] for each in row.evidence["teams"]}
    total = sum(counts.values())
    return {team_id: count / total for team_id, count in counts.items() if count}
