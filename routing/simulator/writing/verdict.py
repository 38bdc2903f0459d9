"""What a simulated model says of another text: critiques and scores."""

from __future__ import annotations

import json
import re
from typing import Any

from ..draws import Draws
from ..intent import Reading
from ..marks import mark
from .prose import points

_SCORE = re.compile(r"score|rating|grade|quality|overall", re.I)
_MANY = re.compile(r"s$|list|reasons")
_CERTAIN = re.compile(r"confidence|certainty", re.I)
_BOOLEAN = re.compile(r"^(is|has|meets|pass|accept|approve)", re.I)


def critique(reading: Reading, quality: float, skill: float, draws: Draws) -> str:
    """Return a critique of a text of a given quality; a skilled critic finds more of the faults."""
    if reading.approval and quality * skill > 0.6 and quality > 0.955 + 0.03 * draws.unit("eye"):
        return reading.approval
    faults = max(1, round((1.02 - quality) * 12 * skill))
    found = points(f"{reading.task}\n{reading.subject[:400]}", min(faults, 5), draws)
    if reading.keys:
        return json.dumps(_fields(reading.keys, None, found, mark(skill, draws)), indent=2)
    lines = "\n".join(f"{number}. {text}." for number, text in enumerate(found, 1))
    return f"The critique in short: the work stands, with {len(found)} point(s) to repair. " + (
        f"{mark(skill, draws)}\n\n{lines}\n"
    )


def judgement(reading: Reading, score: float, draws: Draws, *, json_mode: bool = False) -> str:
    """Return the JSON object of a judge, with the keys that were asked for."""
    found = points(f"{reading.task}\n{reading.subject[:400]}", 2, draws)
    shown = round(score * reading.top_score, 3 if reading.top_score == 1 else 1)
    keys = reading.keys or ("score", "reason")
    text = json.dumps(_fields(keys, shown, found, f"Mostly sound; {found[0]}."))
    is_fenced = not json_mode and draws.unit("verdict form") < 0.15
    return f"```json\n{text}\n```" if is_fenced else text


def unreadable(draws: Draws, *, json_mode: bool = False) -> str:
    """Return a verdict that no parser finds a score in."""
    if json_mode:
        return '{"verdict": "upper range"}'
    return draws.pick(
        "unreadable",
        ['{"score": ', "I would put this somewhere in the upper range.", "```json\n{score: high}"],
    )


def _fields(keys: tuple[str, ...], score: float | None, found: list[str], remark: str) -> Any:
    fields: dict[str, Any] = {}
    for key in keys:
        if _CERTAIN.search(key):
            fields[key] = 0.8
        elif _SCORE.search(key) and score is not None:
            fields[key] = score
        elif _BOOLEAN.search(key):
            fields[key] = (score or 0.0) >= 0.75
        else:
            fields[key] = found if _MANY.search(key) else remark
    return fields
