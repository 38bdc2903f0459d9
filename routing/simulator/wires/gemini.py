"""Gemini generateContent and streamGenerateContent.

Source: ai.google.dev/api/generate-content, November 2026.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..exchange import Answer, BadRequest, Failure, Prompt, Tokens
from .content import Json, flat_text, pieces, whole_number

_FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY"}
_ERRORS = {
    "auth": "UNAUTHENTICATED",
    "not_found": "NOT_FOUND",
    "bad_request": "INVALID_ARGUMENT",
    "context": "INVALID_ARGUMENT",
    "policy": "INVALID_ARGUMENT",
    "rate_limit": "RESOURCE_EXHAUSTED",
    "server": "INTERNAL",
    "overloaded": "UNAVAILABLE",
}

MESSAGES = {
    "auth": "API key not valid. Please pass a valid API key.",
    "not_found": "models/{model} is not found for API version v1beta.",
    "bad_request": "Request contains an invalid argument.",
    "context": (
        "The input token count ({tokens}) exceeds the maximum number of tokens allowed ({window})."
    ),
    "policy": "The request was blocked by content policy.",
    "rate_limit": "Resource has been exhausted (e.g. check quota).",
    "server": "An internal error has occurred. Please retry.",
    "overloaded": "The model is overloaded. Please try again later.",
}


class GeminiWire:
    """Read and write generateContent; fields come in camel case or in snake case."""

    name = "gemini"
    messages = MESSAGES

    def read(self, body: Mapping[str, Any], model: str, stream: bool) -> Prompt:
        """Return the prompt of a request body.

        Raises: BadRequest.
        """
        config = _field(body, "generationConfig") or {}
        system = _field(body, "systemInstruction") or {}
        limit = _field(config, "maxOutputTokens")
        mime = _field(config, "responseMimeType")
        seed = _field(config, "seed")
        return Prompt(
            model=model,
            system=flat_text(system.get("parts")),
            turns=_turns(body.get("contents")),
            max_output_tokens=whole_number(limit, "maxOutputTokens"),
            stream=stream,
            json_output=mime == "application/json",
            schema=_field(config, "responseJsonSchema"),
            nonce=str(seed or ""),
        )

    def reply(self, answer: Answer) -> Json:
        """Return the body of a whole reply."""
        return _chunk(answer, answer.text, last=True)

    def frames(self, answer: Answer, prompt: Prompt) -> Iterator[bytes]:
        """Return the server-sent events of a streamed reply."""
        parts = list(pieces(answer.text))
        for index, piece in enumerate(parts):
            chunk = _chunk(answer, piece, last=index == len(parts) - 1)
            yield b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n"

    def error(self, failure: Failure) -> Json:
        """Return the body of an error."""
        error: Json = {
            "code": failure.status,
            "message": failure.message,
            "status": _ERRORS[failure.reason],
        }
        if failure.retry_after_seconds is not None:
            error["details"] = [
                {
                    "@type": "type.googleapis.com/google.rpc.RetryInfo",
                    "retryDelay": f"{failure.retry_after_seconds:g}s",
                }
            ]
        return {"error": error}


def _chunk(answer: Answer, text: str, *, last: bool) -> Json:
    candidate: Json = {"index": 0, "content": {"role": "model"}}
    if text and answer.finish != "refusal":
        candidate["content"]["parts"] = [{"text": text}]
    if last:
        candidate["finishReason"] = _FINISH[answer.finish]
    body: Json = {
        "candidates": [candidate],
        "modelVersion": answer.model,
        "responseId": answer.id,
    }
    if answer.tokens is not None:
        body["usageMetadata"] = _usage(answer.tokens, done=last)
    return body


def _usage(tokens: Tokens, *, done: bool) -> Json:
    """Return usage as Gemini counts it: thoughts stand beside the candidates' tokens."""
    usage: Json = {"promptTokenCount": tokens.input, "totalTokenCount": tokens.input}
    if done:
        usage["candidatesTokenCount"] = tokens.output - tokens.reasoning
        usage["totalTokenCount"] = tokens.input + tokens.output
    if tokens.reasoning:
        usage["thoughtsTokenCount"] = tokens.reasoning
    if tokens.cache_read:
        usage["cachedContentTokenCount"] = tokens.cache_read
    usage["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": tokens.input}]
    return usage


def _turns(contents: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(contents, list) or not contents:
        raise BadRequest("* GenerateContentRequest.contents: contents is not specified")
    turns = []
    for content in contents:
        if not isinstance(content, dict):
            raise BadRequest("Invalid value at 'contents': expected an object")
        role = "assistant" if content.get("role") == "model" else "user"
        turns.append((role, flat_text(content.get("parts"))))
    return tuple(turns)


def _field(body: Mapping[str, Any], camel: str) -> Any:
    snake = "".join("_" + letter.lower() if letter.isupper() else letter for letter in camel)
    return body.get(camel, body.get(snake))
