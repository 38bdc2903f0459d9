"""Lists and pages of runs at millions of calls beside a hundred thousand.

Calls are copied in as PostgreSQL takes them fastest (COPY), ten million of them; on SQLite, which
is not meant for so many, one million. A run has a hundred calls. Filters that nothing fits are the
hardest: nothing ends the search early.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from runs.models import Run, Task
from runs.services.labels import add_labels
from telemetry.models import Call
from tests.benchmarks.house import House, compared, open_page, take_statistics

SMALL = 100_000
LARGE = {"postgresql": 10_000_000, "sqlite": 1_000_000}
CALLS_A_RUN = 100
BATCH = 2_000
MODELS = [f"sim/bench-{number}" for number in range(12)]
KINDS = ("code_generation", "code_review", "summarization", "evaluation")
COLUMNS = (
    "id", "run_id", "at", "org_id", "team_id", "model", "task_type", "provider", "phase",
    "outcome", "task_key", "attempt", "error_class", "error_origin", "error_detail",
    "cost_nanousd", "latency_ms", "unconfirmed", "over_bound", "demo",
)  # fmt: skip
ADDRESSES = {
    "runs of a month": "/runs/?range=30d",
    "runs of a common model": f"/runs/?range=365d&model={MODELS[0]}",
    "runs of a status that none has": "/runs/?range=365d&status=TIMEOUT",
    "runs of a model that none called": "/runs/?range=365d&model=sim/nobody",
    "runs that no policy denied a call": "/runs/?range=365d&policy_outcome=allow",
    "runs that a policy denied a call: none": "/runs/?range=365d&policy_outcome=deny",
    "runs by a label that none has": "/api/v1/runs/?label=ticket:none",
    "events of everything, from the first": "/api/v1/events/?since=0",
}


def measure() -> list[dict[str, Any]]:
    """Return the rows of the table."""
    calls = LARGE[connection.vendor]
    small, large = House(SMALL), House(calls)
    for house, count in ((small, SMALL), (large, calls)):
        fill(house, count // CALLS_A_RUN)
    take_statistics()
    sizes = f"{calls // 1_000_000} million calls beside 100,000"
    return [
        compared(name, open_page(address), small, large, sizes)
        for name, address in ADDRESSES.items()
    ]


def fill(house: House, count: int) -> None:
    """Write so many runs of the last month, each with a label, a task and its calls."""
    now = timezone.now()
    runs = [made(house, place, now - timedelta(days=30) * (1 - place / count)) for place in
            range(count)]  # fmt: skip
    Run.objects.bulk_create(runs, BATCH)
    add_labels(runs)
    Task.objects.bulk_create(
        (Task(run=run, key="t1", position=0, type=KINDS[n % 4], threshold=0.8)
         for n, run in enumerate(runs)), BATCH,
    )  # fmt: skip
    indexes = list(Call._meta.indexes)
    with connection.schema_editor() as editor:
        for index in indexes:
            editor.remove_index(Call, index)
    write_calls(runs)
    with connection.schema_editor() as editor:
        for index in indexes:
            editor.add_index(Call, index)


def made(house: House, place: int, at: datetime) -> Run:
    return Run(
        id=id_at(at, place), org=house.org, team=house.teams[place % 2], status="SUCCESS",
        project=f"Project {place}: build a service with tests and a manual", created_at=at,
        labels={"ticket": f"OPS-{place}"}, budget_nanousd=1, time_limit_seconds=1,
        max_parallel_tasks=1, text_digest=f"{place:064d}", signature=b"x" * 512,
    )  # fmt: skip


def id_at(at: datetime, number: int) -> UUID:
    """Return a UUIDv7 of that time."""
    return UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | number)


def write_calls(runs: Sequence[Run]) -> None:
    table, names = Call._meta.db_table, ", ".join(COLUMNS)
    # One transaction: by itself each row would be one, and wait for the disk.
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for run in runs:
                    lines = ("\t".join(map(str, row)) for row in rows_of(run))
                    copy.write("\n".join(lines) + "\n")
            return
        places = ", ".join(["?"] * len(COLUMNS))
        insert = f"INSERT INTO {table} ({names}) VALUES ({places})"
        for start in range(0, len(runs), BATCH):
            rows = (row for run in runs[start : start + BATCH] for row in rows_of(run))
            cursor.cursor.connection.executemany(insert, rows)


def rows_of(run: Run) -> Iterator[tuple[Any, ...]]:
    """Yield a run's calls; a truth is 0 or 1, which both databases take for one."""
    first, at = run.pk.int, run.created_at.isoformat(" ")
    for n in range(CALLS_A_RUN):
        place = (first + n) % 12
        yield (
            f"{first + (n + 1 << 36):032x}", run.pk.hex, at, run.org_id, run.team_id,
            MODELS[place], KINDS[n % 4], f"sim-{place % 4}", "generation", "ok", "t1", 1, "", "",
            "", 1_000, 900, 0, 0, 0,
        )  # fmt: skip
