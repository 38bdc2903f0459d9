"""The states of a recommendation, and which may follow which.

Invariant: whatever changes how calls are routed can be taken back in one step.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PROPOSED: Final = "proposed"
SHADOW: Final = "shadow"
CANARY: Final = "canary"
APPLIED: Final = "applied"
DISMISSED: Final = "dismissed"
REVERTED: Final = "reverted"
OUTDATED: Final = "outdated"

ROUTING: Final = "routing"
FINE_TUNING: Final = "fine_tuning"

# From advice to rule: later ones may be gone to at once, earlier ones never.
PATH: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        ROUTING: (PROPOSED, SHADOW, CANARY, APPLIED),
        # A model is trained elsewhere: nothing of it can be tried on the side.
        FINE_TUNING: (PROPOSED, APPLIED),
    }
)


class WrongStage(Exception):
    """What was asked for cannot follow on the state the recommendation is in."""


def next_stage(kind: str, state: str) -> str | None:
    """Return the stage that follows; None at the end, and where nothing can follow."""
    path = PATH[kind]
    return path[path.index(state) + 1] if state in path[:-1] else None


def stages_after(kind: str, state: str) -> tuple[str, ...]:
    """Return the stages that may be gone to, the next first."""
    path = PATH[kind]
    return path[path.index(state) + 1 :] if state in path else ()


def check_advance(kind: str, state: str, stage: str | None) -> str:
    """Return the stage to go to, by default the next. Raises: WrongStage."""
    after = stages_after(kind, state)
    if not after:
        raise WrongStage(f"A recommendation that is {state} goes no further.")
    if stage is None:
        return after[0]
    if stage not in after:
        raise WrongStage(f"From {state} it can go to {' or '.join(after)}, not to {stage}.")
    return stage


def check_dismiss(state: str) -> None:
    """Raises: WrongStage unless nobody has acted on it."""
    if state != PROPOSED:
        raise WrongStage(f"Only a proposal can be dismissed, and this is {state}.")


def check_revert(kind: str, state: str) -> None:
    """Raises: WrongStage unless something of it is under way."""
    if state not in PATH[kind][1:]:
        raise WrongStage(f"A recommendation that is {state} has nothing to revert.")
