"""Sending of replies: whole, streamed, broken off, or not at all."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from .exchange import Failure

_FRAMES_A_WRITE_SECONDS = 0.01  # shorter waits cost more than they show
_SILENCE_SECONDS = 3600.0  # longer than any client waits
_RST = struct.pack("ii", 1, 0)  # linger on, for no time: closing sends a reset
_HEADERS = {"x-simulated": "1"}


def whole(body: Any, status: int = 200) -> web.Response:
    """Return a JSON response."""
    return web.Response(
        body=json.dumps(body).encode(),
        status=status,
        headers=_HEADERS,
        content_type="application/json",
    )


def error(body: Any, failure: Failure) -> web.Response:
    """Return an error response, with Retry-After where the failure names one."""
    response = whole(body, failure.status)
    if failure.retry_after_seconds is not None:
        response.headers["retry-after"] = f"{failure.retry_after_seconds:g}"
    return response


async def stream(
    request: web.Request, frames: Sequence[bytes], seconds: float
) -> web.StreamResponse:
    """Send the frames spread over a time."""
    response = await _opened(request)
    writes = max(1, min(len(frames), int(seconds / _FRAMES_A_WRITE_SECONDS) or 1))
    size = -(-len(frames) // writes)
    for start in range(0, len(frames), size):
        await response.write(b"".join(frames[start : start + size]))
        if seconds > 0:
            await asyncio.sleep(seconds / writes)
    await response.write_eof()
    return response


async def cut(request: web.Request, frames: Sequence[bytes], wait: float) -> web.StreamResponse:
    """Send the first half of the frames and drop the connection."""
    response = await _opened(request)
    half = b"".join(frames)
    await response.write(half[: len(half) // 2])
    await asyncio.sleep(wait)
    drop(request)
    return response


async def cut_whole(request: web.Request, body: Any, wait: float) -> web.StreamResponse:
    """Announce a whole JSON reply, send half of it and drop the connection."""
    content = json.dumps(body).encode()
    response = web.StreamResponse(headers=_HEADERS)
    response.content_type = "application/json"
    response.content_length = len(content)
    await response.prepare(request)
    await response.write(content[: len(content) // 2])
    await asyncio.sleep(wait)
    drop(request)
    return response


async def silence(request: web.Request, seconds: float | None) -> None:
    """Say nothing for a time, by default longer than anyone waits, then drop the connection."""
    await asyncio.sleep(_SILENCE_SECONDS if seconds is None else seconds)
    drop(request)


def malformed(body: Any, in_stream: bool) -> web.Response:
    """Return a response that says it is JSON, or events of it, and is none."""
    content = json.dumps(body).encode()
    content = content[: len(content) * 2 // 3]
    return web.Response(
        body=b"data: " + content + b"\n\n" if in_stream else content,
        headers=_HEADERS,
        content_type="text/event-stream" if in_stream else "application/json",
    )


def drop(request: web.Request) -> None:
    """Close the connection with a reset, at once."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
    transport.abort()


async def _opened(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers=_HEADERS)
    response.content_type = "text/event-stream"
    response.headers["cache-control"] = "no-cache"
    await response.prepare(request)
    return response
