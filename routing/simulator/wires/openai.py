"""OpenAI chat completions, which Moonshot and DeepSeek speak too, each with its own usage.

Source: platform.openai.com/docs/api-reference/chat, api-docs.deepseek.com/api, November 2026.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..exchange import Answer, BadRequest, Failure, Prompt, Tokens
from .content import Json, flat_text, pieces, whole_number

_FINISH = {"stop": "stop", "length": "length", "refusal": "content_filter"}
_CREATED = 1_767_225_600  # replies never depend on the clock
_ERRORS = {  # reason -> type, code
    "auth": ("invalid_request_error", "invalid_api_key"),
    "not_found": ("invalid_request_error", "model_not_found"),
    "bad_request": ("invalid_request_error", None),
    "context": ("invalid_request_error", "context_length_exceeded"),
    "policy": ("invalid_request_error", "content_policy_violation"),
    "rate_limit": ("requests", "rate_limit_exceeded"),
    "server": ("server_error", None),
    "overloaded": ("server_error", "overloaded"),
}

MESSAGES = {
    "auth": "Incorrect API key provided: sim. You can find your API key in your account.",
    "not_found": "The model `{model}` does not exist or you do not have access to it.",
    "bad_request": "Invalid value in the request body.",
    "context": (
        "This model's maximum context length is {window} tokens. However, your messages "
        "resulted in {tokens} tokens. Please reduce the length of the messages."
    ),
    "policy": "Your request was rejected as a result of our safety system.",
    "rate_limit": "Rate limit reached for {model} on requests per min (RPM).",
    "server": "The server had an error while processing your request. Sorry about that!",
    "overloaded": "The engine is currently overloaded, please try again later.",
}


class OpenAIWire:
    """Read and write chat completions; `dialect` is openai, moonshot or deepseek."""

    messages = MESSAGES

    def __init__(self, dialect: str = "openai") -> None:
        self.name = dialect
        self._shows_reasoning = dialect != "openai"  # OpenAI counts it and keeps it to itself

    def read(self, body: Mapping[str, Any], model: str, stream: bool) -> Prompt:
        """Return the prompt of a request body.

        Raises: BadRequest.
        """
        system, turns = _turns(body.get("messages"))
        form = body.get("response_format") or {}
        wanted = form.get("type") if isinstance(form, dict) else None
        options = body.get("stream_options") or {}
        limit = body.get("max_completion_tokens", body.get("max_tokens"))
        return Prompt(
            model=model,
            system=system,
            turns=turns,
            max_output_tokens=whole_number(limit, "max_tokens"),
            stream=stream,
            stream_usage=self.name != "openai" or bool(options.get("include_usage")),
            json_output=wanted in ("json_object", "json_schema"),
            schema=(form.get("json_schema") or {}).get("schema") if wanted else None,
            nonce=str(body.get("seed") or ""),
        )

    def reply(self, answer: Answer) -> Json:
        """Return the body of a whole reply."""
        message: Json = {"role": "assistant", "content": answer.text, "refusal": None}
        if answer.finish == "refusal":
            message |= {"content": None, "refusal": answer.text}
        if answer.reasoning_text and self._shows_reasoning:
            message["reasoning_content"] = answer.reasoning_text
        choice = {"index": 0, "message": message, "logprobs": None}
        body = self._head(answer, "chat.completion")
        body["choices"] = [choice | {"finish_reason": _FINISH[answer.finish]}]
        if answer.tokens is not None:
            body["usage"] = self._usage(answer.tokens)
        return body

    def frames(self, answer: Answer, prompt: Prompt) -> Iterator[bytes]:
        """Return the server-sent events of a streamed reply."""
        head = self._head(answer, "chat.completion.chunk")
        yield _event(head, {"role": "assistant", "content": ""}, None)
        if answer.reasoning_text and self._shows_reasoning:
            yield _event(head, {"reasoning_content": answer.reasoning_text}, None)
        key = "refusal" if answer.finish == "refusal" else "content"
        for piece in pieces(answer.text):
            yield _event(head, {key: piece}, None)
        yield _event(head, {}, _FINISH[answer.finish])
        if answer.tokens is not None and prompt.stream_usage:
            yield _data(head | {"choices": [], "usage": self._usage(answer.tokens)})
        yield b"data: [DONE]\n\n"

    def error(self, failure: Failure) -> Json:
        """Return the body of an error."""
        kind, code = _ERRORS[failure.reason]
        error = {"message": failure.message, "type": kind, "param": None, "code": code}
        return {"error": error}

    def _head(self, answer: Answer, kind: str) -> Json:
        return {
            "id": f"chatcmpl-{answer.id}",
            "object": kind,
            "created": _CREATED,
            "model": answer.model,
            "system_fingerprint": "fp_simulated",
        }

    def _usage(self, tokens: Tokens) -> Json:
        usage: Json = {
            "prompt_tokens": tokens.input,
            "completion_tokens": tokens.output,
            "total_tokens": tokens.input + tokens.output,
            "prompt_tokens_details": {"cached_tokens": tokens.cache_read, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": tokens.reasoning},
        }
        if self.name == "moonshot":
            usage["cached_tokens"] = tokens.cache_read
        if self.name == "deepseek":
            usage["prompt_cache_hit_tokens"] = tokens.cache_read
            usage["prompt_cache_miss_tokens"] = tokens.input - tokens.cache_read
        return usage


def _turns(messages: Any) -> tuple[str, tuple[tuple[str, str], ...]]:
    if not isinstance(messages, list) or not messages:
        raise BadRequest("'messages' must be a list with at least one message")
    system, turns = [], []
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise BadRequest("each of 'messages' must be an object with a role")
        text = flat_text(message.get("content"))
        if message["role"] in ("system", "developer"):
            system.append(text)
        else:
            turns.append((message["role"], text))
    return "\n\n".join(system), tuple(turns)


def _event(head: Json, delta: Json, finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return _data(head | {"choices": [choice]})


def _data(value: Json) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"
