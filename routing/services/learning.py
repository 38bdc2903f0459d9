"""The journal command by which evaluated attempts teach the quality profiles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import connection

from routing.core.quality import NOTHING_SEEN, Profile, observe
from routing.models import QualityProfile
from telemetry.services.journal import Command

KEY = ("org_id", "model", "task_type")
SUMS = ("n", "score_sum", "score_sumsq", "cost_sum_nanousd", "latency_sum_ms")
# SQLite takes 32,766 variables a statement, PostgreSQL 65,535.
ROWS_A_STATEMENT = 1_000


@dataclass(frozen=True)
class ObserveAttempt(Command):
    """One evaluated attempt: its score in [0, 1], and what the model's calls took."""

    rank: ClassVar[int] = 40
    org_id: int
    model: str
    task_type: str
    score: float
    cost_nanousd: int
    latency_ms: int
    at: datetime

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[None]:
        profiles: dict[tuple[int, str, str], Profile] = defaultdict(lambda: NOTHING_SEEN)
        for one in commands:
            key = (one.org_id, one.model, one.task_type)
            profiles[key] = observe(profiles[key], one.score, one.cost_nanousd, one.latency_ms)
        at = max(command.at for command in commands)
        # Sorted, so that two workers lock the same rows in the same order.
        rows = [(*key, *_sums(profiles[key]), at) for key in sorted(profiles)]
        for start in range(0, len(rows), ROWS_A_STATEMENT):
            _add(rows[start : start + ROWS_A_STATEMENT])
        return [None] * len(commands)


def _sums(profile: Profile) -> tuple[Any, ...]:
    return tuple(getattr(profile, name) for name in SUMS)


def _add(rows: Iterable[Sequence[Any]]) -> None:
    """Add these sums to the profiles in one statement.

    Raw, because the ORM's upsert can replace a column by the new value, not add to it.
    """
    meta = QualityProfile._meta
    by_name = {column.name: column for column in meta.concrete_fields}
    columns = [by_name[name] for name in (*KEY, *SUMS, "updated_at")]
    values = [
        column.get_db_prep_save(value, connection)
        for row in rows
        for column, value in zip(columns, row, strict=True)
    ]
    one = f"({', '.join(['%s'] * len(columns))})"
    table = meta.db_table
    added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in SUMS)
    statement = (
        f"INSERT INTO {table} ({', '.join(column.name for column in columns)}) "  # noqa: S608
        f"VALUES {', '.join([one] * (len(values) // len(columns)))} "
        f"ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {added}, updated_at = excluded.updated_at"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
