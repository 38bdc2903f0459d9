"""The loop around a call: whom to ask, whether the answer is known, and what a failure leads to."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from routing.core import retry
from routing.core.errors import DeadlinePassed, NoCandidate, ProviderError
from routing.core.request import cache_key
from routing.services.cache import FindReply
from routing.services.calling import CallContext, PendingCall
from routing.services.cascading import next_model
from routing.services.effort import Effort
from routing.services.gateway.sending import Completion, Sender, close_connections
from routing.services.probing import Prober
from routing.services.selection import Pick, Selector, Wanted
from routing.services.waiting import wait_or_deny
from telemetry.services.journal import Journal


class Gateway:
    """Makes calls on behalf of many runs over one journal."""

    def __init__(self, journal: Journal, randomness: random.Random | None = None) -> None:
        self._journal = journal
        self._random = randomness or random.SystemRandom()
        self._selector = Selector(journal, self._random)
        self._sender = Sender(journal, self._selector.forget)
        self._prober = Prober(self._sender.reserve_and_send)

    async def complete(self, wanted: Wanted, context: CallContext) -> Completion:
        """Have one call answered by the best model that can.

        Raises: NoCandidate, InsufficientBudget, DeadlinePassed, RequestError; whatever the
        guards and `pause` raise.
        """
        patience = timedelta(seconds=settings.PATIENCE_SECONDS)
        patience_ends = min(timezone.now() + patience, context.deadline_at)
        effort = Effort(waits_until=patience_ends, patient=wanted.patient)
        while True:
            if timezone.now() >= context.deadline_at:
                raise DeadlinePassed("the time limit ended before the call")
            try:
                pick = await self._pick(wanted, context, effort)
            except NoCandidate as error:
                await wait_or_deny(self._journal, error, wanted, context, effort, patience_ends)
                continue
            if (kept := await self._cached(pick, context)) is not None:
                return kept
            try:
                done = await self._sender.reserve_and_send(pick, context, effort)
            except ProviderError as error:
                await self._after_failure(error, pick, context, effort)
                continue
            if done is not None:
                return done

    async def finish_probes(self, run_id: UUID) -> None:
        """Give the probes that a run pays a moment to be settled, before its money goes back."""
        await self._prober.finish(run_id)

    async def close(self) -> None:
        """End what still goes on beside the calls, and the connections they left open."""
        await self._prober.close()
        await close_connections()

    async def _pick(self, wanted: Wanted, context: CallContext, effort: Effort) -> Pick:
        pick = await self._selector.pick(
            wanted,
            effort,
            context.allowed,
            asking=context,
            preference=context.preference,
            deadline_at=context.deadline_at,
            now=timezone.now(),
        )
        for model in pick.to_probe:
            self._prober.start(model, pick, context)
        return pick

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
        return Completion(reply, pick.spec, call, pick.steered, next_model(pick.cascading))

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
