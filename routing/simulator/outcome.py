"""How a request ends: refused, broken by a fault, or sent in its time."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from . import delivery
from .exchange import Answer, Failure, Prompt
from .faults import STATUSES, Fault, failure
from .mind import input_tokens
from .profiles import Profile
from .wires.content import Wire

_FIRST_TOKEN_RATIO = 0.4  # of a reply's time, before a stream begins


async def refused(
    wire: Wire, struck: list[Fault], prompt: Prompt, profile: Profile
) -> Failure | None:
    """Return the error that a fault, or a prompt beyond the window, is answered with."""
    facts: dict[str, Any] = {"model": prompt.model, "window": profile.context_window}
    fault = next((fault for fault in struck if fault.kind in STATUSES), None)
    counted = input_tokens(prompt)
    if fault is not None:
        facts["tokens"] = max(counted, profile.context_window + 1)
        await asyncio.sleep((fault.after_ms or 0) / 1000)
        return failure(fault, wire.messages, facts)
    if counted > profile.context_window:
        facts["tokens"] = counted
        return failure(Fault("context_too_long"), wire.messages, facts)
    return None


def extra_seconds(struck: list[Fault]) -> float:
    return sum(fault.after_ms or 0 for fault in struck if fault.kind == "slow") / 1000


async def broken(
    request: web.Request, wire: Wire, prompt: Prompt, answer: Answer, fault: Fault
) -> web.StreamResponse:
    """Play a fault that gives no proper reply."""
    wait = (fault.after_ms or 0) / 1000
    if fault.kind == "malformed":
        await asyncio.sleep(wait)
        return delivery.malformed(wire.reply(answer), prompt.stream)
    if fault.kind == "cut_stream" and prompt.stream:
        return await delivery.cut(request, list(wire.frames(answer, prompt)), wait)
    if fault.kind == "cut_stream":
        return await delivery.cut_whole(request, wire.reply(answer), wait)
    if fault.kind == "timeout":
        await delivery.silence(request, None if fault.after_ms is None else wait)
    else:
        await asyncio.sleep(wait)
        delivery.drop(request)
    return web.Response(status=500)  # nobody is left to read it


async def sent(
    request: web.Request, wire: Wire, prompt: Prompt, answer: Answer, seconds: float
) -> web.StreamResponse:
    """Send a reply in its time; a stream starts early and takes the rest of it."""
    if not prompt.stream:
        if seconds > 0:
            await asyncio.sleep(seconds)
        return delivery.whole(wire.reply(answer))
    await asyncio.sleep(seconds * _FIRST_TOKEN_RATIO)
    return await delivery.stream(
        request, list(wire.frames(answer, prompt)), seconds * (1 - _FIRST_TOKEN_RATIO)
    )
