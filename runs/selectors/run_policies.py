"""What policies did to one run: whom they removed from its choices, denied, and warned of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from routing.core.candidates import POLICY
from routing.models import Decision
from routing.models.decision import Kind
from runs.models import Run

# How many choices are looked through, the newest first, and how many decisions are named.
CHOICES = 500
NAMED = 50


@dataclass(slots=True)
class Removals:
    """Count in how many choices a version of a policy removed which models."""

    policy: str
    version: int | None
    choices: int = 0
    models: Counter[str] = field(default_factory=Counter)
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunPolicies:
    """`choices` is how many were looked through; `cut`: there were more, older ones."""

    removals: list[Removals]
    decisions: list[Decision]
    choices: int
    cut: bool


def policies_of(run: Run) -> RunPolicies:
    """Return what policies did to a run; whoever may read it may read this."""
    rows = Decision.objects.filter(run_id=run.pk).order_by("-id")
    routed = list(rows.filter(kind=Kind.ROUTE).values_list("candidates", flat=True)[: CHOICES + 1])
    named = rows.filter(kind=Kind.POLICY).defer("inputs", "candidates")
    found: dict[tuple[str, int | None], Removals] = {}
    for candidates in routed[:CHOICES]:
        _count(candidates.get("removed", ()), found)
    removals = sorted(found.values(), key=lambda one: -one.choices)
    return RunPolicies(
        removals, list(named[:NAMED]), min(len(routed), CHOICES), len(routed) > CHOICES
    )


def _count(removed: list[dict[str, str]], found: dict[tuple[str, int | None], Removals]) -> None:
    """Count what policies removed from one choice."""
    by_policy = [one for one in removed if one.get("reason") == POLICY]
    for one in by_policy:
        key = one.get("policy", ""), _version(one)
        entry = found.setdefault(key, Removals(*key))
        entry.models[one["model"]] += 1
        label = f"{key[0]} v{key[1]}: "
        entry.details[one["model"]] = str(one.get("detail", "")).removeprefix(label)
    for key in {(one.get("policy", ""), _version(one)) for one in by_policy}:
        found[key].choices += 1


def _version(one: dict[str, str]) -> int | None:
    number = one.get("version")
    return None if number is None else int(number)
