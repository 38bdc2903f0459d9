"""Refusing bodies that are too large while they arrive, before anything of them is kept.

An ASGI application is called once Twisted has read the whole body, which would be too late: so
this is done in the class that daphne reads requests with.
"""

from __future__ import annotations

from typing import Any

from daphne.http_protocol import WebRequest  # type: ignore[import-untyped]

LINGER_SECONDS = 2.0  # for the answer to be read by a client that is still sending


def limit_bodies(limit_bytes: int, files_bytes: int, answer: bytes) -> None:
    """Have daphne answer bodies above a size with these bytes of HTTP, and hang up.

    `files_bytes` is the size for those that bring files.
    """
    limits = (limit_bytes, files_bytes)
    WebRequest.gotLength = _got_length(WebRequest.gotLength, limits, answer)
    WebRequest.handleContentChunk = _chunk(WebRequest.handleContentChunk, answer)


def refusal(status: int, reason: str, content_type: str, body: bytes) -> bytes:
    """Return a whole HTTP answer after which the connection ends."""
    head = (
        f"HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def _got_length(plain: Any, limits: tuple[int, int], answer: bytes) -> Any:
    def got_length(request: Any, length: int | None) -> None:
        kind = request.requestHeaders.getRawHeaders(b"content-type", [b""])[0]
        request.bytes_left = limits[kind.lower().startswith(b"multipart/form-data")]
        request.refused = False
        if length is not None and length > request.bytes_left:
            plain(request, 0)  # no room is made for what is only declared
            _refuse(request, answer)
        else:
            plain(request, length)

    return got_length


def _chunk(plain: Any, answer: bytes) -> Any:
    def chunk(request: Any, data: bytes) -> None:
        request.bytes_left -= len(data)
        if request.refused:
            return
        if request.bytes_left < 0:
            _refuse(request, answer)
        else:
            plain(request, data)

    return chunk


def _refuse(request: Any, answer: bytes) -> None:
    """Answer, and read on for a moment: to close at once would reset the client's sending."""
    from twisted.internet import reactor

    request.refused = True
    request.process = lambda: None  # if the rest comes all the same
    request.channel.transport.write(answer)
    timer: Any = reactor
    timer.callLater(LINGER_SECONDS, request.channel.transport.loseConnection)
