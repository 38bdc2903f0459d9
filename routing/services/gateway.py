"""The one way to call a model: choose, reserve, call, settle, learn of health, retry or fall back.

Nothing is sent before its money is durably reserved, and whatever comes back, the money is
settled before anybody hears of the answer.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from budgets.services.ledger import ExtendHold, Granted
from routing.core import retry
from routing.core.catalog import ModelSpec
from routing.core.errors import DeadlinePassed, InsufficientBudget, NoCandidate, ProviderError
from routing.core.request import Reply, cache_key
from routing.services.cache import FindReply
from routing.services.calling import CallContext, PendingCall
from routing.services.decisions import RecordDecision
from routing.services.health import TakeProbe
from routing.services.probing import Prober
from routing.services.selection import (
    Avoid,
    Effort,
    Pick,
    Selector,
    Wanted,
    short_of_money,
)
from telemetry.models import Call
from telemetry.services.journal import Command, Journal

__all__ = ["Avoid", "CallContext", "Completion", "Gateway", "Wanted", "preload"]

MONEY_POLL_SECONDS = 0.25
HEALTH_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Completion:
    """An answer, who gave it, and the call as it was recorded."""

    reply: Reply
    spec: ModelSpec
    call: Call


def preload() -> None:
    """Import what calling a model needs, some 3 s and 170 MB, before a process forks."""
    from routing import llm

    llm.preload()


class Gateway:
    """Makes calls on behalf of many runs over one journal."""

    def __init__(self, journal: Journal, randomness: random.Random | None = None) -> None:
        self._journal = journal
        self._random = randomness or random.SystemRandom()
        self._selector = Selector(journal, self._random)
        self._prober = Prober(self._reserve_and_send)

    async def complete(self, wanted: Wanted, context: CallContext) -> Completion:
        """Have one call answered by the best model that can.

        Raises: NoCandidate, InsufficientBudget, DeadlinePassed, RequestError; whatever the
        guards and `pause` raise.
        """
        effort = Effort()
        patience = timedelta(seconds=settings.PATIENCE_SECONDS)
        patience_ends = min(timezone.now() + patience, context.deadline_at)
        while True:
            if timezone.now() >= context.deadline_at:
                raise DeadlinePassed("the time limit ended before the call")
            try:
                pick = await self._pick(wanted, context, effort)
            except NoCandidate as error:
                await self._without_candidate(error, wanted, context, effort, patience_ends)
                continue
            if (kept := await self._cached(pick, context)) is not None:
                return kept
            try:
                done = await self._reserve_and_send(pick, context, effort)
            except ProviderError as error:
                await self._after_failure(error, pick, context, effort)
                continue
            if done is not None:
                return done

    async def close(self) -> None:
        """End what still goes on beside the calls, and the connections they left open."""
        await self._prober.close()
        if "routing.llm" in sys.modules:
            from routing import llm

            await llm.close()

    async def _pick(self, wanted: Wanted, context: CallContext, effort: Effort) -> Pick:
        pick = await self._selector.pick(
            wanted,
            effort,
            context.allowed,
            asking=context,
            preference=context.preference,
            now=timezone.now(),
        )
        for model in pick.to_probe:
            self._prober.start(model, pick, context)
        return pick

    async def _without_candidate(
        self,
        error: NoCandidate,
        wanted: Wanted,
        context: CallContext,
        effort: Effort,
        patience_ends: datetime,
    ) -> None:
        """Wait where waiting may help, else record the denial. Raises: why no call is made."""
        now = timezone.now()
        if effort.pinned is not None:  # its breaker opened during the pause
            effort.pinned = None
        elif effort.refusal is not None and short_of_money(error):
            await self._wait_for_money(error, wanted, context, effort)
        elif wanted.patient and now < patience_ends and _back_by(error, patience_ends):
            effort.start_over()
            wait = (error.retry_at - now).total_seconds() if error.retry_at else 0.0
            await context.pause(max(wait, HEALTH_POLL_SECONDS))
        else:
            await self._deny(error, wanted, context, "no model is left")
            raise error

    async def _wait_for_money(
        self, error: NoCandidate, wanted: Wanted, context: CallContext, effort: Effort
    ) -> None:
        """Wait while other calls of the run hold money that may come back."""
        refusal = effort.refusal
        if refusal is None or refusal.held_nanousd == 0 or refusal.scope != "run":
            await self._deny(error, wanted, context, "the money does not reach")
            raise InsufficientBudget(refusal) from error
        effort.refusal = None
        await context.pause(MONEY_POLL_SECONDS)

    async def _deny(
        self, error: NoCandidate, wanted: Wanted, context: CallContext, reason: str
    ) -> None:
        decision = RecordDecision.denied(
            context, phase=wanted.phase, error=error, reason=reason, at=timezone.now()
        )
        await self._journal.write(decision, guard=context.guard)

    async def _cached(self, pick: Pick, context: CallContext) -> Completion | None:
        if not context.use_cache:
            return None
        now = timezone.now()
        key = cache_key(pick.spec.name, pick.request)
        (reply,) = await self._journal.write(FindReply(context.team_id, key, now))
        if reply is None:
            return None
        call, commands = PendingCall(pick, context, now).from_cache(reply, now)
        await self._journal.write(*commands, guard=context.start_guard)
        return Completion(reply, pick.spec, call)

    async def _reserve_and_send(
        self, pick: Pick, context: CallContext, effort: Effort
    ) -> Completion | None:
        """Set the call's bound aside, make it, settle it; None: look again, something changed.

        Raises: ProviderError, when the failure is settled too.
        """
        if pick.candidate.probe:
            (taken,) = await self._journal.write(TakeProbe(pick.spec.name, timezone.now()))
            self._selector.forget()
            if not taken:
                return None
        pending = PendingCall(pick, context, timezone.now())
        *_, result = await self._journal.write(
            *pending.decisions(), pending.reservation(), guard=context.start_guard
        )
        if isinstance(result, Granted):
            effort.refusal = None
            return await self._send(pending)
        effort.refusal = result
        if result.extendable:
            extension = ExtendHold(context.hold_id, result.requested_nanousd, timezone.now())
            (extended,) = await self._journal.write(extension, guard=context.guard)
            effort.refusal = None if isinstance(extended, Granted) else extended
        return None

    async def _send(self, pending: PendingCall) -> Completion:
        from routing import llm  # heavy: only processes that call models import it

        spec = pending.pick.spec
        await self._mark_sent(pending)
        try:
            reply = await llm.complete(
                spec, pending.pick.snapshot.provider_of(spec.name), pending.request
            )
        except Exception as error:
            await self._settle(pending, *pending.failed(error, timezone.now()))
            raise
        call = await self._settle(pending, *pending.succeeded(reply, timezone.now()))
        return Completion(reply, spec, call)

    async def _mark_sent(self, pending: PendingCall) -> None:
        try:
            await self._journal.write(
                pending.sent(timezone.now()), guard=pending.context.start_guard
            )
        except Exception:
            # Cancelled in between: nothing was sent, and the money goes back at once.
            await self._journal.write(pending.dropped(timezone.now()), guard=pending.context.guard)
            raise

    async def _settle(
        self, pending: PendingCall, call: Call, commands: tuple[Command, ...]
    ) -> Call:
        results = await self._journal.write(*commands, guard=pending.context.guard)
        if results[1] is not None:  # the model's breaker changed
            self._selector.forget()
        return call

    async def _after_failure(
        self, error: ProviderError, pick: Pick, context: CallContext, effort: Effort
    ) -> None:
        """Do what the error's class asks for. Raises: the error, if no model would do better."""
        model = pick.spec.name
        effort.tries[model] = effort.tries.get(model, 0) + 1
        effort.pinned = None
        decision = retry.decide(
            error,
            effort.tries[model],
            self._random.random(),
            fallback_left=bool(pick.choice.fallbacks),
        )
        match decision:
            case retry.RetrySame(after_seconds):
                effort.pinned = model
                await context.pause(after_seconds)
            case retry.NextModel():
                effort.give_up_on(pick.spec)
            case retry.LargerWindow():
                effort.larger_than = max(effort.larger_than, pick.spec.context_window)
            case retry.FailAttempt():
                raise error


def _back_by(error: NoCandidate, when: datetime) -> bool:
    return error.retry_at is not None and error.retry_at <= when
