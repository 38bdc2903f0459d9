"""Who may see which event: the one rule behind the sockets and the list of events."""

from __future__ import annotations

from typing import Final

from budgets.core.access import Action, Caller

# Events of money say what a whole team or org has left; the rest is about runs.
BUDGET_PREFIX: Final = "budget."


def action_to_see(kind: str) -> Action:
    """Return the right that an event of this type needs."""
    return Action.READ_BUDGETS if kind.startswith(BUDGET_PREFIX) else Action.READ_RUNS


def may_see(caller: Caller, kind: str, org_id: int | None, team_id: int | None) -> bool:
    """Tell whether an event is the caller's to see.

    `org_id` None: of the whole house, for whoever may read runs anywhere. `team_id` None: of a
    whole org, for its own members.
    """
    action = action_to_see(kind)
    if org_id is None:
        return bool(caller.team_ids(action))
    granted = (
        caller.org_actions.get(org_id) if team_id is None else caller.team_actions.get(team_id)
    )
    return action in (granted or ())
