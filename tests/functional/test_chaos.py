"""Kill -9 of a random process every second or two, with providers failing all the while."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import suppress
from typing import Any

import psutil

from tests.functional.ordeal import ENDED, assert_done_once, end_well, submit
from tests.functional.stack import Stack, running_stack

KILLS = 20
RUNS = 8
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
    runs: list[dict[str, Any]] = []
    killed: Counter[str] = Counter()
    with running_stack(workers=2, latency_scale=3.0, WORKERS="2", PATIENCE_SECONDS="5") as stack:
        stack.simulator.faults("*", *FAULTS)
        for n in range(KILLS):
            # One after the other, so that there are runs to be hit on a fast machine, too.
            if n % 2 == 0 and len(runs) < RUNS:
                runs.append(submit(stack, len(runs)))
            killed[kill_one(stack, ROLES[n % len(ROLES)], dice)] += 1
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
