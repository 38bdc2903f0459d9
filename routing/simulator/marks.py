"""How good a simulated text truly is, written into the text so that a judge can read it.

One ordinary sentence carries it: three of its words are chosen from eight each, which makes
512 steps of quality. Nothing else has to be remembered, so a judge still knows after a restart.
"""

from __future__ import annotations

import re
from itertools import pairwise

from .draws import Draws

_VERBS = ("covers", "handles", "treats", "addresses", "checks", "respects", "weighs", "considers")
_KINDS = ("usual", "common", "expected", "typical", "known", "relevant", "stated", "main")
_WAYS = (
    "directly",
    "in order",
    "one by one",
    "explicitly",
    "early",
    "in turn",
    "with care",
    "up front",
)
_STARTS = ("This", "The work", "It", "What follows", "The result")
_STEPS = len(_VERBS) * len(_KINDS) * len(_WAYS) - 1
_MARK = re.compile(
    rf"\b({'|'.join(_VERBS)})\s+the\s+({'|'.join(_KINDS)})\s+cases\s+"
    rf"({'|'.join(way.replace(' ', chr(92) + 's+') for way in _WAYS)})\b"
)
_REFUSAL = re.compile(r"\bI (?:can(?:no|')t|am unable to|won't) (?:help|assist|comply|do)", re.I)


def mark(quality: float, draws: Draws) -> str:
    """Return the sentence that carries a quality in [0, 1]."""
    step = round(min(max(quality, 0.0), 1.0) * _STEPS)
    verb, kind, way = step // 64, step // 8 % 8, step % 8
    start = draws.pick("mark", _STARTS)
    return f"{start} {_VERBS[verb]} the {_KINDS[kind]} cases {_WAYS[way]}."


def marked_quality(text: str) -> float | None:
    """Return the quality of the last mark in a text, or None if it carries none."""
    found = _MARK.findall(text)
    if not found:
        return None
    verb, kind, way = found[-1]
    step = _VERBS.index(verb) * 64 + _KINDS.index(kind) * 8 + _WAYS.index(" ".join(way.split()))
    return step / _STEPS


def quality_of(text: str) -> float:
    """Return how good a text is: its mark, lowered if the text is cut off, else an estimate."""
    stripped = text.strip()
    known = marked_quality(stripped)
    if known is None:
        return _estimate(stripped)
    return known * 0.6 if _is_cut(stripped) else known


def _is_cut(text: str) -> bool:
    return text.count("```") % 2 == 1


def _estimate(text: str) -> float:
    """Return a plausible quality of a text that no simulated model wrote.

    A stable function of the text: longer, structured and varied texts do better.
    """
    if not text:
        return 0.02
    if _REFUSAL.search(text[:200]):
        return 0.08
    words = text.split()
    length = min(len(words) / 250, 1.0)
    variety = len(set(words)) / len(words)
    repeated = any(first == second for first, second in pairwise(text.splitlines()) if first)
    structure = sum(sign in text for sign in ("\n\n", "\n- ", "```", "\n#", "1.", "def ")) / 6
    chance = Draws("estimate", text).unit("quality") * 0.1
    return round(
        0.25 + 0.25 * length + 0.15 * variety + 0.2 * structure - 0.1 * repeated + chance, 4
    )
