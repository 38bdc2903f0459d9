"""Runs long enough to be hit by whatever a test does to the product, and how they are judged."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from tests.functional.stack import Stack

ENDED = {"SUCCESS", "COMPLETED_DEGRADED"}


def submit(stack: Stack, number: int, tasks: int = 9) -> dict[str, Any]:
    """Submit a run of a chain and some tasks beside it, long enough to be hit."""
    given = [
        {
            "key": f"t{n}",
            "type": "summarization",
            "prompt": f"Summarise chapter {n} of book {number}.",
            "depends_on": [f"t{n - 1}"] if n % 3 else [],
        }
        for n in range(tasks)
    ]
    return stack.submit(
        project=f"Book {number}", tasks=given, resume="never", cache="never", budget_usd="1.00"
    )


def end_well(stack: Stack, run_id: str) -> dict[str, Any]:
    """Wait for the run, resuming it as a person would while it was only interrupted."""
    for _ in range(4):
        run: dict[str, Any] = stack.wait(run_id, seconds=90)
        if not run["resumable"]:
            return run
        answer = stack.client.post(f"/runs/{run_id}/resume/", json={})
        assert answer.status_code in {200, 201, 202}, answer.text
    return stack.wait(run_id, seconds=90)


def assert_done_once(stack: Stack, run: dict[str, Any]) -> None:
    """Check that each task has one result, and that no call was made for it afterwards."""
    path = f"/runs/{run['id']}"
    tasks = {task["key"]: task for task in stack.all(f"{path}/tasks/")}
    finished = Counter(
        event["payload"]["task"]
        for event in stack.all(f"{path}/events/")
        if event["type"] == "task.finished"
    )
    calls = stack.all(f"{path}/calls/")
    assert finished == dict.fromkeys(tasks, 1)
    assert len({call["id"] for call in calls}) == len(calls) == run["calls"]
    for call in calls:
        if call["task"]:
            assert call["at"] <= tasks[call["task"]]["finished_at"], "paid after it was finished"
    total = sum(Decimal(call["cost_usd"] or 0) for call in calls)
    assert total == Decimal(run["spent_usd"]) <= Decimal(run["budget_usd"])
