"""One request's way through a simulated provider, from its body to its reply."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from aiohttp import web

from . import delivery, intent, outcome
from .access_log import AccessLog, Entry
from .draws import Draws, digest
from .exchange import Answer, BadRequest, Failure, Prompt
from .faults import BROKEN, Fault, Faults
from .intent import Reading
from .mind import Mind
from .profiles import Profile, Profiles
from .script import Line, Script
from .wires.content import Wire

_KEY_HEADERS = ("authorization", "x-api-key", "x-goog-api-key")
_REFUSAL = "I can't help with that request."
_NONCE_HEADER = "x-sim-sample"


@dataclass(frozen=True, slots=True)
class Settings:
    """How the simulator runs; `fixed_latency_ms` None: latency follows the profile."""

    seed: int = 7
    latency_scale: float = 1.0
    fixed_latency_ms: float | None = None
    kept_prompts: bool = False


class Provider:
    """Everything the wires share: minds, faults, script and log."""

    def __init__(self, settings: Settings, profiles: Profiles) -> None:
        self.settings = settings
        self.profiles = profiles
        self.faults = Faults(settings.seed)
        self.script = Script()
        self.log = AccessLog()
        self._mind = Mind(settings.seed)

    async def serve(
        self, request: web.Request, wire: Wire, model: str | None = None, stream: bool | None = None
    ) -> web.StreamResponse:
        """Answer one request; `model` and `stream` None: the body names them."""
        entry = self.log.begin(time.time(), wire.name)
        status: int | str = "dropped"
        try:
            response = await self._reply(request, wire, entry, model, stream)
            status = entry.get("broken") or response.status
        except asyncio.CancelledError:
            status = entry.get("broken") or "client_gone"
            raise
        except ConnectionError:
            status = entry.get("broken") or "client_gone"
            raise
        finally:
            self.log.end(entry, status)
        return response

    async def _reply(
        self,
        request: web.Request,
        wire: Wire,
        entry: Entry,
        model: str | None,
        stream: bool | None,
    ) -> web.StreamResponse:
        try:
            prompt = await _prompt(request, wire, model, stream)
        except BadRequest as error:
            refused = Failure(400, "bad_request", str(error))
            return delivery.error(wire.error(refused), refused)
        entry["model"] = prompt.model
        if not _has_key(request):
            refused = Failure(401, "auth", wire.messages["auth"])
            return delivery.error(wire.error(refused), refused)
        reading = intent.read(prompt)
        entry |= {"intent": reading.kind, "task_type": reading.task_type}
        entry["digest"] = digest(prompt.model, prompt.text)
        if self.settings.kept_prompts:
            entry["prompt"] = prompt.text
        return await self._answered(request, wire, entry, prompt, reading)

    async def _answered(
        self, request: web.Request, wire: Wire, entry: Entry, prompt: Prompt, reading: Reading
    ) -> web.StreamResponse:
        profile = self.profiles.of(prompt.model)
        line = self.script.take(prompt, reading)
        struck = [line.fault] if line is not None and line.fault is not None else []
        if line is None:
            struck = self.faults.strike(prompt.model, wire.name, reading.kind)
        if struck:
            entry["faults"] = [fault.kind for fault in struck]
        refusal = await outcome.refused(wire, struck, prompt, profile)
        if refusal is not None:
            return delivery.error(wire.error(refusal), refusal)
        answer = self._answer(prompt, reading, profile, struck, line)
        if answer.tokens is not None:
            entry["input_tokens"] = answer.tokens.input
            entry["output_tokens"] = answer.tokens.output
        seconds = self._seconds(profile, answer) + outcome.extra_seconds(struck)
        entry["latency_ms"] = round(seconds * 1000, 1)
        broken = next((fault for fault in struck if fault.kind in BROKEN), None)
        if broken is not None:
            entry["broken"] = broken.kind
            return await outcome.broken(request, wire, prompt, answer, broken)
        return await outcome.sent(request, wire, prompt, answer, seconds)

    def _answer(
        self,
        prompt: Prompt,
        reading: Reading,
        profile: Profile,
        struck: list[Fault],
        line: Line | None,
    ) -> Answer:
        kinds = {fault.kind for fault in struck}
        if line is not None and line.fault is None:
            answer = self._mind.literal(line.text, prompt, profile)
            answer = replace(answer, tokens=line.tokens or answer.tokens)
            return replace(answer, finish=line.finish or answer.finish)
        if "refusal" in kinds:
            answer = replace(self._mind.literal(_REFUSAL, prompt, profile), finish="refusal")
        elif "empty" in kinds:
            answer = self._mind.literal("", prompt, profile)
        else:
            answer = self._mind.answer(
                prompt,
                reading,
                profile,
                skill_shift=sum(fault.skill_shift for fault in struck),
                spoil_plan="bad_json_plan" in kinds,
            )
        return replace(answer, tokens=None) if "no_usage" in kinds else answer

    def _seconds(self, profile: Profile, answer: Answer) -> float:
        if self.settings.fixed_latency_ms is not None:
            return self.settings.fixed_latency_ms / 1000
        if not self.settings.latency_scale:
            return 0.0
        output = answer.tokens.output if answer.tokens is not None else 100
        jitter = 1 + profile.jitter_ratio * Draws(answer.id).normal("jitter")
        plain = profile.base_ms + profile.token_ms * output
        return max(plain * max(jitter, 0.3), 1.0) * self.settings.latency_scale / 1000


async def _prompt(
    request: web.Request, wire: Wire, model: str | None, stream: bool | None
) -> Prompt:
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise BadRequest("the body is not valid JSON") from error
    if not isinstance(body, Mapping):
        raise BadRequest("the body must be a JSON object")
    named = model or body.get("model")
    if not isinstance(named, str) or not named:
        raise BadRequest("you must provide a model parameter")
    prompt = wire.read(body, named, bool(body.get("stream")) if stream is None else stream)
    sample = request.headers.get(_NONCE_HEADER)
    return replace(prompt, nonce=sample) if sample else prompt


def _has_key(request: web.Request) -> bool:
    return "key" in request.query or any(name in request.headers for name in _KEY_HEADERS)
