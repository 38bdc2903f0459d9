"""Reading a request's JSON so strictly that nothing behind it meets a surprise.

What is refused here could not be stored (NUL, lone surrogates), is not what its sender meant
(a key given twice, a number too large for a float), or costs too much to look at (size, depth).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.parsers import BaseParser

MAX_DEPTH = 24


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"A request's body is at most {limit_bytes} bytes.")


class StrictJSONParser(BaseParser):
    """Reads one JSON object, or says in one sentence why it did not."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise BodyTooLarge(limit)
        body = parse_object(raw)
        errors = {where: [message] for where, message in _faults(body)}
        if errors:
            raise ValidationError(errors)
        return body


def parse_object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object in the bytes. Raises: ParseError."""
    try:
        value = json.loads(
            raw.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_unique
        )
    except UnicodeDecodeError:
        raise ParseError("The body is not UTF-8.") from None
    except RecursionError:
        raise ParseError("The body is nested too deeply.") from None
    except ValueError as error:
        raise ParseError(f"The body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ParseError("The body must be a JSON object.")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:60]!r} is given twice")
    return result


def _faults(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield where something cannot be kept, and why; a stack, since depth is the sender's."""
    waiting: list[tuple[str, int, Any]] = [("", 0, body)]
    while waiting:
        where, depth, value = waiting.pop()
        if isinstance(value, str):
            if message := _fault_of_text(value):
                yield where, message
        elif isinstance(value, float) and not math.isfinite(value):
            yield where, "This number is too large."
        elif isinstance(value, dict | list) and depth == MAX_DEPTH:
            yield where, f"Values are nested at most {MAX_DEPTH} levels deep."
        elif isinstance(value, dict):
            if any(_fault_of_text(key) for key in value):
                yield where or "body", "A key holds a character that cannot be stored."
            waiting += [(_below(where, key), depth + 1, item) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [(_below(where, at), depth + 1, item) for at, item in enumerate(value)]


def _below(where: str, key: object) -> str:
    # Ignored, not replaced: an error must be writable even when the key it names is not.
    name = str(key).encode("utf-8", "ignore").decode()[:60]
    return f"{where}.{name}" if where else name


def _fault_of_text(text: str) -> str:
    if "\x00" in text:
        return "Null characters are not allowed."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "This text holds half of a surrogate pair: it is not Unicode."
    return ""
