"""Recommendations, patterns of failure and reckonings at ten million calls beside 100,000.

An attempt stands for four calls: writing, review, two judgements. Attempts are written by the
database itself, two and a half million of them; on SQLite, which is not meant for so many, a tenth.
Of calls, those alone are written that could be read: the writing ones of the newest runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, CharField, Field, JSONField, Model, TextField
from django.utils import timezone

from routing.models import AdviceDue, Evidence
from routing.services.recommendations import advise_org
from runs.core.rules import TaskType
from runs.models import Attempt, FailureAnalysis, Run, Task
from runs.selectors.tuning.examples import Kind
from runs.selectors.tuning.places import Place
from runs.services.tuning.analysis import ask_for_analysis, carry_out
from runs.services.tuning.proposals import reckon
from telemetry.models import Call, Score
from tests.benchmarks.house import House, open_page, take_statistics
from tests.benchmarks.lists import made
from tests.integration.routing.advice import CURRENT, PROPOSED

CALLS_AN_ATTEMPT = 4
TASKS_A_RUN = 100
SMALL = 100_000
LARGE = {"postgresql": 10_000_000, "sqlite": 1_000_000}
ROUNDS = 5
RUNS_WITH_CALLS = 1_000
TYPES = [kind.value for kind in TaskType]
PAGES = {"Recommendations": "/recommendations/", "Fine-tuning": "/tuning/",
         "Learning": "/learning/"}  # fmt: skip
TYPES_OF = {
    "postgresql": ("jsonb", "gen_random_uuid()"),
    "sqlite": ("text", "lower(hex(randomblob(16)))"),
}
REASONS = ("a date is missing or not written as ISO 8601", "the total does not match the lines",
           "verbose, and its tone is too casual for the board")  # fmt: skip


def measure() -> list[dict[str, Any]]:
    """Return the rows of the table."""
    calls = LARGE[connection.vendor]
    small, large = House(SMALL), House(calls)
    for house, count in ((small, SMALL), (large, calls)):
        fill(house, count // CALLS_AN_ATTEMPT // TASKS_A_RUN)
    take_statistics()
    sizes = f"{calls // 1_000_000} million calls beside 100,000"
    first = row(f"advice for the first time, {sizes}: s", advise_first, small, large, "none", 1)
    return [
        first | {name: first[name] and first[name] / 1_000 for name in ("value", "reference")},
        row(f"advice on demand, {sizes}: ms", advise, small, large, "value < 1000"),
        row(f"patterns of failure, {sizes}: ms", look, small, large, "ratio < 1.5"),
        row(f"a reckoning, {sizes}: ms", reckon_all, small, large, "value < 2000"),
        *(
            row(f"page {name}, {sizes}: ms", open_page(address), small, large, "value < 300")
            for name, address in PAGES.items()
        ),
    ]


def row(
    what: str, work: Callable[[House], object], small: House, large: House, bar: str,
    rounds: int = ROUNDS,
) -> dict[str, Any]:  # fmt: skip
    """Return a row of medians, the organisations taking turns."""
    pairs = [(clocked(work, large), clocked(work, small)) for _ in range(rounds)]
    value, reference = (sorted(times)[rounds // 2] for times in zip(*pairs, strict=True))
    return {
        "what": what, "value": value, "reference": reference, "ratio": value / reference,
        "bar": bar,
    }  # fmt: skip


def clocked(work: Callable[[House], object], house: House) -> float:
    started = time.perf_counter()
    work(house)
    return 1000 * (time.perf_counter() - started)


def advise_first(house: House) -> None:
    advise_org(house.org.pk, timezone.now())
    if not AdviceDue.objects.filter(org_id=house.org.pk, tallied_until__isnull=False).exists():
        raise RuntimeError("no day was summed up")


def advise(house: House) -> None:
    advise_org(house.org.pk, timezone.now())


def look(house: House) -> None:
    asked = ask_for_analysis(Place(house.org), actor="bench", now=timezone.now())
    carry_out(asked.pk)
    if not FailureAnalysis.objects.get(pk=asked.pk).patterns.exists():
        raise RuntimeError("no pattern was found")


def reckon_all(house: House) -> None:
    reckoned = reckon(Place(house.org), Kind("data_extraction"), timezone.now())
    if reckoned.facts is None:
        raise RuntimeError("nothing was known")


def fill(house: House, runs: int) -> None:
    """Write so many runs of the last month, with their tasks, attempts and scores."""
    now = timezone.now()
    Run.objects.bulk_create(
        (
            made(house, place, now - timedelta(days=30) * (1 - place / runs))
            for place in range(runs)
        ),
        2_000,
    )
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements(house.org.pk):
            cursor.execute(statement)


def statements(org_id: int) -> list[str]:
    """Return what writes tasks, attempts, scores and calls of an organisation's runs."""
    json, new_id = TYPES_OF[connection.vendor]
    model = f"CASE WHEN t.id % 2 = 0 THEN '{CURRENT}' ELSE '{PROPOSED}' END"
    worth = "CASE WHEN t.id % 5 = 0 THEN 0.4 ELSE 0.9 + (t.id % 10) * 0.005 END"
    cost = "CASE WHEN t.id % 2 = 0 THEN 10000000 ELSE 5000000 END + (t.id % 97) * 10000"
    run, task, score = (kind._meta.db_table for kind in (Run, Task, Score))
    tasks = f"FROM {task} t JOIN {run} r ON r.id = t.run_id WHERE r.org_id = {org_id}"
    newest = (
        f"FROM {task} t JOIN (SELECT * FROM {run} WHERE org_id = {org_id} "
        f"ORDER BY id DESC LIMIT {RUNS_WITH_CALLS}) r ON r.id = t.run_id"
    )
    whose = {"at": "r.created_at", "org_id": "r.org_id", "team_id": "r.team_id", "run_id": "r.id",
             "task_key": "t.key", "attempt": "1", "task_type": "t.type", "provider": "'sim'",
             "model": model, "cost_nanousd": cost}  # fmt: skip
    said = f"""CAST('[{{"model": "j", "score": 0.4, "reason": "' || {case("t.id", REASONS)}
        || ' in case ' || t.id || '"}}]' AS {json})"""
    numbers = f"""WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n
        WHERE i + 1 < {TASKS_A_RUN})"""
    return [
        numbers + insert(
            Task, f"FROM {run} r CROSS JOIN n WHERE r.org_id = {org_id}", run_id="r.id",
            key="'t' || n.i", position="n.i", type=case("n.i", TYPES), threshold="0.85",
            validators="""'[{"name": "json_schema", "options": {}}]'""",
        ),
        insert(
            Attempt, tasks, task_id="t.id", number="1", model=model, score=worth, judgements=said,
            validators_passed="true", has_output="true", cost_nanousd=cost,
            started_at="r.created_at", finished_at="r.created_at",
        ),
        insert(Score, tasks, **whose, score=worth, accepted="t.id % 5 <> 0"),
        insert(
            Evidence, f"FROM {score} WHERE org_id = {org_id}", at="at", org_id="org_id",
            team_id="team_id", model="model", task_type="task_type", source="'attempt'",
            score="score", weight="1", cost_nanousd="cost_nanousd", input_tokens="900",
        ),
        insert(
            Call, newest, **whose, id=new_id, phase="'generation'", outcome="'ok'",
            input_tokens="900", output_tokens="400",
        ),
    ]  # fmt: skip


def insert(kind: type[Model], source: str, /, **columns: str) -> str:
    """Return what inserts a row for each of a source; what is not given is as small as can be."""
    for field in kind._meta.concrete_fields:
        name = str(field.column)
        if not (name in columns or field.null or field.primary_key):
            columns[name] = least(field)
    names, values = ", ".join(columns), ", ".join(columns.values())
    return f"INSERT INTO {kind._meta.db_table} ({names}) SELECT {values} {source}"


def least(field: Field[Any, Any]) -> str:
    """Return the smallest value of a field, as SQL."""
    if isinstance(field, JSONField):
        return "'[]'"
    if isinstance(field, BooleanField):
        return "false"
    return "''" if isinstance(field, CharField | TextField) else "0"


def case(number: str, texts: Sequence[str]) -> str:
    """Return one of the texts, in turn, as SQL."""
    whens = " ".join(f"WHEN {place} THEN '{text}'" for place, text in enumerate(texts))
    return f"CASE {number} % {len(texts)} {whens} END"
