"""The journal command by which evaluated attempts and people's verdicts become evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import connection

from routing.core.quality import (
    NOTHING_SEEN,
    RECENT,
    STAMP_CHARS,
    SUMS,
    Observation,
    Profile,
    observe,
    pack,
)
from routing.models import Evidence, QualityProfile
from telemetry.services.journal import Command

WHOLE_ORG = 0
KEY = ("org_id", "team_id", "model", "task_type", "version")
ADDED = ("n", *SUMS)
# SQLite takes 32,766 variables a statement, PostgreSQL 65,535.
ROWS_A_STATEMENT = 1_000

Place = tuple[int, int, str, str, str]  # org, team or WHOLE_ORG, model, task type, version


@dataclass(frozen=True)
class ObserveAttempt(Command):
    """One evaluated attempt: its score in [0, 1], and what the model's calls took.

    `cost_nanousd` None: a verdict without a call of its own, such as a person's feedback.
    `version` is the name on the wire that the model had then; empty: it is not known.
    """

    rank: ClassVar[int] = 40
    org_id: int
    model: str
    task_type: str
    score: float
    cost_nanousd: int | None
    latency_ms: int
    at: datetime
    team_id: int = WHOLE_ORG
    run_id: UUID | None = None
    task_key: str = ""
    attempt: int = 0
    input_tokens: int = 0
    weight: float = 1.0
    source: str = "attempt"
    version: str = ""

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[None]:
        rows = [command.evidence() for command in commands]
        Evidence.objects.bulk_create(rows)
        add(rows)
        return [None] * len(commands)

    def evidence(self) -> Evidence:
        """Return the row to be stored."""
        return Evidence(
            at=self.at,
            org_id=self.org_id,
            team_id=self.team_id,
            run_id=self.run_id,
            task_key=self.task_key,
            attempt=self.attempt,
            model=self.model,
            version=self.version,
            task_type=self.task_type,
            source=self.source,
            score=self.score,
            weight=self.weight,
            cost_nanousd=self.cost_nanousd,
            input_tokens=self.input_tokens,
            latency_ms=self.latency_ms,
        )


def fold(
    rows: Iterable[Evidence], profiles: dict[Place, Profile] | None = None
) -> dict[Place, Profile]:
    """Return what this evidence makes of the profiles of its teams and of their organisations."""
    folded: dict[Place, Profile] = defaultdict(lambda: NOTHING_SEEN, profiles or {})
    for row in rows:
        one = Observation(
            at=row.at,
            score=row.score,
            weight=row.weight,
            cost_nanousd=row.cost_nanousd,
            input_tokens=row.input_tokens,
            latency_ms=row.latency_ms,
        )
        for team_id in {WHOLE_ORG, row.team_id}:
            place = (row.org_id, team_id, row.model, row.task_type, row.version)
            folded[place] = observe(folded[place], one)
    return folded


def add(evidence: Sequence[Evidence]) -> None:
    """Add evidence to the stored profiles. Sums only grow, so that workers need no turn."""
    profiles = fold(evidence)
    at = max(row.at for row in evidence)
    # Sorted, so that two workers lock the same rows in the same order.
    rows = [(*place, *row_of(profiles[place]), at) for place in sorted(profiles)]
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        _upsert(rows[start : start + ROWS_A_STATEMENT])


def row_of(profile: Profile) -> tuple[Any, ...]:
    """Return a profile as the columns ADDED and `recent`."""
    return (*(getattr(profile, name) for name in ADDED), pack(profile.recent))


def _upsert(rows: Iterable[Sequence[Any]]) -> None:
    """Add these sums to the profiles in one statement.

    Raw, because the ORM's upsert can replace a column by the new value, not add to it.
    """
    meta = QualityProfile._meta
    by_name = {column.name: column for column in meta.concrete_fields}
    columns = [by_name[name] for name in (*KEY, *ADDED, "recent", "updated_at")]
    values = [
        column.get_db_prep_save(value, connection)
        for row in rows
        for column, value in zip(columns, row, strict=True)
    ]
    one = f"({', '.join(['%s'] * len(columns))})"
    table = meta.db_table
    added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in ADDED)
    recent = f"substr(excluded.recent || {table}.recent, 1, {RECENT * STAMP_CHARS})"
    statement = (
        f"INSERT INTO {table} ({', '.join(column.name for column in columns)}) "  # noqa: S608
        f"VALUES {', '.join([one] * (len(values) // len(columns)))} "
        f"ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {added}, recent = {recent}, "
        "updated_at = excluded.updated_at"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
