"""Faults that are switched on per model while the simulator runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from .draws import Draws
from .exchange import Failure

# kind -> status, neutral reason. What the providers answer with an error body.
STATUSES = {
    "400": (400, "bad_request"),
    "401": (401, "auth"),
    "403": (403, "auth"),
    "404": (404, "not_found"),
    "408": (408, "server"),
    "429": (429, "rate_limit"),
    "500": (500, "server"),
    "502": (502, "server"),
    "503": (503, "overloaded"),
    "529": (529, "overloaded"),
    "context_too_long": (400, "context"),
    "policy": (400, "policy"),
}
BROKEN = frozenset({"timeout", "cut_stream", "reset", "malformed"})  # no proper reply at all
CHANGES = frozenset({"refusal", "empty", "no_usage", "bad_json_plan", "slow"})  # a reply, altered


class InvalidFault(ValueError):
    """The fault cannot be switched on; the message says why."""


@dataclass(slots=True)
class Fault:
    """One fault; `times` None: until it is switched off. `after_ms` is a wait before it."""

    kind: str
    rate: float = 1.0
    times: int | None = None
    retry_after: float | None = None
    after_ms: float | None = None

    @property
    def skill_shift(self) -> float:
        """Return by how much the fault moves skill."""
        return float(self.kind.partition(":")[2]) if self.kind.startswith("skill:") else 0.0


def read_fault(value: Any) -> Fault:
    """Return the fault that a JSON object describes.

    Raises: InvalidFault.
    """
    if not isinstance(value, Mapping) or not set(value) <= set(Fault.__dataclass_fields__):
        raise InvalidFault(f"a fault is an object with some of {list(Fault.__dataclass_fields__)}")
    fault = Fault(**{**value, "kind": str(value.get("kind", ""))})
    numbers = (fault.rate, fault.times or 0, fault.retry_after or 0, fault.after_ms or 0)
    if not all(isinstance(number, int | float) and number >= 0 for number in numbers):
        raise InvalidFault("rate, times, retry_after and after_ms are numbers of at least 0")
    if fault.kind in STATUSES or fault.kind in BROKEN | CHANGES:
        return fault
    try:
        known = bool(fault.kind.startswith("skill:")) and abs(fault.skill_shift) <= 1
    except ValueError:
        known = False
    if not known:
        kinds = [*STATUSES, *sorted(BROKEN | CHANGES), "skill:<delta>"]
        raise InvalidFault(f"kind must be one of {kinds}, not {fault.kind!r}")
    return fault


class Faults:
    """Keep the faults that are on, and say which of them strike a request."""

    def __init__(self, seed: int) -> None:
        self._draws = Draws(str(seed), "faults")
        self._on: dict[str, list[Fault]] = {}
        self._tried = 0

    def set(self, pattern: str, faults: list[Fault]) -> None:
        """Replace the faults of a model, of a glob of models, or of a glob of wire/model."""
        self._on.pop(_plain(pattern), None)
        if faults:
            self._on[_plain(pattern)] = faults

    def clear(self, pattern: str | None = None) -> None:
        """Switch the faults of a pattern off, or all of them."""
        if pattern is None:
            self._on.clear()
        else:
            self._on.pop(_plain(pattern), None)

    def listed(self) -> dict[str, list[dict[str, Any]]]:
        """Return what is on, with how many times each is left."""
        return {pattern: [asdict(fault) for fault in on] for pattern, on in self._on.items()}

    def strike(self, model: str, wire: str, intent: str) -> list[Fault]:
        """Return the faults that strike this request, and count them down."""
        if not self._on:
            return []
        struck = [fault for fault in self._matching(model, wire, intent) if self._takes(fault)]
        for pattern in list(self._on):
            self._on[pattern] = [fault for fault in self._on[pattern] if fault.times != 0]
            if not self._on[pattern]:
                del self._on[pattern]
        return struck

    def _matching(self, model: str, wire: str, intent: str) -> list[Fault]:
        return [
            fault
            for pattern, on in self._on.items()
            if fnmatchcase(model, pattern) or fnmatchcase(f"{wire}/{model}", pattern)
            for fault in on
            if intent == "plan" or fault.kind != "bad_json_plan"
        ]

    def _takes(self, fault: Fault) -> bool:
        self._tried += 1
        if fault.times == 0 or self._draws.unit(f"{fault.kind} {self._tried}") >= fault.rate:
            return False
        if fault.times is not None:
            fault.times -= 1
        return True


def failure(fault: Fault, messages: Mapping[str, str], facts: Mapping[str, object]) -> Failure:
    """Return the error reply of a fault, in the words of a provider."""
    status, reason = STATUSES[fault.kind]
    return Failure(status, reason, messages[reason].format(**facts), fault.retry_after)


def _plain(pattern: str) -> str:
    return pattern.removeprefix("sim/")
