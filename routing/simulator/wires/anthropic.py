"""Anthropic messages.

Source: docs.anthropic.com/en/api/messages and /messages-streaming, November 2026.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..exchange import Answer, BadRequest, Failure, Prompt, Tokens
from .content import Json, flat_text, pieces, whole_number

_FINISH = {"stop": "end_turn", "length": "max_tokens", "refusal": "refusal"}
_ERRORS = {
    "auth": "authentication_error",
    "not_found": "not_found_error",
    "bad_request": "invalid_request_error",
    "context": "invalid_request_error",
    "policy": "invalid_request_error",
    "rate_limit": "rate_limit_error",
    "server": "api_error",
    "overloaded": "overloaded_error",
}

MESSAGES = {
    "auth": "invalid x-api-key",
    "not_found": "model: {model}",
    "bad_request": "messages: invalid request",
    "context": ("prompt is too long: {tokens} tokens > {window} maximum"),
    "policy": "Output blocked by content filtering policy",
    "rate_limit": "This request would exceed your organization's rate limit.",
    "server": "Internal server error",
    "overloaded": "Overloaded",
}


class AnthropicWire:
    """Read and write messages."""

    name = "anthropic"
    messages = MESSAGES

    def read(self, body: Mapping[str, Any], model: str, stream: bool) -> Prompt:
        """Return the prompt of a request body.

        Raises: BadRequest.
        """
        limit = whole_number(body.get("max_tokens"), "max_tokens")
        if limit is None:
            raise BadRequest("max_tokens: Field required")
        system = body.get("system")
        metadata = body.get("metadata") or {}
        form = body.get("output_format") or (body.get("output_config") or {}).get("format") or {}
        return Prompt(
            model=model,
            system=flat_text(system),
            turns=_turns(body.get("messages")),
            max_output_tokens=limit,
            stream=stream,
            json_output=form.get("type") == "json_schema",
            schema=form.get("schema"),
            cache_marked=_is_marked(system) or _any_marked(body["messages"]),
            nonce=str(metadata.get("user_id") or ""),
        )

    def reply(self, answer: Answer) -> Json:
        """Return the body of a whole reply."""
        body = _head(answer)
        body["content"] = [{"type": "text", "text": answer.text}] if answer.text else []
        body["stop_reason"] = _FINISH[answer.finish]
        if answer.tokens is not None:
            body["usage"] = _usage(answer.tokens)
        return body

    def frames(self, answer: Answer, prompt: Prompt) -> Iterator[bytes]:
        """Return the server-sent events of a streamed reply."""
        head = _head(answer)
        if answer.tokens is not None:
            head["usage"] = _usage(answer.tokens) | {"output_tokens": 1}
        yield _event("message_start", {"message": head})
        yield _event(
            "content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}
        )
        yield _event("ping", {})
        for piece in pieces(answer.text):
            delta = {"type": "text_delta", "text": piece}
            yield _event("content_block_delta", {"index": 0, "delta": delta})
        yield _event("content_block_stop", {"index": 0})
        end: Json = {"delta": {"stop_reason": _FINISH[answer.finish], "stop_sequence": None}}
        if answer.tokens is not None:
            end["usage"] = {"output_tokens": answer.tokens.output}
        yield _event("message_delta", end)
        yield _event("message_stop", {})

    def error(self, failure: Failure) -> Json:
        """Return the body of an error."""
        error = {"type": _ERRORS[failure.reason], "message": failure.message}
        return {"type": "error", "error": error, "request_id": "req_simulated"}


def _head(answer: Answer) -> Json:
    return {
        "id": f"msg_{answer.id}",
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _usage(tokens: Tokens) -> Json:
    """Return usage as Anthropic counts it: input_tokens leaves out both cache classes."""
    return {
        "input_tokens": tokens.input - tokens.cache_read - tokens.cache_write,
        "cache_creation_input_tokens": tokens.cache_write,
        "cache_read_input_tokens": tokens.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": tokens.cache_write,
            "ephemeral_1h_input_tokens": 0,
        },
        "output_tokens": tokens.output,
        "service_tier": "standard",
    }


def _turns(messages: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(messages, list) or not messages:
        raise BadRequest("messages: at least one message is required")
    turns = []
    for index, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
            raise BadRequest(f"messages.{index}.role: Input should be 'user' or 'assistant'")
        turns.append((message["role"], flat_text(message.get("content"))))
    return tuple(turns)


def _is_marked(content: Any) -> bool:
    return isinstance(content, list) and any(
        isinstance(part, dict) and "cache_control" in part for part in content
    )


def _any_marked(messages: list[Json]) -> bool:
    return any(_is_marked(message.get("content")) for message in messages)


def _event(kind: str, fields: Json) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | fields)}\n\n".encode()
