"""The page of all policies: what each asks, how strictly, and what it decided of late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from budgets.core.access import Action, Caller
from budgets.models import Org, Team
from routing.core.policy import Mode, Scope
from routing.core.policy_text import InvalidPolicy, rules_from
from routing.core.policy_words import MODE_WORDS, RuleLine, rule_lines
from routing.models import Policy
from routing.models.policy import PolicyText
from routing.selectors.decisions import decided_by
from routing.selectors.policies import policy_list
from runs.selectors.policy_target import require
from runs.views.asking import caller_of, page
from runs.views.formats import words
from runs.views.policy_replaying import may_replay

MODE_TONES = {"HARD": "bad", "SOFT": "warn", "MONITOR": "busy"}


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One policy of the list. `lines` None: it cannot be read; `day` and `week` by outcome."""

    policy: Policy
    scope: str
    lines: tuple[RuleLine, ...] | None
    day: Counter[str] = field(default_factory=Counter)
    week: Counter[str] = field(default_factory=Counter)

    @property
    def tone(self) -> str:
        return MODE_TONES.get(self.policy.mode, "idle")

    @property
    def mode_words(self) -> str:
        return MODE_WORDS.get(self.policy.mode, "")


@require_safe
@page
def policies(request: HttpRequest) -> HttpResponse:
    """Show the policies that hold for the reader's teams."""
    caller = caller_of(request)
    require(caller, Action.READ_POLICIES)
    rows = rows_of(caller, list(policy_list(caller).order_by("org_id", "name")))
    context: dict[str, Any] = {
        "rows": [row for row in rows if row.policy.enabled],
        "retired": [row for row in rows if not row.policy.enabled],
        "sees_decisions": may_replay(caller),
        "may_write": bool(caller.team_ids(Action.WRITE_POLICIES)),
    }
    return render(request, "policies/list.html", context)


def rows_of(caller: Caller, found: Sequence[Policy]) -> list[PolicyRow]:
    """Return policies with what they decided, in three more queries for all of them."""
    teams = team_names(found)
    orgs = dict(Org.objects.filter(pk__in={one.org_id for one in found}).values_list("pk", "name"))
    rows = [
        PolicyRow(one, scope_words(one, teams, orgs.get(one.org_id, "the org")), lines_of(one))
        for one in found
    ]
    by_name = {(row.policy.org_id, row.policy.name): row for row in rows}
    for one in decided_by(caller, [row.policy.name for row in rows], timezone.now()):
        if (row := by_name.get((one.org_id, one.policy))) is not None:
            row.day[one.outcome] += one.day
            row.week[one.outcome] += one.week
    return rows


def lines_of(text: PolicyText) -> tuple[RuleLine, ...] | None:
    """Return what a policy asks; None: it cannot be read, and so lets no model through."""
    try:
        return rule_lines(rules_from(text.rules), Mode(text.mode))
    except (InvalidPolicy, ValueError):
        return None


def team_names(found: Sequence[PolicyText]) -> dict[int, str]:
    """Return the names of the teams that policies name."""
    ids = {one.team_id for one in found if one.team_id is not None}
    return dict(Team.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def scope_words(text: PolicyText, teams: Mapping[int, str], org: str) -> str:
    """Say where a policy holds."""
    team = teams.get(text.team_id or 0, "")
    if text.scope == Scope.TEAM:
        return f"Team {team}"
    if text.scope == Scope.RUN:
        return f"One run of {team}" if team else "One run"
    if text.scope == Scope.TASK_TYPE:
        return f"{words(text.task_type)}{f' in {team}' if team else ''}"
    return f"All of {org}"
