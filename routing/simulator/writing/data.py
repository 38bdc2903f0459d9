"""JSON that fits the schema that was asked for, or fails it where skill fails."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ..draws import Draws
from ..marks import mark
from .topic import subjects

_Schema = Mapping[str, Any]
_DEEPEST, _MOST_VALUES, _LONGEST = 6, 500, 4000  # a schema may ask for any size
_REMARK = re.compile(r"note|comment|summary|description|remark|reason|text|content", re.I)
_FORMATS = {
    "date": "2026-03-14",
    "date-time": "2026-03-14T09:30:00Z",
    "time": "09:30:00Z",
    "email": "reader@example.org",
    "uri": "https://example.org/item",
    "uuid": "6f1d3a52-9c0e-4b7a-8f5d-2a1b3c4d5e6f",
}


class _Author:
    """Fill a schema; one free text carries the mark of quality, where there is room for it.

    `where`: the paths whose texts may carry it.
    """

    def __init__(self, task: str, quality: float, draws: Draws, where: re.Pattern[str]) -> None:
        self._words = subjects(task, 4)
        self._draws = draws
        self._where = where
        self._values = 0
        self.sentence: str | None = mark(quality, draws)

    def value(self, schema: Any, path: str, depth: int = 0) -> Any:
        self._values += 1
        if not isinstance(schema, Mapping) or depth > _DEEPEST or self._values > _MOST_VALUES:
            return None
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._draws.pick(path, schema["enum"])
        for key in ("anyOf", "oneOf", "allOf"):
            if schema.get(key):
                return self.value(schema[key][0], path, depth + 1)
        return self._typed(schema, path, depth)

    def _typed(self, schema: _Schema, path: str, depth: int) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else "string")
        kind = kind[0] if isinstance(kind, list) and kind else kind
        match str(kind).lower():
            case "object":
                properties = schema.get("properties") or {}
                return {
                    name: self.value(part, f"{path}.{name}", depth + 1)
                    for name, part in properties.items()
                }
            case "array":
                count = max(int(schema.get("minItems", 2)), 1)
                count = min(count, int(schema.get("maxItems", count)), 20)
                part = schema.get("items") or {"type": "string"}
                return [self.value(part, f"{path}[{n}]", depth + 1) for n in range(count)]
            case "integer" | "number" as number:
                return self._number(schema, path, whole=number == "integer")
            case "boolean":
                return self._draws.unit(path) < 0.5
            case "null":
                return None
        return self._text(schema, path)

    def _number(self, schema: _Schema, path: str, *, whole: bool) -> float:
        lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        highest = schema.get("maximum", schema.get("exclusiveMaximum", lowest + 100))
        drawn = float(lowest + (highest - lowest) * (0.05 + 0.9 * self._draws.unit(path)))
        return round(drawn) if whole else round(drawn, 2)

    def _text(self, schema: _Schema, path: str) -> str:
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        longest = int(schema.get("maxLength", _LONGEST))
        shortest = min(int(schema.get("minLength", 0)), _LONGEST)
        if "pattern" in schema:
            return _matching(str(schema["pattern"]), self._words)
        text = f"{self._draws.pick(path, self._words)} {self._draws.integer(path) % 90 + 10}"
        name = path.rpartition(".")[2]
        if self.sentence and longest >= len(self.sentence) and self._where.search(name):
            text, self.sentence = self.sentence, None
        return text.ljust(shortest, ".")[:longest]


def data(
    task: str,
    schema: _Schema | None,
    quality: float,
    draws: Draws,
    *,
    broken: bool = False,
    json_mode: bool = False,
) -> str:
    """Return a JSON text; `schema` None: a list of findings in a shape of its own."""
    value = _filled(task, schema, quality, draws)
    if broken:
        return _damaged(value, draws, json_mode)
    text = json.dumps(value, indent=2, ensure_ascii=False)
    is_fenced = not json_mode and draws.unit("data form") < 0.3
    return f"```json\n{text}\n```\n" if is_fenced else text + "\n"


def _filled(task: str, schema: _Schema | None, quality: float, draws: Draws) -> Any:
    """Return a value that fits the schema, or findings where the schema makes no sense."""
    if schema is None:
        return _findings(task, quality, draws)
    for where in (_REMARK, re.compile("")):  # best in a remark, else in any text
        author = _Author(task, quality, draws, where)
        try:
            value = author.value(schema, "$")
        except (TypeError, ValueError, AttributeError, LookupError, re.error):
            return _findings(task, quality, draws)
        if author.sentence is None:
            break
    return value


def _findings(task: str, quality: float, draws: Draws) -> dict[str, Any]:
    names = subjects(task, 6)[: 2 + round(quality * 4)]
    items = [
        {
            "name": name,
            "value": draws.integer(name) % 500,
            "priority": draws.pick(name, ["must", "should", "could"]),
            "source": f"paragraph {draws.integer(name) % 6 + 1}",
        }
        for name in names
    ]
    return {"items": items, "count": len(items), "note": mark(quality, draws)}


def _damaged(value: Any, draws: Draws, json_mode: bool) -> str:
    """Return JSON that is cut off, or that lacks what a schema requires."""
    is_cut = draws.unit("damage") < 0.5 and not json_mode
    if is_cut or not isinstance(value, dict) or not value:
        text = json.dumps(value, indent=2, ensure_ascii=False)
        return text[: max(len(text) * 2 // 3, 1)].rstrip("}] \n")
    lost = draws.pick("lost", sorted(value))
    return json.dumps({key: part for key, part in value.items() if key != lost}, indent=2)


def _matching(pattern: str, words: tuple[str, ...]) -> str:
    """Return a text of a simple pattern: the first usual form that fits it, else a word."""
    usual = (*_FORMATS.values(), *words, "A1", "ABC", "ABC-123", "123", "1.0.0", "EUR", "a-b")
    return next((text for text in usual if re.search(pattern, text)), words[0])
