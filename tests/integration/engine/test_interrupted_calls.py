"""Calls that are cut short: by the end of their run, by a closed hold, or by being cancelled."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from budgets.models import Hold, Reservation
from budgets.services.ledger import CloseHold, MarkSent
from routing import llm
from routing.core.catalog import ModelSpec, ProviderSpec
from routing.core.request import ModelRequest, Reply
from routing.models import Breaker
from routing.services import probing
from routing.services.gateway import Gateway
from routing.services.market import Actor, add_price
from runs.engine.run import carry_out
from runs.engine.session import Session
from runs.models import Run
from runs.services import lease
from telemetry.services.journal import Command, Guard, Journal, apply_now
from tests.fixtures.simulator import Simulator
from tests.integration.budgets.world import differences
from tests.integration.engine.harness import (
    assert_money_adds_up,
    calls_of,
    carry,
    given_run,
    on_probation,
)
from tests.integration.engine.world import make_team

pytestmark = pytest.mark.django_db(transaction=True)

HAIKU, LUNA = "sim/claude-haiku-5-5", "sim/gpt-6-luna"
BOTH = [HAIKU, LUNA]
PATIENCE_SECONDS = 30.0


@pytest.fixture(autouse=True)
def skilled(providers: Simulator) -> None:
    providers.fault("*", "skill:0.5")


def state(model: str) -> str:
    return Breaker.objects.get(model=model).state


def hold_of(run: Run) -> Hold:
    return Hold.objects.get(run_id=run.pk)


def carried_by(
    journal: Journal, then: Callable[[Gateway, Run], Awaitable[None]] | None = None
) -> Run:
    """Carry one run out over this journal, and do something more with the same gateway."""

    async def work() -> Run:
        gateway = Gateway(journal, random.Random(1))
        try:
            (one,) = await journal.call(lease.claim, "worker", 1, timezone.now(), 60.0)
            session = Session(one.run_id, one.epoch, journal, gateway)
            await asyncio.wait_for(carry_out(session), PATIENCE_SECONDS)
            run = await journal.call(Run.objects.get, pk=one.run_id)
            if then is not None:
                await then(gateway, run)
            return run
        finally:
            await gateway.close()
            await asyncio.to_thread(journal.close)

    return asyncio.run(work())


class Meddling(Journal):
    """Does something of its own between two writes: before the first of a kind."""

    def __init__(self, kind: type[Command], act: Callable[[Any], None]) -> None:
        super().__init__()
        self._kind, self._act, self._acted = kind, act, False

    async def write(self, *commands: Command, guard: Guard | None = None) -> tuple[Any, ...]:
        for command in commands:
            if isinstance(command, self._kind) and not self._acted:
                self._acted = True
                await self.call(self._act, command)
        return await super().write(*commands, guard=guard)


class Gate:
    """Lets the probed model answer once it is opened, and the others once it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked, self.open = asyncio.Event(), asyncio.Event()
        real = llm.complete

        async def complete(spec: ModelSpec, provider: ProviderSpec, request: ModelRequest) -> Reply:
            if spec.name == HAIKU:
                self.asked.set()
                await self.open.wait()
            else:
                await self.asked.wait()
            return await real(spec, provider, request)

        monkeypatch.setattr(llm, "complete", complete)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    on_probation(HAIKU)
    return Gate(monkeypatch)


def test_a_probe_that_outlasts_its_run_is_charged_what_it_cost(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = probing.Prober.finish

    async def open_and_finish(self: probing.Prober, run_id: UUID) -> None:
        gate.open.set()
        await finish(self, run_id)

    monkeypatch.setattr(probing, "GRACE_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setattr(probing.Prober, "finish", open_and_finish)

    (run,) = carry(given_run({"key": "a"}, allowed_models=BOTH))

    (probe,) = [call for call in calls_of(run) if call.model == HAIKU]
    assert (probe.outcome, probe.unconfirmed) == ("ok", False)
    assert state(HAIKU) == "CLOSED"
    assert_money_adds_up(run)


def test_a_probe_that_no_run_waits_for_tells_of_health_all_the_same(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "GRACE_SECONDS", 0.0)
    given_run({"key": "a"}, allowed_models=BOTH)

    async def wait(gateway: Gateway, run: Run) -> None:
        monkeypatch.setattr(probing, "GRACE_SECONDS", PATIENCE_SECONDS)
        gate.open.set()
        await gateway.finish_probes(run.pk)

    run = carried_by(Journal(), wait)

    (probe,) = [call for call in calls_of(run) if call.model == HAIKU]
    assert (probe.outcome, probe.unconfirmed) == ("unconfirmed", True)
    assert state(HAIKU) == "CLOSED"
    assert_money_adds_up(run)
    assert differences() == []


def test_a_probe_that_ends_with_its_worker_may_be_made_by_another(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "GRACE_SECONDS", 0.0)

    carry(given_run({"key": "a"}, allowed_models=BOTH))

    assert gate.asked.is_set() and not gate.open.is_set()
    assert state(HAIKU) == "OPEN", "nobody may look for five minutes"


def test_a_call_whose_hold_was_closed_before_it_left_is_not_made(providers: Simulator) -> None:
    run = given_run({"key": "a"}, allowed_models=[LUNA], cache="never")

    def close(_: Any) -> None:
        apply_now(CloseHold(hold_of(run).pk, timezone.now()))

    ended = carried_by(Meddling(MarkSent, close))

    assert ended.status == "BUDGET_EXHAUSTED", ended.failure
    assert providers.requests() == []
    assert {one.state for one in Reservation.objects.all()} == {"RELEASED"}
    assert differences() == []


def test_a_closed_hold_has_no_room_for_calls_that_cost_nothing_either(
    providers: Simulator,
) -> None:
    who = Actor(make_team().org_id, "ada", timezone.now())
    free = {"input": Decimal(0), "output": Decimal(0)}
    add_price(LUNA, timezone.now() - timedelta(days=1), free, "local", who)
    run = given_run({"key": "a"}, allowed_models=[LUNA], cache="never")
    apply_now(CloseHold(hold_of(run).pk, timezone.now()))

    ended = carried_by(Journal())

    assert ended.status == "BUDGET_EXHAUSTED", ended.failure
    assert providers.requests() == []


def test_what_a_cancelled_call_had_reserved_goes_back_if_it_never_left(
    providers: Simulator,
) -> None:
    run = given_run({"key": "a"}, allowed_models=[LUNA], cache="never")
    cancelled: list[asyncio.Task[Any]] = []

    def cancel(_: Any) -> None:
        for task in cancelled:
            task.get_loop().call_soon_threadsafe(task.cancel)

    async def work() -> None:
        journal = Meddling(MarkSent, cancel)
        gateway = Gateway(journal, random.Random(1))
        try:
            (one,) = await journal.call(lease.claim, "worker", 1, timezone.now(), 60.0)
            session = Session(one.run_id, one.epoch, journal, gateway)
            task = asyncio.create_task(carry_out(session))
            cancelled.append(task)
            await asyncio.wait([task], timeout=PATIENCE_SECONDS)
            assert task.cancelled()
        finally:
            await gateway.close()
            await asyncio.to_thread(journal.close)

    asyncio.run(work())

    assert providers.requests() == []
    (reservation,) = Reservation.objects.filter(run_id=run.pk)
    assert reservation.state == "RELEASED"
    hold = hold_of(run)
    assert (hold.spent_nanousd, hold.reserved_nanousd) == (0, 0)
