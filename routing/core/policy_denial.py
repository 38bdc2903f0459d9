"""Whether it is policies that leave a call without any model, and how that is said.

Invariant: a call is denied by policies only where neither waiting nor money would help.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from routing.core.candidates import (
    NOT_ALLOWED,
    POLICY,
    UNKNOWN_PRICE,
    WINDOW_TOO_SMALL,
    WRONG_TASK_TYPE,
    Removal,
    first_return,
)
from routing.core.errors import NoCandidate, PolicyDenied

# What holds of a model whoever asks and whenever.
LASTING = frozenset({POLICY, NOT_ALLOWED, UNKNOWN_PRICE, WINDOW_TOO_SMALL, WRONG_TASK_TYPE})
# How many models a sentence names; the record names all.
NAMED = 5


def is_denial(removed: Sequence[Removal]) -> bool:
    """Tell whether policies are why no model was left."""
    reasons = {one.reason for one in removed}
    return POLICY in reasons and reasons <= LASTING


def no_candidate(removed: Sequence[Removal]) -> NoCandidate:
    """Return the error that these removals, of every model there is, amount to."""
    if not is_denial(removed):
        return NoCandidate(removed, first_return(removed))
    policy, version = _culprit(removed)
    return PolicyDenied(removed, denial_reason(removed), policy, version)


def denial_reason(removed: Sequence[Removal]) -> str:
    """Return in a sentence which policies left no model, and who was removed by what."""
    by_policy = [one for one in removed if one.reason == POLICY]
    names = sorted({f"{one.policy} v{one.version}" for one in by_policy})
    said = "; ".join(f"{one.model} ({one.detail})" for one in by_policy[:NAMED])
    more = f"; and {len(by_policy) - NAMED} more" if len(by_policy) > NAMED else ""
    return f"no model is left by {', '.join(names)}: {said}{more}"


def _culprit(removed: Sequence[Removal]) -> tuple[str, int | None]:
    """Return the policy that removed the most; of several, the first by name."""
    counts = Counter((one.policy, one.version) for one in removed if one.reason == POLICY)
    return min(counts, key=lambda policy: (-counts[policy], policy[0]))
