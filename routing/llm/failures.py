"""What a failed call was: decided from exception types and HTTP status alone.

litellm picks its own exception by words in the provider's message, so that a 500 whose text
says "model_not_found" arrives as NotFoundError. What httpx saw on the wire is always at the
bottom of the chain, and that decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from json import JSONDecodeError

import httpx

from routing.core.errors import (
    ContentRefused,
    ContextTooLong,
    PermanentModelError,
    ProviderError,
    RequestError,
    TransientError,
)
from telemetry.core.plain_text import storable

# 402: the account is empty. 405, 410: the endpoint is no more. All need somebody to act.
PERMANENT = frozenset({401, 402, 403, 404, 405, 410})
TRANSIENT = frozenset({408, 409, 425, 429})
# Statuses under which providers refuse a request for what is in it.
ABOUT_THE_REQUEST = frozenset({400, 413, 422})
TOO_LARGE = 413
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
# OpenAI's error codes, which those who speak its format use too.
CONTEXT_CODES = frozenset({"context_length_exceeded", "string_above_max_length"})
REFUSED_CODES = frozenset({"content_policy_violation", "content_filter", "invalid_prompt"})
# Gemini answers 400, where the others say 401, to a key it does not know.
KEY_REASONS = frozenset({"API_KEY_INVALID", "API_KEY_EXPIRED"})
MAX_DETAIL = 300


@dataclass(frozen=True)
class Kinds:
    """The adapter library's exception types that tell more than the status does.

    `unsendable` are raised before anything is sent, where they have no cause.
    """

    context_too_long: tuple[type[BaseException], ...]
    refused: tuple[type[BaseException], ...]
    unsendable: tuple[type[BaseException], ...]


def classify(error: Exception, kinds: Kinds, now_seconds: float) -> ProviderError:
    """Return what this failure of a call was, as one of routing's own errors.

    Its message holds no words of the provider, which may repeat a prompt or a key, but for a
    request's own error, which only the caller sees. `now_seconds` is a Unix time.
    """
    chain = tuple(_chain(error))
    for link in chain:
        if isinstance(link, httpx.HTTPStatusError):
            return _answered(link.response, chain, kinds, now_seconds)
    for link in chain:
        if isinstance(link, httpx.TransportError):
            return _broken(link)
    if isinstance(chain[-1], kinds.unsendable):
        name = type(chain[-1]).__name__
        message = f"the call cannot be made ({name}): check the model's name and its key"
        return PermanentModelError(message, status=None, possibly_billed=False)
    return _unreadable(chain)


def timed_out(seconds: float) -> TransientError:
    """Return the error of a call that got no answer in its time."""
    return TransientError(f"no answer within {seconds:g} s", status=None, possibly_billed=True)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it was raised from or in the handling of, nearest first."""
    seen: set[int] = set()
    ahead: list[BaseException | None] = [error]
    while ahead:
        link = ahead.pop(0)
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        ahead += [link.__cause__, link.__context__]


def _answered(
    response: httpx.Response, chain: tuple[BaseException, ...], kinds: Kinds, now_seconds: float
) -> ProviderError:
    """Classify an HTTP error answer; providers bill none of them."""
    status = response.status_code
    if status in TRANSIENT or status >= 500:
        return TransientError(
            f"HTTP {status}",
            status=status,
            possibly_billed=False,
            retry_after_seconds=_retry_after(response, now_seconds),
        )
    if status in PERMANENT or status < 400:
        return PermanentModelError(f"HTTP {status}", status=status, possibly_billed=False)
    return _about_request(status, response, chain, kinds)


def _about_request(
    status: int, response: httpx.Response, chain: tuple[BaseException, ...], kinds: Kinds
) -> ProviderError:
    kind: type[ProviderError] = RequestError
    message, codes = _error_body(response)
    if codes & KEY_REASONS:
        return PermanentModelError(f"HTTP {status}", status=status, possibly_billed=False)
    if status in ABOUT_THE_REQUEST:
        too_long = codes & CONTEXT_CODES or _has(chain, kinds.context_too_long)
        if status == TOO_LARGE or too_long:
            kind = ContextTooLong
        elif codes & REFUSED_CODES or _has(chain, kinds.refused):
            kind = ContentRefused
    return kind(f"HTTP {status}: {message}", status=status, possibly_billed=False)


def _broken(link: httpx.TransportError) -> TransientError:
    name = type(link).__name__
    return TransientError(
        f"the connection failed ({name})",
        status=None,
        possibly_billed=not isinstance(link, NOT_SENT),
    )


def _unreadable(chain: tuple[BaseException, ...]) -> TransientError:
    """Return the error of an answer that came whole and could not be read."""
    broken = _has(chain, (JSONDecodeError,))
    name = "not JSON" if broken else type(chain[-1]).__name__
    return TransientError(
        f"the answer could not be read ({name})", status=200, possibly_billed=True
    )


def _has(chain: tuple[BaseException, ...], types: tuple[type[BaseException], ...]) -> bool:
    return any(isinstance(link, types) for link in chain)


def _error_body(response: httpx.Response) -> tuple[str, frozenset[str]]:
    """Return message and codes of an error answer, in any of the wire formats."""
    try:
        error = response.json()["error"]
        reasons = [one.get("reason") for one in error.get("details") or ()]
        codes = frozenset(map(str, (error.get("code"), error.get("type"), *reasons)))
        return storable(str(error["message"])[:MAX_DETAIL]), codes
    except (ValueError, LookupError, TypeError, AttributeError, httpx.StreamError):
        return "no reason given", frozenset()


def _retry_after(response: httpx.Response, now_seconds: float) -> float | None:
    """Return the wait that the provider asks for: seconds, or a date (RFC 9110, 10.2.3)."""
    text = response.headers.get("retry-after", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - now_seconds
        except ValueError:
            return None
    return seconds if 0 <= seconds < float("inf") else None
