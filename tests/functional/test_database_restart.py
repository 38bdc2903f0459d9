"""The database goes away in mid-run, twice, without a word."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import httpx

from tests.functional.ordeal import ENDED, assert_done_once, end_well, submit
from tests.functional.stack import Stack, running_stack
from tests.postgresql import postgresql

RUNS = 2


def test_a_restarted_database_costs_no_finished_work_and_no_money() -> None:
    # A server of its own: others may be using the one that the tests run on.
    with (
        postgresql() as server,
        running_stack(latency_scale=0.5, WORKERS="1", DATABASE_URL=server.url) as stack,
    ):
        stack.simulator.fault("*", "skill:0.5")
        runs = [submit(stack, n) for n in range(RUNS)]
        for finished in (1, 6):
            until(partial(has_finished, stack, finished))
            server.crash()
            until(lambda: answer(stack).status_code == 503)
            assert answer(stack).json()["type"] == "/problems/unavailable"
            server.start()
            until(lambda: answer(stack).status_code == 200)

        ended = [end_well(stack, run["id"]) for run in runs]
        late = submit(stack, RUNS, tasks=1)  # nobody is at work: the bell must be heard again
        ended.append(end_well(stack, late["id"]))

        assert {run["status"] for run in ended} <= ENDED, ended
        for run in ended:
            assert_done_once(stack, run)
        assert "Everything adds up" in stack.manage("reconcile_budgets")
        stack.manage("verify_audit")
        assert "The database is away" in stack.log("worker"), "the restarts missed the runs"


def answer(stack: Stack) -> httpx.Response:
    return stack.client.get("/runs/")


def has_finished(stack: Stack, tasks: int) -> bool:
    return sum(run["tasks_done"] for run in answer(stack).json()["results"]) >= tasks


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what must come."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.05)
