"""Reading of the parts that the wire formats have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from ..exchange import Answer, BadRequest, Failure, Prompt

Json = dict[str, Any]


class Wire(Protocol):
    """What the server needs of a wire format; `name` is what the access log calls it,
    `messages` are the provider's words for a failure, by its neutral reason."""

    name: str
    messages: dict[str, str]

    def read(self, body: Mapping[str, Any], model: str, stream: bool) -> Prompt: ...

    def reply(self, answer: Answer) -> Json: ...

    def frames(self, answer: Answer, prompt: Prompt) -> Iterator[bytes]: ...

    def error(self, failure: Failure) -> Json: ...


def flat_text(content: Any) -> str:
    """Return the text of a string or of a list of text parts; other parts are left out."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict)]
        return "\n".join(text for text in texts if isinstance(text, str))
    raise BadRequest("content must be a string or a list of parts")


def whole_number(value: Any, name: str) -> int | None:
    """Return a positive limit, None if it was not given.

    Raises: BadRequest.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadRequest(f"{name} must be an integer of at least 1")
    return value


def pieces(text: str, size: int = 48) -> Iterator[str]:
    """Return a text in the pieces that a stream sends, at least one."""
    if not text:
        yield ""
    for start in range(0, len(text), size):
        yield text[start : start + size]
