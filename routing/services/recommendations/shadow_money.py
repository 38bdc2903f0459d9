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
    counts = _tasks_by_team(row)
    total = sum(counts.values())
    teams = Team.objects.select_related("org").filter(org_id=row.org_id, pk__in=list(counts))
    org = Org.objects.get(pk=row.org_id)
    found = {}
    for team in teams.order_by("pk"):
        amount = cap_nanousd * counts[team.pk] // total
        hold = open_hold(
            run_id=row.pk, org=org, team=team, limit_nanousd=amount, amount_nanousd=amount, now=now
        )
        found[str(team.pk)] = str(hold.pk)
    return found


def close_holds(row: Recommendation, now: datetime) -> None:
    """Give back what a shadow did not spend; what is open of it is settled by certainty."""
    holds = holds_of(row).values()
    # As one batch: it locks every team's period before the organisation's.
    apply_now(*(CloseHold(UUID(hold_id), now) for hold_id in holds))


def close_hold_of(row: Recommendation, team_id: int, now: datetime) -> None:
    """Give back what is left of one team's part; the others' stay. The caller saves the row."""
    holds = holds_of(row)
    hold_id = holds.pop(str(team_id), None)
    if hold_id is not None:
        apply_now(CloseHold(UUID(hold_id), now))
        row.settings = {**row.settings, "holds": holds}


def holds_of(row: Recommendation) -> dict[str, str]:
    """Return the holds that a shadow draws on, by team; ids as JSON has them."""
    return dict(row.settings.get("holds", {}))


def spent_nanousd(row: Recommendation) -> int:
    """Return what the calls of a shadow have cost."""
    return sum(Hold.objects.filter(run_id=row.pk).values_list("spent_nanousd", flat=True))


def _tasks_by_team(row: Recommendation) -> Mapping[int, int]:
    """Return how many of the current model's tasks were each team's, those without any left out."""
    if row.team_id is not None:
        return {row.team_id: 1}
    counts = {each["team_id"]: each["current"]["n"] for each in row.evidence["teams"]}
    return {team_id: count for team_id, count in counts.items() if count}
