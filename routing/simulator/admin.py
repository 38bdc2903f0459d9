"""The switchboard under /_sim: faults, script, access log and counts."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from .faults import InvalidFault, read_fault
from .provider import Provider
from .script import InvalidScript


def routes(provider: Provider) -> list[web.RouteDef]:
    """Return the routes that steer a provider."""
    board = _Board(provider)
    return [
        web.get("/healthz", board.health),
        web.get("/_sim/faults", board.faults),
        web.delete("/_sim/faults", board.clear_faults),
        web.put("/_sim/faults/{model:.+}", board.set_faults),
        web.delete("/_sim/faults/{model:.+}", board.clear_faults),
        web.put("/_sim/script", board.add_script),
        web.get("/_sim/script", board.script),
        web.delete("/_sim/script", board.clear_script),
        web.get("/_sim/requests", board.requests),
        web.delete("/_sim/requests", board.clear_requests),
        web.get("/_sim/stats", board.stats),
    ]


class _Board:
    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "seed": self._provider.settings.seed})

    async def faults(self, request: web.Request) -> web.Response:
        return web.json_response(self._provider.faults.listed())

    async def set_faults(self, request: web.Request) -> web.Response:
        body = await _body(request)
        try:
            faults = [read_fault(each) for each in (body if isinstance(body, list) else [body])]
        except (InvalidFault, TypeError) as error:
            raise _refusal(str(error)) from error
        self._provider.faults.set(request.match_info["model"], faults)
        return await self.faults(request)

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._provider.faults.clear(request.match_info.get("model"))
        return await self.faults(request)

    async def add_script(self, request: web.Request) -> web.Response:
        try:
            self._provider.script.add(await _body(request))
        except (InvalidScript, InvalidFault) as error:
            raise _refusal(str(error)) from error
        return await self.script(request)

    async def script(self, request: web.Request) -> web.Response:
        return web.json_response({"left": self._provider.script.left()})

    async def clear_script(self, request: web.Request) -> web.Response:
        self._provider.script.clear()
        return await self.script(request)

    async def requests(self, request: web.Request) -> web.Response:
        try:
            since = int(request.query.get("since", 0))
        except ValueError as error:
            raise _refusal("since must be a number") from error
        wanted = {key: value for key, value in request.query.items() if key != "since"}
        entries = self._provider.log.since(since)
        found = [entry for entry in entries if _matches(entry, wanted)]
        return web.json_response(
            {"requests": found, "last": entries[-1]["n"] if entries else since}
        )

    async def clear_requests(self, request: web.Request) -> web.Response:
        self._provider.log.clear()
        return web.json_response({"requests": []})

    async def stats(self, request: web.Request) -> web.Response:
        return web.json_response(self._provider.log.stats())


def _matches(entry: dict[str, Any], wanted: dict[str, str]) -> bool:
    return all(str(entry.get(key)) == value.removeprefix("sim/") for key, value in wanted.items())


async def _body(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except ValueError as error:
        raise _refusal("the body is not JSON") from error


def _refusal(reason: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"error": reason}), content_type="application/json")
