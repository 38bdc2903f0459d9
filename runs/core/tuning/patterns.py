"""What failed attempts have in common: by type of task, by what caught them, by what was said.

Invariant: every failed attempt is in exactly one pattern, and shares add up to one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

LOW_SCORE: Final = "low_score"
NO_OUTPUT: Final = "no_output"
# A theme that fewer attempts share is no pattern.
SMALLEST: Final = 3
EXAMPLES: Final = 5
TERMS: Final = 4
MAX_TEXT_CHARS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Failure:
    """One attempt that failed or scored too low.

    `caught_by`: the validator that failed first, else LOW_SCORE or NO_OUTPUT. `said` is what
    validators, reviewers and judges wrote of it. `retry_nanousd`: what the attempt that came
    after it cost; 0 where none did.
    """

    id: int
    task_type: str
    caught_by: str
    said: str
    prompt: str
    score: float | None
    retry_nanousd: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """What some failures have in common. `terms` empty: no theme stood out.

    `share` is of all failures. `examples` are ids, the worst scores first.
    """

    task_type: str
    caught_by: str
    terms: tuple[str, ...]
    n: int
    share: float
    retry_nanousd: int
    retried: int
    mean_score: float | None
    examples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Theme:
    """The failures of one group, by their places in it, that say alike things."""

    terms: tuple[str, ...]
    members: tuple[int, ...]


Group = tuple[str, str]  # task type, caught by


def caught_by(validators: Iterable[Mapping[str, Any]], *, has_output: bool) -> str:
    """Return what caught an attempt: the first validator that failed, else what else did."""
    failed = (str(one.get("name")) for one in validators if one.get("status") == "FAILED")
    return next(failed, LOW_SCORE if has_output else NO_OUTPUT)


def said_of(
    critique: str,
    judgements: Iterable[Mapping[str, Any]],
    validators: Iterable[Mapping[str, Any]],
) -> str:
    """Return what was said of an attempt, cut to size: failed validators first."""
    failed = [str(one.get("message", "")) for one in validators if one.get("status") == "FAILED"]
    reasons = [str(one.get("reason") or "") for one in judgements]
    return "\n".join([*failed, critique, *reasons])[:MAX_TEXT_CHARS]


def grouped(failures: Iterable[Failure]) -> dict[Group, list[Failure]]:
    """Return failures by type of task and what caught them, in order."""
    groups: dict[Group, list[Failure]] = defaultdict(list)
    for one in failures:
        groups[one.task_type, one.caught_by].append(one)
    return dict(sorted(groups.items()))


def patterns(
    groups: Mapping[Group, Sequence[Failure]], themes: Mapping[Group, Sequence[Theme]]
) -> list[Pattern]:
    """Return the patterns, the dearest first; what is in no large enough theme makes one more."""
    whole = sum(len(members) for members in groups.values())
    found = []
    for group, failures in groups.items():
        left = set(range(len(failures)))
        for theme in themes.get(group, ()):
            if len(theme.members) >= SMALLEST:
                left -= set(theme.members)
                members = [failures[place] for place in theme.members]
                found.append(_pattern(group, theme.terms, members, whole))
        if left:
            found.append(_pattern(group, (), [failures[place] for place in sorted(left)], whole))
    return sorted(found, key=_place)


def name_of(task_type: str, caught: str, terms: Sequence[str]) -> str:
    """Return a pattern's name for people: Data extraction: json_schema fails: "date", "missing"."""
    what = {
        LOW_SCORE: "scores too low",
        NO_OUTPUT: "nothing came",
    }.get(caught, f"{caught} fails")
    name = f"{task_type.replace('_', ' ').capitalize()}: {what}"
    return f"{name}, on {', '.join(terms)}" if terms else name


def _place(one: Pattern) -> tuple[Any, ...]:
    return -one.retry_nanousd, -one.n, one.task_type, not one.terms, one.terms


def _pattern(
    group: Group, terms: tuple[str, ...], members: Sequence[Failure], whole: int
) -> Pattern:
    scores = [one.score for one in members if one.score is not None]
    worst = sorted(members, key=lambda one: (one.score if one.score is not None else -1.0, one.id))
    return Pattern(
        task_type=group[0],
        caught_by=group[1],
        terms=terms[:TERMS],
        n=len(members),
        share=len(members) / whole,
        retry_nanousd=sum(one.retry_nanousd for one in members),
        retried=sum(one.retry_nanousd > 0 for one in members),
        mean_score=sum(scores) / len(scores) if scores else None,
        examples=tuple(one.id for one in worst[:EXAMPLES]),
    )
