"""Lets a cheaper model go before the chosen one, where its result will be checked."""

from __future__ import annotations

from collections.abc import Mapping

from routing.core.cascade import Check, Escalation, Weighed, led_by, weigh
from routing.core.choice import Choice
from routing.core.escalated import judged_by
from routing.core.quality import Estimate

# What a decision may record of a cascade: the first step, or the second.
Cascading = Weighed | Escalation


def cascaded(
    choice: Choice,
    check: Check,
    seconds: Mapping[str, float],
    seconds_left: float,
    at_failed_tasks: Estimate,
) -> tuple[Choice, Weighed]:
    """Return the choice as a cascade has it, if one is worth it, and what was weighed.

    `seconds` is how long a call to each model may take at most. `at_failed_tasks` is what is
    believed of the chosen model where another one failed before.
    """
    weighed = judged_by(weigh(choice, check, seconds, seconds_left), choice, at_failed_tasks)
    way = weighed.taken
    return (choice if way is None else led_by(choice, way)), weighed


def next_model(cascading: Cascading | None) -> str:
    """Return the model to escalate to if the check fails; empty: there is none."""
    way = cascading.taken if isinstance(cascading, Weighed) else None
    return way.models[1] if way else ""
