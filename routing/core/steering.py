"""How a recommendation that people let act changes a choice.

Invariant: a rule names a model only among those that policies, health, window and money left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from routing.core.choice import Choice
from routing.core.stages import APPLIED, CANARY, SHADOW
from routing.core.trial import CURRENT, PROPOSED


@dataclass(frozen=True, slots=True)
class Rule:
    """Hold what one recommendation says of one kind of task.

    `share` of what would go to the current model goes to the proposed one while it is a canary.
    `moved_ratio` is what part of the tasks of both was the current model's when it was advised.
    `hold_id` is the money of a shadow; None: there is none for this team.
    """

    id: UUID
    stage: str
    task_type: str
    current: str
    proposed: str
    share: float = 1.0
    moved_ratio: float = 1.0
    hold_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Steered:
    """Hold which rule had a say in a choice, to which arm it led, and by which draw, if any."""

    rule: Rule
    arm: str
    draw: float | None = None

    @property
    def moved_ratio(self) -> float:
        """Return what part of such tasks would have been the current model's."""
        return self.rule.moved_ratio if self.rule.stage == APPLIED else 1.0

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data, for the record of the decision."""
        drawn = {} if self.draw is None else {"draw": round(self.draw, 6), "share": self.rule.share}
        return {
            "recommendation": {
                "id": str(self.rule.id),
                "stage": self.rule.stage,
                "from": self.rule.current,
                "to": self.rule.proposed,
                "arm": self.arm,
                **drawn,
            }
        }


def steer(
    choice: Choice, rules: Sequence[Rule], task_type: str, draw: Callable[[], float]
) -> tuple[Choice, Steered | None]:
    """Return the choice as the first rule that concerns it has it, and that rule.

    A rule stands in for its current model alone: what goes to others stays there. `draw` returns
    a number in [0, 1), and is asked at most once.
    """
    there = {one.candidate.model for one in choice.scored}
    for rule in rules:
        if rule.task_type != task_type or rule.proposed not in there:
            continue
        if rule.stage == APPLIED and choice.model in (rule.current, rule.proposed):
            return _moved(choice, rule, 1.0), Steered(rule, PROPOSED)
        if choice.model != rule.current:
            continue
        if rule.stage == CANARY:
            return _drawn(choice, rule, draw())
        if rule.stage == SHADOW and rule.hold_id is not None:
            return choice, Steered(rule, CURRENT)
    return choice, None


def _drawn(choice: Choice, rule: Rule, draw: float) -> tuple[Choice, Steered]:
    if draw < rule.share:
        return _moved(choice, rule, rule.share), Steered(rule, PROPOSED, draw)
    stays = replace(choice, propensity=choice.propensity * (1.0 - rule.share))
    return stays, Steered(rule, CURRENT, draw)


def _moved(choice: Choice, rule: Rule, share: float) -> Choice:
    """Put the proposed model first, and what was chosen among those to fall back on."""
    if choice.model == rule.proposed:
        return choice
    rest = [one for one in choice.fallbacks if one != rule.proposed]
    return replace(
        choice,
        model=rule.proposed,
        fallbacks=(choice.model, *rest),
        propensity=choice.propensity * share,
    )
