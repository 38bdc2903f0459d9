"""What a draft would have done to past choices, each number with the decisions behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from budgets.core.access import Action, Caller
from routing.core.policy_replay import DENIED, EXAMPLES, REROUTED, WARNED, Replayed
from routing.services.policies import policy_of
from routing.services.replaying import Replay, replay_draft
from runs.selectors.policy_target import Target, readable_teams
from runs.views.formats import usd
from runs.views.policy_writing import Writing

PERIODS = {"1": "the last 24 hours", "7": "the last 7 days", "14": "the last 14 days",
           "31": "the last 31 days"}  # fmt: skip
USUAL = "7"
MOVES = 8
OUTCOMES: Mapping[str, tuple[str, str]] = {
    DENIED: ("Denied", "bad"),
    REROUTED: ("Re-routed", "busy"),
    WARNED: ("Warned of", "warn"),
}


@dataclass(frozen=True, slots=True)
class Changed:
    """One choice that the draft would have changed, with the decision that was recorded of it."""

    at: datetime
    decision: str
    run: str
    task: str
    task_type: str
    model: str
    instead: str
    reason: str


@dataclass(frozen=True, slots=True)
class Group:
    """All choices of one outcome: how many, and the last of them."""

    outcome: str
    label: str
    tone: str
    count: int
    last: list[Changed]

    @property
    def left_out(self) -> int:
        return self.count - len(self.last)


@dataclass(frozen=True, slots=True)
class Shown:
    """A replay for the page. `days` is a key of PERIODS."""

    replay: Replay
    days: str

    @property
    def period(self) -> str:
        return PERIODS[self.days]

    @property
    def allowed(self) -> int:
        return self.replay.tally.counts["allowed"]

    @property
    def runs(self) -> int:
        return len(self.replay.tally.runs)

    @property
    def groups(self) -> list[Group]:
        tally = self.replay.tally
        return [
            Group(outcome, label, tone, tally.counts[outcome],
                  [_changed(one) for one in tally.examples if one.outcome == outcome])
            for outcome, (label, tone) in OUTCOMES.items()
        ]  # fmt: skip

    @property
    def moves(self) -> list[tuple[str, str, int]]:
        return [(*pair, count) for pair, count in self.replay.tally.moves.most_common(MOVES)]

    @property
    def difference(self) -> str:
        """Return what the draft would have changed of the costs, signed."""
        tally = self.replay.tally
        change = tally.rerouted_nanousd - tally.denied_nanousd
        return f"{'+' if change > 0 else '−' if change < 0 else ''}{usd(abs(change))}"


def replay_part(writing: Writing, days: str) -> dict[str, Any]:
    """Return what the part of the page shows: a replay, or why there is none."""
    target, errors = writing.target()
    base = {"periods": PERIODS, "days": days if days in PERIODS else USUAL, "most": EXAMPLES}
    if target is None:
        return base | {"replay_refused": [one for each in errors.values() for one in each]}
    try:
        return base | {"replayed": _replayed(writing.caller, target, base["days"])}
    except PermissionDenied as error:
        return base | {"replay_refused": [str(error)]}


def may_replay(caller: Caller) -> bool:
    """Tell whether the caller may read decisions anywhere."""
    wide = any(Action.READ_DECISIONS in granted for granted in caller.org_actions.values())
    return wide or bool(caller.team_ids(Action.READ_DECISIONS))


def _replayed(caller: Caller, target: Target, days: Any) -> Shown:
    teams = readable_teams(caller, target.org)
    policy, until = policy_of(target.draft, target.team), timezone.now()
    since = until - timedelta(days=int(days))
    return Shown(replay_draft(target.org.pk, teams, policy, since, until), days)


def _changed(one: Replayed) -> Changed:
    past = one.past
    return Changed(
        at=datetime.fromisoformat(past.at),
        decision=past.decision,
        run=past.run,
        task=past.task_key,
        task_type=past.place.task_type,
        model=past.model,
        instead=one.model,
        reason=one.reason,
    )
