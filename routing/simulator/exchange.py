"""What a request asks for and what is answered, whatever wire format carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

FinishReason = Literal["stop", "length", "refusal"]


class BadRequest(Exception):
    """The request is not one that the real provider would take."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request for a completion.

    `max_output_tokens` None: no limit was asked. `schema` None: no JSON schema was sent.
    `nonce`: what tells two samples of the same prompt apart, "" for none.
    """

    model: str
    system: str
    turns: tuple[tuple[str, str], ...]
    max_output_tokens: int | None = None
    stream: bool = False
    stream_usage: bool = True
    json_output: bool = False
    schema: Mapping[str, Any] | None = None
    cache_marked: bool = False
    nonce: str = ""

    @property
    def text(self) -> str:
        """Return everything that was said, the system's words first."""
        return "\n\n".join((self.system, *(text for _, text in self.turns))).strip()


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens by class: `input` includes both cache classes, `output` includes reasoning."""

    input: int
    output: int
    reasoning: int = 0
    cache_read: int = 0
    cache_write: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One completion; `tokens` None: usage is left out of the reply."""

    id: str
    model: str
    text: str
    tokens: Tokens | None
    finish: FinishReason = "stop"
    reasoning_text: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error reply in the provider's own words; `reason` is a neutral name for the wires."""

    status: int
    reason: str
    message: str
    retry_after_seconds: float | None = None
