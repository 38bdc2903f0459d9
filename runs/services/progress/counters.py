"""Counters of runs and tasks, which only ever grow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import connection

from runs.models import Run
from telemetry.models import Call
from telemetry.services.journal import Command


@dataclass(frozen=True)
class CountCall(Command):
    """A settled call, in the counters of its run and task."""

    rank: ClassVar[int] = 34
    call: Call

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[None]:
        runs: dict[UUID, list[int]] = defaultdict(lambda: [0, 0, 0])
        tasks: dict[tuple[UUID, str], int] = defaultdict(int)
        for call in (command.call for command in commands):
            if call.run_id is None:
                continue
            counters = runs[call.run_id]
            counters[0] += 1
            counters[1] += call.input_tokens or 0
            counters[2] += call.output_tokens or 0
            if call.task_key and call.cost_nanousd:
                tasks[call.run_id, call.task_key] += call.cost_nanousd
        add(
            "UPDATE runs_run SET calls = calls + %s, input_tokens = input_tokens + %s, "
            "output_tokens = output_tokens + %s WHERE id = %s",
            [(*added, run_key(run_id)) for run_id, added in sorted(runs.items())],
        )
        add(
            "UPDATE runs_task SET cost_nanousd = cost_nanousd + %s WHERE run_id = %s AND key = %s",
            [(cost, run_key(run_id), key) for (run_id, key), cost in sorted(tasks.items())],
        )
        return [None] * len(commands)


def add(statement: str, rows: list[tuple[Any, ...]]) -> None:
    """Add to counters, many rows in one go; through the ORM each would be a query built anew."""
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(statement, rows)


def run_key(run_id: UUID) -> Any:
    """Return a run's key as the driver wants it."""
    return Run._meta.pk.get_db_prep_save(run_id, connection)
