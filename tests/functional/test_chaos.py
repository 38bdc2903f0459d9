"""Kill -9 of a random process every second or two, with providers failing all the while."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import suppress
from decimal import Decimal
from typing import Any

import psutil

from tests.functional.stack import Stack, running_stack

KILLS = 20
RUNS = 8
ENDED = {"SUCCESS", "COMPLETED_DEGRADED"}
FAULTS: list[dict[str, Any]] = [
    {"kind": "429", "rate": 0.08, "retry_after": 0},
    {"kind": "500", "rate": 0.05},
    {"kind": "malformed", "rate": 0.03},
    {"kind": "cut_stream", "rate": 0.03},
    {"kind": "skill:0.4"},
]
ROLES = ("main", "sentinel", "busy", "idle", "web")


def test_whatever_dies_every_run_ends_right_and_nothing_is_paid_twice() -> None:
    dice = random.Random(20261126)
    with running_stack(workers=2, latency_scale=1.0, WORKERS="2", PATIENCE_SECONDS="5") as stack:
        stack.simulator.faults("*", *FAULTS)
        runs = [submit(stack, n) for n in range(RUNS)]
        killed = Counter(kill_one(stack, ROLES[n % len(ROLES)], dice) for n in range(KILLS))
        stack.simulator.no_faults()
        stack.simulator.fault("*", "skill:0.4")

        ended = [end_well(stack, run["id"]) for run in runs]

        assert killed.total() == KILLS
        assert {run["status"] for run in ended} <= ENDED, ended
        for run in ended:
            assert_done_once(stack, run)
        assert recovered(stack, ended) >= RUNS / 2, "the kills missed the runs"
        assert "Everything adds up" in stack.manage("reconcile_budgets")


def recovered(stack: Stack, runs: list[dict[str, Any]]) -> int:
    """Return how often a run was taken over from a dead worker."""
    events = (event for run in runs for event in stack.all(f"/runs/{run['id']}/events/"))
    return sum(event["type"] == "run.started" and event["payload"]["recovered"] for event in events)


def submit(stack: Stack, number: int) -> dict[str, Any]:
    """Submit a run of a chain and some tasks beside it, long enough to be hit."""
    tasks = [
        {
            "key": f"t{n}",
            "type": "summarization",
            "prompt": f"Summarise chapter {n} of book {number}.",
            "depends_on": [f"t{n - 1}"] if n % 3 else [],
        }
        for n in range(9)
    ]
    return stack.submit(
        project=f"Book {number}", tasks=tasks, resume="never", cache="never", budget_usd="1.00"
    )


def kill_one(stack: Stack, role: str, dice: random.Random) -> str:
    """Wait a moment, then kill one process of this role and put back what a supervisor would."""
    time.sleep(dice.uniform(1.0, 2.0))
    if role == "web":
        assert stack.web is not None
        stack.web.kill()
        stack.web.wait()
        stack.start_web()
        return role
    mains = [one for one in stack.processes if one is not stack.web and one.poll() is None]
    main = dice.choice(mains)
    if role == "main":
        main.kill()
        main.wait()
        stack.start_worker()
        return role
    with suppress(psutil.NoSuchProcess, IndexError):
        victim = find(psutil.Process(main.pid), role, dice)
        victim.kill()
    return role


def find(main: psutil.Process, role: str, dice: random.Random) -> psutil.Process:
    """Return a process of the cluster; a busy one has used the most processor time."""
    sentinel = main.children()[0]
    if role == "sentinel":
        return sentinel
    children = sorted(sentinel.children(), key=lambda one: sum(one.cpu_times()[:2]))
    return children[-1] if role == "busy" else dice.choice(children[:-1])


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
