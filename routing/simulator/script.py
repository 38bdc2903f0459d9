"""Literal replies that tests line up; they are served before anything is made up."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, get_args

from .exchange import FinishReason, Prompt, Tokens
from .faults import Fault, read_fault
from .intent import KINDS, Reading


class InvalidScript(ValueError):
    """The script cannot be played; the message says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One scripted reply: a text or a fault; `tokens` None: counted from the text."""

    text: str
    fault: Fault | None = None
    tokens: Tokens | None = None
    finish: FinishReason | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """Lines for the requests that fit: model, intent and task type, and words they contain."""

    model: str
    intent: str
    task_type: str
    contains: str
    lines: deque[Line]

    def fits(self, prompt: Prompt, reading: Reading) -> bool:
        """Return whether a request gets the next line of this scene."""
        return (
            bool(self.lines)
            and fnmatchcase(prompt.model, self.model)
            and self.intent in ("*", reading.kind)
            and self.task_type in ("*", reading.task_type)
            and self.contains in prompt.text
        )


class Script:
    """The scenes in the order in which they were written."""

    def __init__(self) -> None:
        self._scenes: list[Scene] = []

    def add(self, value: Any) -> None:
        """Append what a JSON object, or a list of them, describes.

        Raises: InvalidScript.
        """
        values = value if isinstance(value, list) else [value]
        self._scenes += [_scene(each) for each in values]

    def clear(self) -> None:
        """Forget every line that was not served."""
        self._scenes.clear()

    def left(self) -> int:
        """Return how many lines were not served yet."""
        return sum(len(scene.lines) for scene in self._scenes)

    def take(self, prompt: Prompt, reading: Reading) -> Line | None:
        """Return the next line for a request, None if nothing was scripted for it."""
        for index, scene in enumerate(self._scenes):
            if scene.fits(prompt, reading):
                line = scene.lines.popleft()
                if not scene.lines:
                    del self._scenes[index]
                return line
        return None


def _scene(value: Any) -> Scene:
    if not isinstance(value, Mapping) or not isinstance(value.get("replies"), list):
        raise InvalidScript("a script is an object with a list of replies")
    intent = str(value.get("intent", "*"))
    if intent != "*" and intent not in KINDS:
        raise InvalidScript(f"intent must be one of {['*', *KINDS]}, not {intent!r}")
    return Scene(
        model=str(value.get("model", "*")).removeprefix("sim/"),
        intent=intent,
        task_type=str(value.get("task_type", "*")),
        contains=str(value.get("contains", "")),
        lines=deque(_line(reply) for reply in value["replies"]),
    )


def _line(value: Any) -> Line:
    if isinstance(value, str):
        return Line(value)
    if not isinstance(value, Mapping) or not {"text", "fault"} & set(value):
        raise InvalidScript('a reply is a text, or an object with "text" or "fault"')
    finish = value.get("finish_reason")
    if finish not in (None, *get_args(FinishReason)):
        raise InvalidScript(f"finish_reason must be one of {get_args(FinishReason)}")
    usage = value.get("usage")
    fault = value.get("fault")
    try:
        tokens = Tokens(**usage) if usage else None
    except TypeError as error:
        raise InvalidScript(f"usage: {error}") from error
    return Line(
        text=str(value.get("text", "")),
        fault=read_fault({"kind": fault} if isinstance(fault, str) else fault) if fault else None,
        tokens=tokens,
        finish=finish,
    )
