"""One call to a chosen model: its money set aside, the call made, and both settled."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from budgets.services.ledger import ExtendHold, Granted, Refused
from routing.core.breaker import INCONCLUSIVE
from routing.core.catalog import ModelSpec
from routing.core.errors import InsufficientBudget, ProviderError
from routing.core.request import Reply
from routing.core.steering import Steered
from routing.services.calling import CallContext, PendingCall
from routing.services.cascading import next_model
from routing.services.effort import Effort
from routing.services.health import ObserveOutcome, TakeProbe
from routing.services.pacing import room_back, room_used, with_room
from routing.services.selection import Pick
from telemetry.models import Call
from telemetry.services.journal import Command, Journal


@dataclass(frozen=True)
class Completion:
    """An answer, who gave it, the call as it was recorded, and which recommendation had a say.

    `escalate_to` is the model to go to if the answer fails its check; empty: it is no first step
    of a cascade.
    """

    reply: Reply
    spec: ModelSpec
    call: Call
    steered: Steered | None = None
    escalate_to: str = ""


def preload() -> None:
    """Import what calling a model needs, some 3 s and 170 MB, before a process forks."""
    from routing import llm

    llm.preload()


async def close_connections() -> None:
    """Close what calls of this loop left open; where none was made, nothing is loaded for it."""
    if "routing.llm" in sys.modules:
        from routing import llm

        await llm.close()


class Sender:
    """Makes calls, each under its reservation; `forget` is told when a model's health changed."""

    def __init__(self, journal: Journal, forget: Callable[[], None]) -> None:
        self._journal = journal
        self._forget = forget

    async def reserve_and_send(
        self, pick: Pick, context: CallContext, effort: Effort
    ) -> Completion | None:
        """Set the call's bound aside, make it, settle it; None: look again, something changed.

        Raises: ProviderError, when the failure is settled too.
        """
        if not pick.candidate.probe:
            return await self._reserve_then_send(pick, context, effort)
        model = pick.spec.name
        (taken,) = await self._journal.write(TakeProbe(model, timezone.now()))
        self._forget()
        if not taken:
            return None
        done = None
        try:
            done = await self._reserve_then_send(pick, context, effort)
        except ProviderError:
            raise  # an outcome like any other: the breaker has heard of it
        except (Exception, asyncio.CancelledError):
            await self._give_probe_back(model)
            raise
        if done is None:
            await self._give_probe_back(model)
        return done

    async def _give_probe_back(self, model: str) -> None:
        """Let somebody else look whether the model is back: this call was not made."""
        reason = "the probe was not made"
        await self._journal.write(ObserveOutcome(model, INCONCLUSIVE, reason, timezone.now()))
        self._forget()

    async def _reserve_then_send(
        self, pick: Pick, context: CallContext, effort: Effort
    ) -> Completion | None:
        decided = PendingCall(pick, context, timezone.now())
        pending = await with_room(self._journal, decided, effort)
        if pending is None:
            return None
        *_, result = await self._journal.write(
            *pending.decisions(), pending.reservation(), guard=context.start_guard
        )
        if isinstance(result, Granted):
            effort.refusal = None
            if result.over_phase_cap:
                await self._journal.write(*context.on_over_cap(pick.request.phase))
            return await self._send(pending)
        if pending.room is not None:
            await self._journal.write(*room_back(pending))
        if result.closed:  # it has no room even for a call that costs nothing
            raise InsufficientBudget(result)
        effort.refusal = result
        if result.extendable:
            effort.refusal = await self._extend(result, context)
        return None

    async def _extend(self, refused: Refused, context: CallContext) -> Refused | None:
        """Let the hold grow, amply where there is room for it; None: it has grown."""
        for amount in dict.fromkeys((refused.ample_nanousd, refused.missing_nanousd)):
            extension = ExtendHold(context.hold_id, amount, timezone.now())
            (answer,) = await self._journal.write(extension, guard=context.guard)
            if not isinstance(answer, Refused):
                return None
            refused = answer
        return refused

    async def _send(self, pending: PendingCall) -> Completion | None:
        from routing import llm  # heavy: only processes that call models import it

        spec = pending.pick.spec
        if not await self._mark_sent(pending):
            return None  # its hold was closed meanwhile, and nobody would pay for it
        try:
            reply = await llm.complete(
                spec, pending.pick.snapshot.provider_of(spec.name), pending.request
            )
        except Exception as error:
            await self._settle(pending, *pending.failed(error, timezone.now()))
            raise
        call = await self._settle(pending, *pending.succeeded(reply, timezone.now()))
        pick = pending.pick
        return Completion(reply, spec, call, pick.steered, next_model(pick.cascading))

    async def _mark_sent(self, pending: PendingCall) -> bool:
        """Note that the call is about to leave; False: it must not."""
        start_guard, guard = pending.context.start_guard, pending.context.guard
        try:
            (sent,) = await self._journal.write(pending.sent(timezone.now()), guard=start_guard)
        except (Exception, asyncio.CancelledError):
            # Stopped in between: nothing was sent, and money and room go back at once.
            dropped = pending.dropped(timezone.now())
            await self._journal.write(dropped, *room_back(pending), guard=guard)
            raise
        return bool(sent)

    async def _settle(
        self, pending: PendingCall, call: Call, commands: tuple[Command, ...]
    ) -> Call:
        commands += room_used(pending, call)
        try:
            results = await self._journal.write(*commands, guard=pending.context.guard)
        except Exception:
            if pending.pick.candidate.probe:
                # Its run has ended; what the model answered is true all the same.
                await self._journal.write(commands[1])
            raise
        if results[1] is not None:  # the model's breaker changed
            self._forget()
        return call
