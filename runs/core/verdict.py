"""The score in a judge's reply, and how several judgements become one.

Invariant: a reply that cannot be read is no score (None), never a number made up for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median
from typing import Any, Final

from runs.core.json_text import Found, found_values
from runs.core.plain_text import storable

AGREEMENT_WIDTH: Final = 0.05
MAX_REASON_CHARS: Final = 2_000
MAX_VERDICT_CHARS: Final = 100_000
_MAX_RATING_CHARS: Final = 64

_NUMBER: Final = r"(\d{1,3}(?:\.\d{1,9})?)"
_RATING: Final = re.compile(
    rf"(?:(?:final |overall )?(?:score|rating) ?[:=]? ?)?"
    rf"{_NUMBER} ?(?:(%)|(?:/|out of) ?{_NUMBER})?\.?",
    re.IGNORECASE,
)


def parse_score(text: str, judged: str = "") -> float | None:
    """Return the score in [0, 1] that a judge's reply gives, None when it gives none.

    Read are `{"score": x}`, alone, fenced or inside a text, and a line that is only a rating
    such as `8/10` or `85%`. A score that merely quotes `judged`, and scores that contradict
    each other, count for nothing: the text under judgement may hold scores of its own.
    """
    if len(text) > MAX_VERDICT_CHARS:
        return None
    stated = _stated(text, judged)
    scores = {_as_score(value["score"]) for value in stated} or _ratings(text, judged)
    return scores.pop() if len(scores) == 1 else None


def parse_reason(text: str, judged: str = "") -> str:
    """Return the reason in a judge's reply, cut to size; empty when it gives none."""
    for value in _stated(text, judged):
        reason = value.get("reason")
        if isinstance(reason, str):
            return storable(reason.strip()[:MAX_REASON_CHARS])
    return ""


def needs_third(first: float | None, second: float | None) -> bool:
    """Return whether two judgements differ so much that a third must decide."""
    if first is None or second is None:
        return False
    # Rounded: 0.90 - 0.85 is a hair above 0.05 in binary.
    return round(abs(first - second), 9) > AGREEMENT_WIDTH


def combine(scores: Sequence[float | None]) -> float | None:
    """Return the median of the scores that could be read, None when none could.

    Of two that is the mean, of one that one.
    """
    known = [score for score in scores if score is not None]
    return round(median(known), 9) if known else None


def _stated(text: str, judged: str) -> list[dict[str, Any]]:
    """Return the objects with a score that are the judge's own words."""
    quoted = _squeeze(judged)
    own = (found for found in found_values(text) if _holds_score(found))
    stated: list[dict[str, Any]] = []
    for found in own:
        if found.whole:
            return [found.value]
        if not quoted or _squeeze(found.text) not in quoted:
            stated.append(found.value)
    return stated


def _holds_score(found: Found) -> bool:
    return isinstance(found.value, dict) and "score" in found.value


def _ratings(text: str, judged: str) -> set[float | None]:
    """Return the scores of the lines that are nothing but a rating."""
    lines = [line.strip(" \t\r*_#`") for line in text.splitlines() if len(line) < _MAX_RATING_CHARS]
    alone = len(text.split("\n")) == 1
    quoted = set() if alone else {line.strip() for line in judged.splitlines()}
    return {_as_score(line) for line in lines if _RATING.fullmatch(line) and line not in quoted}


def _as_score(value: object) -> float | None:
    if isinstance(value, str):
        match = _RATING.fullmatch(value.strip()) if len(value) < _MAX_RATING_CHARS else None
        return _in_range(_rated(match)) if match else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _in_range(value)


def _rated(match: re.Match[str]) -> float:
    number, percent, scale = match.groups()
    top = 100.0 if percent else float(scale or 1)
    # A scale of zero says nothing; out of range is how nothing is said here.
    return float(number) / top if top else -1.0


def _in_range(value: float) -> float | None:
    """Return the value as a float if it lies in [0, 1]; NaN does not."""
    return float(value) if 0 <= value <= 1 else None


def _squeeze(text: str) -> str:
    return "".join(text.split())
