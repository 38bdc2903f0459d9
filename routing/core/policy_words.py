"""A policy in plain words, and in what two versions of it differ.

Invariant: every rule has its words; two drafts without a difference say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from routing.core.policy import Mode, Rules, Scope
from routing.core.policy_draft import Draft
from routing.core.policy_text import rules_as_json

# Those that depend on the call or on what was learned: SOFT gives way where nobody complies.
LIMITS = frozenset(
    {"max_cost_per_call_usd", "max_cost_per_task_usd", "max_p95_latency_ms", "min_quality"}
)
RATES = frozenset({"max_requests_per_minute", "max_tokens_per_minute"})

MODE_WORDS: Mapping[str, str] = {
    Mode.HARD: "A model that violates it is not used.",
    Mode.SOFT: "Lists, regions and tags remove a model; cost, latency and quality give way where "
    "nobody complies, with a warning.",
    Mode.MONITOR: "Nothing is removed; a warning is logged when such a model is used.",
}


@dataclass(frozen=True, slots=True)
class RuleLine:
    """Say one rule, and what becomes of a model that violates it."""

    rule: str
    text: str
    effect: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Say one thing before and after; empty: it was not, or no longer is, there."""

    what: str
    before: str
    after: str


def rule_lines(rules: Rules, mode: Mode) -> tuple[RuleLine, ...]:
    """Return what a policy asks for, in sentences without their full stop."""
    return tuple(RuleLine(rule, text, effect_of(rule, mode)) for rule, text in _texts(rules))


def effect_of(rule: str, mode: Mode) -> str:
    """Return what a violation of that rule leads to."""
    if mode is Mode.MONITOR:
        return "limits nothing" if rule in RATES else "only logged"
    if rule in RATES:
        return "calls wait, then go elsewhere"
    if rule in LIMITS and mode is Mode.SOFT:
        return "gives way where nobody complies"
    return "removes the model"


def differences(before: Draft, after: Draft) -> tuple[Difference, ...]:
    """Return in what two versions differ, in the order of a policy's fields."""
    old, new = dict(_parts(before)), dict(_parts(after))
    # In the order of both: a rule that was taken away stands where it stood.
    names = [*old, *(name for name in new if name not in old)]
    return tuple(
        Difference(name, old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name, "") != new.get(name, "")
    )


def _parts(draft: Draft) -> Iterable[tuple[str, str]]:
    yield "mode", draft.mode.value
    yield "scope", _scope(draft)
    yield from _texts(draft.rules)
    yield "state", "in force" if draft.enabled else "retired"
    yield "note", draft.note


def _scope(draft: Draft) -> str:
    named = {
        Scope.ORG: "the whole organisation",
        Scope.TEAM: f"team {draft.team}",
        Scope.RUN: f"run {draft.run}",
        Scope.TASK_TYPE: f"tasks of the type {draft.task_type}",
    }[draft.scope]
    narrowed = draft.scope is Scope.TASK_TYPE and draft.team
    return f"{named} in team {draft.team}" if narrowed else named


def _texts(rules: Rules) -> Iterable[tuple[str, str]]:
    for rule, value in rules_as_json(rules).items():
        yield rule, _SAYS[rule](value)


def _names(head: str, joined: str = "and") -> Callable[[list[str]], str]:
    def say(names: list[str]) -> str:
        *first, last = names
        return f"{head} {', '.join(first)} {joined} {last}" if first else f"{head} {last}"

    return say


_SAYS: Mapping[str, Callable[[Any], str]] = {
    "allowed_providers": _names("Only the providers"),
    "blocked_providers": _names("Never the providers", "or"),
    "allowed_models": _names("Only the models"),
    "blocked_models": _names("Never the models", "or"),
    "regions": _names("Only models that run in", "or"),
    "required_tags": _names("Only models with the tags"),
    "max_cost_per_call_usd": lambda usd: f"A call may cost at most ${usd}",
    "max_cost_per_task_usd": lambda usd: f"A task may cost at most ${usd}",
    "max_p95_latency_ms": lambda ms: f"p95 latency of at most {ms:,} ms",
    "min_quality": lambda least: f"Expected quality of at least {least:.2f}",
    "max_requests_per_minute": lambda most: f"At most {most:,} requests a minute",
    "max_tokens_per_minute": lambda most: f"At most {most:,} tokens a minute",
    "unknown_price_allowed": lambda yes: (
        "Models without a known price may be used" if yes else "No model without a known price"
    ),
}
