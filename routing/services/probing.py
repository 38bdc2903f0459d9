"""Tries models whose breaker may close again, beside the calls of users and never by them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

from django.utils import timezone

from routing.core.errors import ProviderError
from routing.core.request import Message, ModelRequest
from routing.core.snapshot import candidate_for
from routing.core.tokens import count_tokens
from routing.services.calling import CallContext
from routing.services.effort import Effort
from routing.services.selection import Pick

logger = logging.getLogger(__name__)

QUESTION = (Message("user", "Answer with one word: ready"),)
# A reasoning model thinks before it says even one word.
OUTPUT_TOKENS = {False: 16, True: 1024}
TIMEOUT_SECONDS = 30.0
# So long a run's end waits for its probes, so that they are charged what they cost. One that takes
# longer is charged in full, and still tells of its model's health when it comes to its end.
GRACE_SECONDS = 1.0

Call = Callable[[Pick, CallContext, Effort], Awaitable[object]]


class Prober:
    """Runs at most one probe per model at a time, paid by the run that wanted the model."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._running: dict[str, asyncio.Task[None]] = {}
        self._payers: dict[str, UUID] = {}

    def start(self, model: str, pick: Pick, context: CallContext) -> None:
        """Begin a probe in the background, unless one is under way."""
        if model not in self._running:
            task = asyncio.create_task(self._probe(model, pick, context), name=f"probe {model}")
            self._running[model], self._payers[model] = task, context.run_id
            task.add_done_callback(lambda _: self._forget(model))

    async def finish(self, run_id: UUID) -> None:
        """Wait a moment for the probes that a run pays."""
        mine = [self._running[model] for model, payer in self._payers.items() if payer == run_id]
        if mine:
            await asyncio.wait(mine, timeout=GRACE_SECONDS)

    async def close(self) -> None:
        """End the probes under way."""
        probes = list(self._running.values())
        for probe in probes:
            probe.cancel()
        await asyncio.gather(*probes, return_exceptions=True)

    def _forget(self, model: str) -> None:
        del self._running[model], self._payers[model]

    async def _probe(self, model: str, pick: Pick, context: CallContext) -> None:
        try:
            quiet = replace(context, task_key="", attempt=0, use_cache=False)
            await self._call(_question_for(model, pick), quiet, Effort())
        except ProviderError as error:
            logger.info("%s is not back yet: %s", model, type(error).__name__)
        except Exception as error:
            # The run ended meanwhile, or has no money left: another run will ask.
            logger.info("The probe of %s was not made: %s", model, type(error).__name__)


def _question_for(model: str, pick: Pick) -> Pick:
    spec = pick.snapshot.models[model]
    request = ModelRequest(
        phase=pick.request.phase,
        task_type=pick.request.task_type,
        messages=QUESTION,
        max_output_tokens=OUTPUT_TOKENS[spec.reasoning],
        temperature=None,
        timeout_seconds=TIMEOUT_SECONDS,
    )
    candidate = candidate_for(pick.snapshot, spec, request, count_tokens(QUESTION), timezone.now())
    choice = replace(pick.choice, model=model, fallbacks=(), scored=(), propensity=1.0)
    return replace(
        pick,
        spec=spec,
        request=request,
        candidate=candidate,
        choice=choice,
        to_probe=(),
        cascading=None,
    )
