"""The HTTP application: which path speaks which wire format.

Every format is served under its provider's name, and at the root as well, so that one address
can stand for all providers.
"""

from __future__ import annotations

import re

from aiohttp import web

from . import admin
from .profiles import Profiles, read_skills
from .provider import Provider, Settings
from .wires.anthropic import AnthropicWire
from .wires.gemini import GeminiWire
from .wires.openai import OpenAIWire

_LARGEST_BODY = 64 * 1024 * 1024
_MOONSHOT = re.compile(r"kimi|moonshot", re.I)
_CHAT = ("/chat/completions", "/v1/chat/completions")
_METHODS = re.compile(r"(?P<model>.+):(?P<method>generateContent|streamGenerateContent)")


def application(settings: Settings | None = None) -> web.Application:
    """Return the simulator's application."""
    settings = settings or Settings()
    provider = Provider(settings, Profiles(settings.seed, read_skills()))
    app = web.Application(client_max_size=_LARGEST_BODY)
    app.add_routes(admin.routes(provider))
    app.add_routes(_Doors(provider).routes())
    return app


class _Doors:
    """One handler per wire format."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._anthropic = AnthropicWire()
        self._gemini = GeminiWire()
        self._dialects = {name: OpenAIWire(name) for name in ("openai", "moonshot", "deepseek")}

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of every format, root and prefixed."""
        found = [web.post("/v1/messages", self.messages)]
        found += [web.post("/anthropic" + path, self.messages) for path in ("/v1/messages",)]
        for prefix in ("", "/openai", "/moonshot", "/deepseek"):
            found += [web.post(prefix + path, self.chat) for path in _CHAT]
            found.append(web.get(prefix + "/v1/models", self.models))
        for prefix in ("", "/v1beta", "/gemini", "/gemini/v1beta"):
            found.append(web.post(prefix + "/models/{call}", self.generate))
        return found

    async def messages(self, request: web.Request) -> web.StreamResponse:
        """Serve Anthropic messages."""
        return await self._provider.serve(request, self._anthropic)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """Serve chat completions in the dialect of the path, else of the model's name."""
        prefix = request.path.split("/", 2)[1]
        wire = self._dialects.get(prefix)
        if wire is None:
            body = (await request.text())[-200_000:]
            named = re.search(r'"model"\s*:\s*"([^"]*)"', body)
            wire = self._dialects[_dialect(named[1] if named else "")]
        return await self._provider.serve(request, wire)

    async def generate(self, request: web.Request) -> web.StreamResponse:
        """Serve Gemini's generateContent and streamGenerateContent."""
        call = _METHODS.fullmatch(request.match_info["call"])
        if call is None:
            raise web.HTTPNotFound(text="only generateContent and streamGenerateContent exist")
        is_stream = call["method"] == "streamGenerateContent"
        return await self._provider.serve(request, self._gemini, call["model"], is_stream)

    async def models(self, request: web.Request) -> web.Response:
        """List the models that have a profile of their own; any other name works as well."""
        names = self._provider.profiles.names
        data = [{"id": name, "object": "model", "owned_by": "simulator"} for name in names]
        return web.json_response({"object": "list", "data": data})


def _dialect(model: str) -> str:
    if _MOONSHOT.search(model):
        return "moonshot"
    return "deepseek" if "deepseek" in model else "openai"
