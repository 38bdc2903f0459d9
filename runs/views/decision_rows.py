"""Decisions as lists show them: what was decided, in words, about what, and by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from budgets.models import Team
from routing.models import Decision
from routing.models.decision import Kind, Outcome
from runs.views.formats import words

KINDS: Mapping[str, str] = {
    Kind.ROUTE: "Choice of a model",
    Kind.BUDGET: "Budget",
    Kind.POLICY: "Policy",
    Kind.CHANGE: "Change",
}
OUTCOMES: Mapping[str, tuple[str, str, str]] = {
    Outcome.ALLOW: ("Allowed", "ok", "s-done"),
    Outcome.DENY: ("Denied", "bad", "s-failed"),
    Outcome.WARN: ("Warned", "warn", "alert"),
}


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One line. `team` empty: of the whole organisation."""

    decision: Decision
    team: str

    @property
    def outcome(self) -> str:
        return OUTCOMES.get(self.decision.outcome, (self.decision.outcome, "", ""))[0]

    @property
    def tone(self) -> str:
        return OUTCOMES.get(self.decision.outcome, ("", "idle", ""))[1]

    @property
    def icon(self) -> str:
        return OUTCOMES.get(self.decision.outcome, ("", "", "s-queued"))[2]

    @property
    def kind(self) -> str:
        return KINDS.get(self.decision.kind, self.decision.kind)

    @property
    def text(self) -> str:
        """Return why, as a sentence; a choice without a reason says what was chosen."""
        one = self.decision
        if one.reason:
            return f"{one.reason[:1].upper()}{one.reason[1:]}"
        if one.kind == Kind.ROUTE and one.model:
            return f"{words(one.phase)} went to {one.model}" if one.phase else one.model
        return self.kind

    @property
    def title(self) -> str:
        """Return the reason without its particulars."""
        return self.text.partition(": ")[0]

    @property
    def rule(self) -> str:
        """Return the policy, or what else decided, with its version."""
        one = self.decision
        return f"{one.policy} v{one.version}" if one.version else one.policy

    @property
    def step_url(self) -> str:
        return step_url(self.decision)


def decision_rows(found: Sequence[Decision]) -> list[DecisionRow]:
    """Return decisions with the names of their teams, in one more query for all of them."""
    ids = {one.team_id for one in found if one.team_id is not None}
    teams: dict[Any, str] = {}
    if ids:
        teams = dict(Team.objects.filter(pk__in=ids).values_list("pk", "name"))
    return [DecisionRow(one, teams.get(one.team_id, "")) for one in found]


def step_url(decision: Decision) -> str:
    """Return where the run's step is shown; empty: it is about no run."""
    if decision.run_id is None:
        return ""
    query = f"?{urlencode({'task': decision.task_key})}" if decision.task_key else ""
    return reverse("run", args=[decision.run_id]) + query
