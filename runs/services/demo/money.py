"""The money of made-up runs: in holds of its own, so that reconciling finds it right."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from budgets.core.charge import LineKind, ReservationState
from budgets.models import Hold, LedgerLine, Reservation, Team
from runs.core.demo.facts import DemoRun
from runs.core.rules import DEFAULT_BUDGET_NANOUSD, Phase
from telemetry.models import Call, Outcome

BATCH = 500


def id_at(at: datetime, draws: random.Random) -> UUID:
    """Return a UUIDv7 of that time: lists are in the order of ids."""
    stamp = int(at.timestamp() * 1000) << 80
    return UUID(int=stamp | 7 << 76 | draws.getrandbits(12) << 64 | 2 << 62 | draws.getrandbits(62))


def budget_of(calls: Sequence[Call]) -> int:
    """Return a budget that holds what the calls cost."""
    return max(DEFAULT_BUDGET_NANOUSD, _spent(calls))


def _spent(calls: Sequence[Call], phase: str = "") -> int:
    return sum(call.cost_nanousd or 0 for call in calls if phase in ("", call.phase))


def hold_id_of(run_id: UUID) -> UUID:
    """Return the id of a run's only hold: the run's own, one bit apart."""
    return UUID(int=run_id.int ^ 1)


def store_money(
    stored: Sequence[tuple[DemoRun, Team, UUID]],
    calls: Mapping[UUID, Sequence[Call]],
    draws: random.Random,
) -> None:
    """Store each run's closed hold, with lines and reservations that add up; no period knows it."""
    holds: list[Hold] = []
    lines: list[LedgerLine] = []
    reservations: list[Reservation] = []
    for run, team, run_id in stored:
        hold = _hold(run, team, run_id, calls[run_id])
        holds.append(hold)
        lines += _lines(hold, calls[run_id], draws)
        reservations += [_reservation(hold, call) for call in calls[run_id]]
    Hold.objects.bulk_create(holds, BATCH)
    LedgerLine.objects.bulk_create(lines, BATCH)
    Reservation.objects.bulk_create(reservations, BATCH)


def _hold(run: DemoRun, team: Team, run_id: UUID, calls: Sequence[Call]) -> Hold:
    budget = budget_of(calls)
    return Hold(
        id=hold_id_of(run_id),
        run_id=run_id,
        org_id=team.org_id,
        team=team,
        limit_nanousd=budget,
        amount_nanousd=budget,
        spent_nanousd=_spent(calls),
        opened_at=run.started_at,
        closed_at=run.finished_at,
        **{f"spent_{phase}_nanousd": _spent(calls, phase) for phase in Phase},
    )


def _lines(hold: Hold, calls: Sequence[Call], draws: random.Random) -> Iterator[LedgerLine]:
    closed = hold.closed_at or hold.opened_at
    moves: list[tuple[LineKind, int, datetime, UUID | None]] = [
        (LineKind.HOLD, hold.amount_nanousd, hold.opened_at, None)
    ]
    moves += [
        (LineKind.CHARGE, call.cost_nanousd or 0, call.at, call.id)
        for call in calls
        if call.outcome == Outcome.OK
    ]
    moves.append((LineKind.RETURN, hold.amount_nanousd - hold.spent_nanousd, closed, None))
    for kind, amount, at, call_id in moves:
        yield LedgerLine(
            id=id_at(at, draws),
            hold=hold,
            run_id=hold.run_id,
            org_id=hold.org_id,
            team_id=hold.team_id,
            call_id=call_id,
            kind=kind,
            amount_nanousd=amount,
            at=at,
            demo=True,
        )


def _reservation(hold: Hold, call: Call) -> Reservation:
    released = call.outcome != Outcome.OK
    return Reservation(
        call_id=call.id,
        hold=hold,
        run_id=hold.run_id,
        task_key=call.task_key,
        attempt=call.attempt,
        phase=call.phase,
        task_type=call.task_type,
        provider=call.provider,
        model=call.model,
        amount_nanousd=call.cost_nanousd or 0,
        state=ReservationState.RELEASED if released else ReservationState.SETTLED,
        reserved_at=call.at,
        sent_at=call.at,
    )
