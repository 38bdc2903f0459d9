"""What checks a task's output well enough to try a cheap model first and escalate.

Invariant: judges check only where people have confirmed that what they accept is good.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from routing.core.cascade import Check, accept_threshold

# They look at an output's form alone, and tell next to nothing of whether it is right.
UNDECIDING: Final = frozenset({"length"})
# Of what judges accept, this share at most may be bad, by what people say.
MOST_WRONG: Final = 0.1
JUDGES: Final = "judges"


def deciding(validators: Iterable[str]) -> list[str]:
    """Return the validators that tell whether an output is right, each once."""
    return [name for name in dict.fromkeys(validators) if name not in UNDECIDING]


def check_of(
    validators: Sequence[str],
    judged: Sequence[tuple[float, float]],
    threshold: float,
    cost_nanousd: float,
) -> Check | None:
    """Return what checks an output; None: nothing that can be relied on.

    `validators` are those that are `deciding`. `judged` holds the judges' and the people's score
    of past tasks of the type; `cost_nanousd` is what reviewing and judging one attempt costs.
    """
    if validators:
        return Check(", ".join(validators), cost_nanousd)
    passed = [(judges, people >= threshold) for judges, people in judged if judges >= threshold]
    safe = accept_threshold(passed, MOST_WRONG)
    # Only where all that reaches the threshold is safe: a judge stops attempts there, no later.
    if safe is None or safe > min(score for score, _ in passed):
        return None
    return Check(JUDGES, cost_nanousd, MOST_WRONG)


def shortfall(failed: Sequence[str], score: float | None, threshold: float) -> str:
    """Return in what an attempt fell short; `failed` are the validators it did not pass."""
    if failed:
        return f"{', '.join(failed)} failed"
    return "it brought nothing" if score is None else f"scored {score:.2f} of {threshold:.2f}"
