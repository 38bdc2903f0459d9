"""Who may do what: roles of people and scopes of API keys, as one table each.

Invariant: what no table grants is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from budgets.core.errors import InvalidScope


class Role(StrEnum):
    """What a member is in an org or team."""

    OWNER = "owner"
    ADMIN = "admin"
    ANALYST = "analyst"
    DEVELOPER = "developer"
    AUDITOR = "auditor"


class Scope(StrEnum):
    """What an API key may be used for."""

    RUNS_WRITE = "runs:write"
    RUNS_READ = "runs:read"
    USAGE_READ = "usage:read"
    BUDGETS_WRITE = "budgets:write"
    POLICIES_WRITE = "policies:write"
    ADMIN = "admin"


class Action(StrEnum):
    """What can be done to an org, a team or what belongs to it."""

    READ_RUNS = "read_runs"
    READ_TEXTS = "read_texts"  # prompts, outputs, and what models said of them
    WRITE_RUNS = "write_runs"
    READ_USAGE = "read_usage"
    READ_BUDGETS = "read_budgets"
    WRITE_BUDGETS = "write_budgets"
    READ_POLICIES = "read_policies"
    WRITE_POLICIES = "write_policies"
    STEER_ROUTING = "steer_routing"  # let recommendations act, and take them back
    READ_DECISIONS = "read_decisions"
    MANAGE_KEYS = "manage_keys"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_ORG = "manage_org"  # what it is called, its time zone, its teams
    MANAGE_MODELS = "manage_models"  # and prices, invoices, and pricing history anew
    SHARE_LEARNING = "share_learning"  # with other organisations


_READ = frozenset(
    {
        Action.READ_RUNS,
        Action.READ_TEXTS,
        Action.READ_USAGE,
        Action.READ_BUDGETS,
        Action.READ_POLICIES,
    }
)
_ALL = frozenset(Action)
# What leaves the organisation is for its owners alone to decide, and for no key.
_ALL_WITHIN = _ALL - {Action.SHARE_LEARNING}

ROLE_ACTIONS: Mapping[Role, frozenset[Action]] = {
    Role.OWNER: _ALL,
    Role.ADMIN: _ALL_WITHIN,
    Role.ANALYST: _READ | {Action.READ_DECISIONS, Action.STEER_ROUTING},
    Role.DEVELOPER: _READ | {Action.WRITE_RUNS},
    # Sees what was decided and why, and nothing of what was written.
    Role.AUDITOR: _READ - {Action.READ_TEXTS} | {Action.READ_DECISIONS},
}

SCOPE_ACTIONS: Mapping[Scope, frozenset[Action]] = {
    Scope.RUNS_WRITE: frozenset({Action.WRITE_RUNS}),
    Scope.RUNS_READ: frozenset({Action.READ_RUNS, Action.READ_TEXTS}),
    Scope.USAGE_READ: frozenset({Action.READ_USAGE, Action.READ_BUDGETS, Action.READ_DECISIONS}),
    Scope.BUDGETS_WRITE: frozenset({Action.READ_BUDGETS, Action.WRITE_BUDGETS}),
    Scope.POLICIES_WRITE: frozenset(
        {Action.READ_POLICIES, Action.WRITE_POLICIES, Action.STEER_ROUTING}
    ),
    Scope.ADMIN: _ALL_WITHIN,
}

# The scope that a key lacking a right should be given: the least that grants it. No scope grants
# what is missing here.
SCOPE_FOR: Mapping[Action, Scope] = {
    Action.READ_RUNS: Scope.RUNS_READ,
    Action.READ_TEXTS: Scope.RUNS_READ,
    Action.WRITE_RUNS: Scope.RUNS_WRITE,
    Action.READ_USAGE: Scope.USAGE_READ,
    Action.READ_BUDGETS: Scope.USAGE_READ,
    Action.READ_DECISIONS: Scope.USAGE_READ,
    Action.WRITE_BUDGETS: Scope.BUDGETS_WRITE,
    Action.READ_POLICIES: Scope.POLICIES_WRITE,
    Action.WRITE_POLICIES: Scope.POLICIES_WRITE,
    Action.STEER_ROUTING: Scope.POLICIES_WRITE,
    Action.MANAGE_KEYS: Scope.ADMIN,
    Action.MANAGE_MEMBERS: Scope.ADMIN,
    Action.MANAGE_ORG: Scope.ADMIN,
    Action.MANAGE_MODELS: Scope.ADMIN,
}

# Who can be asked for more money, the nearest first.
RAISERS: tuple[Role, ...] = tuple(
    role for role in Role if Action.WRITE_BUDGETS in ROLE_ACTIONS[role]
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Name who asks and what is granted where.

    `team_actions` and `org_actions` map ids to what is granted there; an org stands in
    `org_actions` only for members of the whole org. `models` None means every model. `audits`: is
    an auditor somewhere, whatever else.
    """

    name: str
    user_id: int | None = None
    api_key_id: int | None = None
    team_actions: Mapping[int, frozenset[Action]] = field(default_factory=dict)
    org_actions: Mapping[int, frozenset[Action]] = field(default_factory=dict)
    org_ids: frozenset[int] = frozenset()
    models: frozenset[str] | None = None
    audits: bool = False

    @property
    def is_authenticated(self) -> bool:
        """Tell frameworks that ask their users this question: a caller is always known."""
        return True

    @property
    def pk(self) -> str:
        """Return a text that no other caller has, for throttles and logs."""
        return f"key-{self.api_key_id}" if self.api_key_id is not None else f"user-{self.user_id}"

    def team_ids(self, action: Action) -> frozenset[int]:
        """Return the teams in which the caller may do this."""
        return frozenset(team for team, actions in self.team_actions.items() if action in actions)


def actions_of_roles(roles: Iterable[Role]) -> frozenset[Action]:
    """Join what several roles grant."""
    return frozenset[Action]().union(*(ROLE_ACTIONS[role] for role in roles))


def actions_of_scopes(scopes: Iterable[str]) -> frozenset[Action]:
    """Join what several scopes grant; a scope that no longer exists grants nothing."""
    known = {str(scope) for scope in Scope}
    granted = (SCOPE_ACTIONS[Scope(scope)] for scope in scopes if scope in known)
    return frozenset[Action]().union(*granted)


def parse_scopes(text: str) -> tuple[Scope, ...]:
    """Read "all", or scopes separated by commas, in the table's order.

    Raises: InvalidScope, naming the first that does not exist.
    """
    if text.strip() == "all":
        return tuple(Scope)
    wanted = {part.strip() for part in text.split(",") if part.strip()}
    unknown = sorted(wanted - {str(scope) for scope in Scope})
    if unknown or not wanted:
        raise InvalidScope(f"unknown scope: {unknown[0]}" if unknown else "no scope given")
    return tuple(scope for scope in Scope if scope in wanted)


def common_models(
    first: Iterable[str] | None, second: Iterable[str] | None
) -> frozenset[str] | None:
    """Return the models both lists allow; None stands for every model."""
    if first is None or second is None:
        rest = second if first is None else first
        return None if rest is None else frozenset(rest)
    return frozenset(first) & frozenset(second)
