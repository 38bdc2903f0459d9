"""JSON inside a model's reply, however it is wrapped.

Invariant: time and memory are bounded by the text's length, and nothing but UnreadableJson
is raised, whatever the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NoReturn

MAX_CHARS: Final = 1_000_000
_MAX_FENCES: Final = 100
_MAX_STARTS: Final = 1_000
_MAX_PASSES: Final = 20
"""How often the length of the text may be read in the search for a value inside it."""

_FENCE: Final = re.compile(r"```[ \t]*[\w+-]*[ \t]*\r?\n(.*?)```", re.DOTALL)
_START: Final = re.compile(r"\[\s*\{|\{\s*\"")
_PAST_END: Final = "Unterminated string"


class UnreadableJson(ValueError):
    """The text holds no JSON; `str()` says where reading it stopped."""


@dataclass(frozen=True, slots=True)
class Found:
    """A JSON value and the text it was read from; `whole`: nothing else stood around it."""

    value: Any
    text: str
    whole: bool


def found_values(text: str) -> Iterator[Found]:
    """Yield the values to be tried: the whole text, fenced blocks, then from the largest down."""
    if len(text) > MAX_CHARS:
        return
    bodies = [match[1].strip() for match in islice(_FENCE.finditer(text), _MAX_FENCES)]
    all_of_it = len(bodies) == 1 and _is_one_fence(text.strip())
    for body, whole in [(text.strip(), True), *((body, all_of_it) for body in bodies)]:
        try:
            yield Found(read_json(body), body, whole)
        except UnreadableJson:
            continue
    for start, end, value in sorted(_spans(text), key=lambda span: span[0] - span[1]):
        yield Found(value, text[start:end], whole=False)


def read_json(text: str) -> Any:
    """Return the value of a text that is JSON and nothing else.

    Stricter than the standard library: a repeated key, NaN and Infinity are refused.
    Raises: UnreadableJson.
    """
    if len(text) > MAX_CHARS:
        raise UnreadableJson(f"it is longer than {MAX_CHARS} characters")
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise UnreadableJson("it is nested too deeply") from None
    except ValueError as error:
        raise UnreadableJson(str(error)) from None


def _is_one_fence(text: str) -> bool:
    return text.startswith("```") and text.endswith("```") and text.count("```") == 2


def _spans(text: str) -> list[tuple[int, int, Any]]:
    """Return the outermost values inside the text as (start, end, value)."""
    spans: list[tuple[int, int, Any]] = []
    position = 0
    # Each failed start may read on to the end, so the whole search has an allowance.
    allowance = _MAX_PASSES * len(text)
    for _ in range(_MAX_STARTS):
        match = _START.search(text, position)
        if match is None or allowance <= 0:
            break
        start = match.start()
        try:
            value, position = _DECODER.raw_decode(text, start)
            spans.append((start, position, value))
            allowance -= position - start
        except json.JSONDecodeError as error:
            position = start + 1
            allowance -= (len(text) if error.msg.startswith(_PAST_END) else error.pos) - start
        except (ValueError, RecursionError):
            position = start + 1
            allowance -= len(text)
    return spans


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key appears twice in one object")
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_without_repeats, parse_constant=_refuse_constant
)
