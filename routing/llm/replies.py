"""An adapter's response read into a reply, or into what is wrong with it."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

from routing.core.errors import ContentRefused, ProviderError, RequestError, TransientError
from routing.core.request import Reply, Usage
from telemetry.core.plain_text import storable

# litellm maps the providers' own words (refusal, SAFETY, RECITATION, ...) to these.
REFUSED = frozenset({"content_filter", "refusal", "safety"})
CUT = "length"
# Far above any window: who tells more, or less than nothing, tells nothing that can be priced.
MOST_TOKENS = 100_000_000


def read_reply(response: Any, latency_ms: int) -> Reply:
    """Return the reply that a chat completion holds.

    Raises: ContentRefused where the provider declined; where it holds no text, RequestError if
    the limit on output tokens was used up before any, else TransientError.
    """
    if response is None:  # litellm swallows OpenAI's 422 once it has left out a parameter or two
        raise RequestError("HTTP 422", status=422, possibly_billed=False)
    choice = response.choices[0]
    usage = read_usage(getattr(response, "usage", None))
    finish_reason = storable(str(choice.finish_reason or ""))
    if finish_reason in REFUSED or _refusal(choice.message):
        raise _useless(ContentRefused, "the provider declined to answer", usage)
    text = storable(choice.message.content or "")
    if text.strip():
        return Reply(text, usage, finish_reason, latency_ms)
    if finish_reason == CUT:
        raise _useless(RequestError, "the output limit was reached before any text", usage)
    raise _useless(TransientError, "the answer is empty", usage)


def _useless(kind: type[ProviderError], message: str, usage: Usage | None) -> ProviderError:
    return kind(message, status=200, possibly_billed=True, usage=usage)


def read_usage(usage: Any) -> Usage | None:
    """Return the tokens by class; None where the provider did not tell, or told nonsense.

    The adapter writes zeros for what is missing: a prompt of no tokens cannot be.
    """
    if usage is None or not usage.prompt_tokens:
        return None
    prompt = getattr(usage, "prompt_tokens_details", None)
    completion = getattr(usage, "completion_tokens_details", None)
    written = _count(usage, "cache_creation_input_tokens")
    found = Usage(
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens or 0,
        cache_read_tokens=_count(prompt, "cached_tokens"),
        cache_write_tokens=written or _count(prompt, "cache_creation_tokens"),
        reasoning_tokens=_count(completion, "reasoning_tokens"),
        cache_write_long_tokens=_count(
            getattr(prompt, "cache_creation_token_details", None), "ephemeral_1h_input_tokens"
        ),
    )
    return found if all(0 <= count <= MOST_TOKENS for count in astuple(found)) else None


def _count(details: Any, name: str) -> int:
    return int(getattr(details, name, None) or 0)


def _refusal(message: Any) -> bool:
    fields = getattr(message, "provider_specific_fields", None) or {}
    return bool(getattr(message, "refusal", None) or fields.get("refusal"))
