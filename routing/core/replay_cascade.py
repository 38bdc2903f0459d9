"""Recorded outcomes where a score is seen before it counts, so that a second model can be tried.

Invariant: both calls are paid and learned from, and the better one counts.
"""

from __future__ import annotations

from collections import defaultdict

from routing.core.cascade import Check, weigh
from routing.core.choice import Choice
from routing.core.escalated import escalated, judged_by
from routing.core.frontier import Point
from routing.core.outcomes import Prompt
from routing.core.replay import Learner

# The recorded score is the check, and no file tells what checking costs.
CHECK = Check("recorded_score")


def two_tries(learner: Learner, prompt: Prompt) -> Point:
    """Return cost and score of one or two models' work.

    Where the first result stays below the learner's threshold, a second model is tried if it is
    expected to be worth its cost. What goes first is what a cascade would take, if one is worth
    it, as for a task that is checked.

    Raises: ValueError for a learner without a threshold.
    """
    if learner.threshold is None:
        raise ValueError("a second try needs a threshold that the first can miss")
    choice = learner.choose(prompt)
    first, second = _models(learner, prompt, choice)
    cost, score = learner.learn(prompt, first)
    if score >= learner.threshold or second is None:
        return cost, score
    more, again = learner.learn(prompt, second, escalated(prompt.category))
    return cost + more, max(score, again)


def _models(learner: Learner, prompt: Prompt, choice: Choice) -> tuple[str, str | None]:
    """Return the model to go first, and the one to follow; None: none is worth its cost."""
    any_time: dict[str, float] = defaultdict(float)
    seen = learner.beliefs.estimate((choice.model, escalated(prompt.category)))
    weighed = judged_by(weigh(choice, CHECK, any_time, 0.0), choice, seen)
    if weighed.taken:
        return weighed.taken.models
    others = [one for one in choice.scored if one.candidate.model != choice.model]
    worth = next((one for one in others if one.value_nanousd > 0.0), None)
    return choice.model, worth.candidate.model if worth else None
