"""One call from its reservation to its settlement, as the commands that make it durable."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from budgets.services.ledger import Charge, ChargeKind, MarkSent, Reserve, Settle
from routing.core.breaker import OK
from routing.core.errors import ProviderError
from routing.core.request import ModelRequest, Reply, Usage, cache_key
from routing.core.settlement import charge_for, charge_for_failure, health_after
from routing.services.cache import StoreReply
from routing.services.decisions import RecordDecision
from routing.services.health import ObserveOutcome
from routing.services.rates import Room
from routing.services.reasons import reasons_for
from routing.services.selection import Pick
from telemetry.models import Call, Outcome
from telemetry.services.journal import Command, Guard
from telemetry.services.recording import RecordCall

TOKEN_FIELDS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)


@dataclass(frozen=True)
class CallContext:
    """On whose behalf, from which money and under which lease a call is made.

    `start_guard` must hold for a call to begin, `guard` for its end to be written. `pause` waits
    and raises what stops the caller meanwhile. `on_settled` adds the caller's own commands to the
    transaction that settles, `on_over_cap` those for a phase that passed its soft cap. `allowed`
    maps who restricts the choice to the models left. `governing_run_id` is the run whose policies
    hold, where the call is made beside it and not by it.
    """

    org_id: int
    team_id: int
    run_id: UUID
    hold_id: UUID
    task_key: str
    attempt: int
    guard: Guard
    start_guard: Guard
    deadline_at: datetime
    preference: str
    allowed: Mapping[str, frozenset[str]]
    use_cache: bool
    pause: Callable[[float], Awaitable[None]]
    on_settled: Callable[[Call], tuple[Command, ...]]
    on_over_cap: Callable[[str], tuple[Command, ...]]
    governing_run_id: UUID | None = None


@dataclass(frozen=True)
class PendingCall:
    """A call that was decided on; `bound_nanousd` is the most it may cost.

    `room` is what it has taken under limits of rate; None: none concerns it.
    """

    pick: Pick
    context: CallContext
    decided_at: datetime
    id: UUID = field(default_factory=uuid7)
    decision_id: UUID = field(default_factory=uuid7)
    room: Room | None = None

    @property
    def bound_nanousd(self) -> int:
        return self.pick.candidate.upper_bound_nanousd or 0

    @property
    def request(self) -> ModelRequest:
        """Return the request, its time and output cut to what the run and model allow."""
        left = (self.context.deadline_at - self.decided_at).total_seconds()
        request = self.pick.request
        return replace(
            request,
            timeout_seconds=max(1.0, min(request.timeout_seconds, left)),
            max_output_tokens=self.pick.candidate.max_output_tokens,
        )

    def decisions(self) -> tuple[RecordDecision, ...]:
        """Return why this model, to be written with the reservation."""
        return reasons_for(
            self.pick,
            self.context,
            call_id=self.id,
            decision_id=self.decision_id,
            at=self.decided_at,
        )

    def reservation(self) -> Reserve:
        """Return what sets the bound aside."""
        return Reserve(
            hold_id=self.context.hold_id,
            call_id=self.id,
            run_id=self.context.run_id,
            task_key=self.context.task_key,
            attempt=self.context.attempt,
            phase=self.pick.request.phase,
            task_type=self.pick.request.task_type,
            provider=self.pick.spec.provider,
            model=self.pick.spec.name,
            amount_nanousd=self.bound_nanousd,
            at=self.decided_at,
        )

    def sent(self, at: datetime) -> MarkSent:
        return MarkSent(self.id, at)

    def dropped(self, at: datetime) -> Settle:
        """Return what gives the money back of a call that was never sent."""
        return Settle(self.id, Charge.released(), at)

    def succeeded(self, reply: Reply, at: datetime) -> tuple[Call, tuple[Command, ...]]:
        """Return the call's record and all that becomes durable with an answer."""
        prices = self.pick.snapshot.prices_of(self.pick.spec.name)
        charge, amount = charge_for(prices, reply.usage, self.bound_nanousd)
        call = self._record(Outcome.OK, at, reply.usage, amount)
        call.latency_ms = reply.latency_ms
        call.unconfirmed = charge.kind is ChargeKind.UNCONFIRMED
        call.over_bound = amount is not None and amount > self.bound_nanousd
        kept = (self._store(reply, at),) if self.context.use_cache else ()
        health = ObserveOutcome(self.pick.spec.name, OK, "", at)
        return call, (Settle(self.id, charge, at), health, *kept, *self._written(call, reply.text))

    def failed(self, error: Exception, at: datetime) -> tuple[Call, tuple[Command, ...]]:
        """Return the call's record and all that becomes durable with a failure."""
        prices = self.pick.snapshot.prices_of(self.pick.spec.name)
        charge, amount = charge_for_failure(error, prices, self.bound_nanousd)
        call = self._record(Outcome.ERROR, at, getattr(error, "usage", None), amount)
        call.unconfirmed = charge.kind is ChargeKind.UNCONFIRMED
        call.error_class = type(error).__name__
        call.error_origin = "provider" if isinstance(error, ProviderError) else "us"
        call.error_detail = str(error)[:500]
        cut_short = self.request.timeout_seconds < self.pick.request.timeout_seconds
        said = health_after(error, cut_short=cut_short)
        health = ObserveOutcome(self.pick.spec.name, said, call.error_class, at)
        return call, (Settle(self.id, charge, at), health, *self._written(call, ""))

    def from_cache(self, reply: Reply, at: datetime) -> tuple[Call, tuple[Command, ...]]:
        """Return the record of an answer that was kept from before, and cost nothing."""
        call = self._record(Outcome.CACHED, at, Usage(0, 0), 0)
        call.latency_ms = 0
        return call, (*self.decisions(), *self._written(call, reply.text))

    def _written(self, call: Call, output: str) -> tuple[Command, ...]:
        messages = tuple(
            {"role": message.role, "content": message.content}
            for message in self.pick.request.messages
        )
        return RecordCall(call, messages, output), *self.context.on_settled(call)

    def _store(self, reply: Reply, at: datetime) -> StoreReply:
        key = cache_key(self.pick.spec.name, self.pick.request)
        return StoreReply(self.context.team_id, key, reply, at)

    def _record(
        self, outcome: Outcome, at: datetime, usage: Usage | None, cost_nanousd: int | None
    ) -> Call:
        return Call(
            id=self.id,
            at=at,
            org_id=self.context.org_id,
            team_id=self.context.team_id,
            run_id=self.context.run_id,
            task_key=self.context.task_key,
            attempt=self.context.attempt,
            phase=self.pick.request.phase,
            task_type=self.pick.request.task_type,
            provider=self.pick.spec.provider,
            model=self.pick.spec.name,
            outcome=outcome,
            **_tokens(usage),
            cost_nanousd=cost_nanousd,
            # A clock may be set back in between.
            latency_ms=max(0, round((at - self.decided_at).total_seconds() * 1000)),
            decision_id=self.decision_id,
        )


def _tokens(usage: Usage | None) -> dict[str, int | None]:
    """Return the token columns of a call; null where the provider did not tell."""
    return {name: getattr(usage, name, None) for name in TOKEN_FIELDS}
