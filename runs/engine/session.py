"""One worker's hold on one run: what it may write, what it may ask, and what stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.crypto import salted_hmac

from budgets.core.money import format_usd_or_none
from routing.core.errors import DeadlinePassed, InsufficientBudget, NoCandidate
from routing.services.gateway import CallContext, Completion, Gateway, Wanted
from runs.core.interruption import Interruption, OutOfMoney, OutOfTime, ProvidersDown
from runs.engine.background import Background
from runs.engine.checking import Checks
from runs.models import Run
from runs.services.lease import Fence
from runs.services.progress import CountCall
from telemetry.models import Call
from telemetry.services.journal import Command, Journal
from telemetry.services.recording import RecordEvent


class Session:
    """Carries a run's identity, fence and stop signal through the engine."""

    run: Run  # set once it is loaded, and with it who restricts the models
    allowed: Mapping[str, frozenset[str]]

    def __init__(
        self,
        run_id: UUID,
        epoch: int,
        journal: Journal,
        gateway: Gateway,
        background: Background | None = None,
        checks: Checks | None = None,
    ) -> None:
        self.run_id = run_id
        self.epoch = epoch
        self.journal = journal
        self.gateway = gateway
        self.background = background or Background()
        self.checks = checks or Checks(journal)
        self._over_cap: set[str] = set()
        self._fence = Fence(run_id, epoch)
        self._halted = asyncio.Event()
        self._reason: Interruption | None = None

    def halt(self, reason: Interruption) -> None:
        """Stop before the next call; the first reason stays."""
        self._reason = self._reason or reason
        self._halted.set()

    def check(self) -> None:
        """Raise what stops this run, if anything does."""
        if self._reason is not None:
            raise self._reason

    async def pause(self, seconds: float) -> None:
        """Wait, unless the run is stopped meanwhile. Raises: the reason it was."""
        self.check()
        try:
            await asyncio.wait_for(self._halted.wait(), seconds)
        except TimeoutError:
            return
        self.check()

    async def write(self, *commands: Command) -> tuple[Any, ...]:
        """Write under the fence. Raises: LeaseLost, when nothing was written."""
        return await self.journal.write(*commands, guard=self._fence)

    def event(self, kind: str, at: datetime, **payload: Any) -> RecordEvent:
        """Return the event of a change of this run."""
        return RecordEvent(
            type=kind,
            at=at,
            org_id=self.run.org_id,
            team_id=self.run.team_id,
            run_id=self.run_id,
            payload=payload,
        )

    async def ask(
        self, wanted: Wanted, *, task_key: str = "", attempt: int = 0, retrying: bool = False
    ) -> Completion:
        """Have one call made. `retrying`: an answer kept from before would not help.

        Raises: Interruption; NoCandidate where the call is not `patient` and nobody fits;
        RequestError when this request cannot be answered by anyone.
        """
        self.check()
        try:
            return await self.gateway.complete(wanted, self._context(task_key, attempt, retrying))
        except InsufficientBudget as error:
            raise OutOfMoney(str(error)) from error
        except DeadlinePassed as error:
            raise OutOfTime(str(error)) from error
        except NoCandidate as error:
            if not wanted.patient:
                raise
            raise ProvidersDown(str(error)) from error

    def nonce(self, *texts: str) -> str:
        """Return the mark that encloses these texts in a prompt.

        Nobody without the secret can foresee it, and the same texts get the same mark, so that
        the same request is found again in the cache.
        """
        said = "\x00".join((str(self.run.team_id), *texts))
        return salted_hmac("runs.prompt.nonce", said, algorithm="sha256").hexdigest()[:24]

    def _context(self, task_key: str, attempt: int, retrying: bool) -> CallContext:
        run = self.run
        if run.hold_id is None or run.deadline_at is None:
            raise ValueError(f"run {run.id} was claimed without a hold or a deadline")
        return CallContext(
            org_id=run.org_id,
            team_id=run.team_id,
            run_id=run.id,
            hold_id=run.hold_id,
            task_key=task_key,
            attempt=attempt,
            guard=self._fence,
            start_guard=Fence(self.run_id, self.epoch, starting=True),
            deadline_at=run.deadline_at,
            preference=run.preference,
            allowed=self.allowed,
            use_cache=run.cache != "never" and not retrying,
            pause=self.pause,
            on_settled=self._on_settled,
            on_over_cap=self._on_over_cap,
        )

    def _on_settled(self, call: Call) -> tuple[Command, ...]:
        event = self.event(
            "call.finished",
            timezone.now(),
            call=str(call.id),
            task=call.task_key,
            phase=call.phase,
            model=call.model,
            outcome=call.outcome,
            cost_usd=format_usd_or_none(call.cost_nanousd),
        )
        return CountCall(call), event

    def _on_over_cap(self, phase: str) -> tuple[Command, ...]:
        """Warn once per phase; a soft cap stops nobody who still has money."""
        if phase in self._over_cap:
            return ()
        self._over_cap.add(phase)
        return (self.event("phase.over_cap", timezone.now(), phase=phase),)
