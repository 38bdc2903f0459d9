"""Progress in a pipe and in a terminal."""

from __future__ import annotations

import io
from typing import Any

from runs.management.progress import LiveTable, PlainLines

RUN = {
    "id": "r1", "status": "RUNNING", "tasks_done": 1, "tasks_total": 2, "score": None,
    "spent_usd": "0.0123", "budget_usd": "2.00", "calls": 4,
}  # fmt: skip


def task(**fields: Any) -> dict[str, Any]:
    return {
        "key": "t1", "type": "code_generation", "status": "PENDING", "model": "", "score": None,
        "cost_usd": "0.00",
    } | fields  # fmt: skip


def test_a_pipe_gets_one_line_for_each_change():
    lines: list[str] = []
    with PlainLines(lines.append) as shown:
        shown.show(RUN, [task()])
        shown.show(RUN, [task()])
        shown.show(RUN, [task(status="COMPLETED", score=0.91, cost_usd="0.004", model="sim/a")])
        shown.show(RUN | {"status": "SUCCESS"}, [task(status="FAILED", cost_usd=None)])

    assert lines == [
        "run r1 RUNNING",
        "task t1 (code_generation) PENDING",
        "task t1 (code_generation) COMPLETED, score 0.91, $0.0040, by sim/a",
        "task t1 (code_generation) FAILED, score –, unknown, by no model",
        "run r1 SUCCESS",
    ]


def test_trouble_is_told_once():
    lines: list[str] = []
    with PlainLines(lines.append) as shown:
        shown.trouble("away")
        shown.trouble("away")
    assert lines == ["away"]


def test_the_table_shows_names_as_they_are_and_a_total():
    output = io.StringIO()
    with LiveTable(output) as shown:
        shown.show(RUN, [task(key="[red]t1", status="RUNNING", model="sim/a")])
    text = output.getvalue()
    assert "[red]t1" in text
    assert "RUNNING: 1 of 2 tasks, score –, $0.0123 of $2.0000 spent, 4 calls" in text
