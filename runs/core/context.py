"""Long texts cut to what a model can take, with what was left out said in the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CHARS_PER_TOKEN: Final = 3
"""Below the four of English prose, so that code and other scripts fit too."""
MIN_CONTEXT_CHARS: Final = 2_000
_HEAD_RATIO: Final = 0.6


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The output of one task, or what is left of it; `cut_chars` 0: all of it."""

    key: str
    text: str
    cut_chars: int = 0


def cut(text: str, limit_chars: int) -> str:
    """Return the text within the limit: its head and tail, and how much lies between them."""
    return _cut(text, limit_chars)[0]


def fit_outputs(outputs: Sequence[tuple[str, str]], limit_chars: int) -> tuple[Excerpt, ...]:
    """Return outputs given as (key, text), cut so that together they keep to the limit.

    Short ones stay whole; the long ones share the rest evenly.
    """
    share = _share([len(text) for _, text in outputs], limit_chars)
    return tuple(Excerpt(key, *_cut(text, share)) for key, text in outputs)


def context_chars(window_tokens: int, output_tokens: int, prompt_chars: int) -> int:
    """Return how many characters of context a model's window leaves beside the rest."""
    free = (window_tokens - output_tokens) * CHARS_PER_TOKEN - prompt_chars
    return max(free, MIN_CONTEXT_CHARS)


def _cut(text: str, limit_chars: int) -> tuple[str, int]:
    if len(text) <= limit_chars:
        return text, 0
    # The mark's own length depends on the number it states: sized for the longest.
    room = max(limit_chars - len(_mark(len(text))), 0)
    head = int(room * _HEAD_RATIO)
    tail = room - head
    left_out = len(text) - room
    return text[:head] + _mark(left_out) + text[len(text) - tail :], left_out


def _mark(left_out: int) -> str:
    return f"\n[... {left_out} characters left out here ...]\n"


def _share(lengths: Sequence[int], limit: int) -> int:
    """Return the largest length at which all, cut to it, add up to no more than the limit."""
    left = limit
    for position, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - position)
        if length > share:
            return share
        left -= length
    return max(lengths, default=0)
