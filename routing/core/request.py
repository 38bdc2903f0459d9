"""What is asked of a model and what comes back, whatever the provider.

Invariant: a `Usage` counts every input token once in `input_tokens` and every output
token once in `output_tokens`; the other classes are parts of those two.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """Hold one turn of a conversation; `role` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """Describe one call before a model was chosen for it.

    `temperature` None: the provider's default. `sample` tells apart requests that are
    meant to be answered independently, so that no cache gives both the same reply.
    """

    phase: str
    task_type: str
    messages: tuple[Message, ...]
    max_output_tokens: int
    temperature: float | None
    timeout_seconds: float
    json_output: bool = False
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Count the tokens of one call by price class.

    `cache_read_tokens` and `cache_write_tokens` are parts of `input_tokens`;
    `cache_write_long_tokens` (kept an hour or more) is part of `cache_write_tokens`;
    `reasoning_tokens` is part of `output_tokens`.
    """

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_long_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """Hold what a model answered; `usage` None means the provider did not say."""

    text: str
    usage: Usage | None
    finish_reason: str
    latency_ms: int


def cache_key(model: str, request: ModelRequest) -> str:
    """Return the sha256 hex digest under which a reply to this request is kept.

    Phase, task type and timeout are left out: they do not change what is asked.
    """
    parts = (
        model,
        [(message.role, message.content) for message in request.messages],
        request.max_output_tokens,
        request.temperature,
        request.json_output,
        request.sample,
    )
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
