"""The product as its users meet it: real processes, real HTTP, nothing mocked."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterator
from decimal import Decimal

import psutil
import pytest

from tests.functional.known import plant
from tests.functional.stack import Stack, running_stack


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(workers=1) as stack:
        yield stack


@pytest.fixture(autouse=True)
def skilled(stack: Stack) -> None:
    stack.simulator.reset()
    stack.simulator.fault("*", "skill:0.5")


def test_a_project_becomes_finished_checked_work(stack: Stack) -> None:
    run = stack.submit(
        project="Build a FastAPI service with JWT login", success_criteria="all endpoints tested"
    )
    assert run["status"] == "QUEUED"

    run = stack.wait(run["id"])

    assert run["status"] == "SUCCESS", run
    assert 0.8 < run["score"] <= 1.0
    calls = stack.all(f"/runs/{run['id']}/calls/")
    phases = sum(Decimal(part) for part in run["phase_spent_usd"].values())
    assert sum(Decimal(call["cost_usd"]) for call in calls) == Decimal(run["spent_usd"]) == phases
    tasks = stack.all(f"/runs/{run['id']}/tasks/")
    assert run["score"] == pytest.approx(sum(t["score"] for t in tasks) / len(tasks), abs=1e-5)
    assert "Everything adds up" in stack.manage("reconcile_budgets")


def test_each_step_says_why_it_used_its_model(stack: Stack) -> None:
    run = stack.submit(
        project="One summary",
        resume="never",
        tasks=[{"key": "a", "type": "summarization", "prompt": "Summarise the Odyssey."}],
    )
    stack.wait(run["id"])

    task = stack.get(f"/runs/{run['id']}/tasks/a/")

    assert task["prompt"] == "Summarise the Odyssey."
    assert task["output"]
    (attempt, *_) = task["attempts"]
    assert len(attempt["judgements"]) >= 2
    decisions = task["decisions"] if "decisions" in task else task["calls"]
    assert decisions


def test_a_cheap_model_goes_first_and_a_better_one_follows_where_its_check_fails(
    stack: Stack,
) -> None:
    cheap, dear = "sim/gpt-6-luna", "sim/claude-opus-5-5"
    kind, cent = "data_extraction", 10_000_000
    session = plant(stack, kind, (cheap, 0.85, 0.15, cent // 100), (dear, 0.99, 0.0, 4 * cent))
    stack.simulator.script("no JSON at all", '{"name": "Ada"}', intent="generate")
    stack.simulator.script(*["APPROVED"] * 4, intent="critique")
    stack.simulator.script(*['{"score": 0.97, "reason": "right"}'] * 8, intent="judge")
    schema = {"name": "json_schema", "options": {"schema": {}}}
    task = {"key": "a", "type": kind, "prompt": "Who was it? As JSON.", "validators": [schema]}
    run = stack.submit(
        project="Who wrote the first program", resume="never", cache="never",
        allowed_models=[cheap, dear], tasks=[task],
    )  # fmt: skip

    run = stack.wait(run["id"])

    assert run["status"] == "SUCCESS", run
    task = stack.get(f"/runs/{run['id']}/tasks/a/")
    steps = [(one["kind"], one["model"], one["escalate_to"]) for one in task["attempts"]]
    assert steps == [("first", cheap, dear), ("escalate", dear, "")]
    assert task["output"] == '{"name": "Ada"}'
    first, second = (one for one in task["calls"] if one["phase"] == "generation")
    said = first["decision"]["inputs"]["cascade"]
    assert (said["taken"], said["step"], said["models"]) == (True, 1, [cheap, dear])
    assert said["check"]["kind"] == "json_schema"
    said = second["decision"]["inputs"]["cascade"]
    assert (said["taken"], said["step"], said["why"]) == (True, 2, "json_schema failed")
    costs = {one["model"]: Decimal(one["cost_usd"]) for one in (first, second)}
    assert 0 < costs[cheap] < costs[dear]
    calls = stack.all(f"/runs/{run['id']}/calls/")
    assert sum(Decimal(call["cost_usd"]) for call in calls) == Decimal(run["spent_usd"])
    page = stack.page(f"/runs/{run['id']}/?task=a", session)
    assert f"Step 1 of 2 of a cascade, {dear} follows if its result does not pass" in page
    assert f"Step 2 of 2 of a cascade, after {cheap}: json_schema failed" in page


def test_the_output_comes_as_a_zip_that_stays_in_its_folder(stack: Stack) -> None:
    evil = "```python\n# file: ../../etc/cron.d/evil.py\nprint('gotcha')\n```"
    stack.simulator.script(*[evil] * 12, intent="generate")
    stack.simulator.script(*[evil] * 12, intent="revise")
    run = stack.submit(
        project="Evil file names",
        resume="never",
        tasks=[{"key": "a", "type": "code_generation", "prompt": "Write a script."}],
    )
    stack.wait(run["id"])

    answer = stack.client.get(f"/runs/{run['id']}/output/")

    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert names
    assert not [name for name in names if ".." in name or name.startswith(("/", "\\"))]


def test_twenty_runs_at_once_all_end_well(stack: Stack) -> None:
    runs = [
        stack.submit(
            project=f"Story {n}",
            resume="never",
            tasks=[{"key": "a", "type": "summarization", "prompt": f"Summarise story {n}."}],
        )
        for n in range(20)
    ]

    assert {stack.wait(run["id"])["status"] for run in runs} == {"SUCCESS"}
    assert "locked" not in stack.log("worker") + stack.log("web")


def test_a_worker_killed_in_mid_run_costs_no_finished_task(stack: Stack) -> None:
    stack.simulator.faults("*", {"kind": "skill:0.5"}, {"kind": "slow", "after_ms": 150})
    chain = [
        {
            "key": f"t{n}",
            "type": "summarization",
            "prompt": f"Summarise chapter {n}.",
            "depends_on": [f"t{n - 1}"] if n else [],
        }
        for n in range(5)
    ]
    run = stack.submit(project="A long book", resume="never", tasks=chain)
    until = time.monotonic() + 30
    while stack.get(f"/runs/{run['id']}/")["tasks_done"] < 2 and time.monotonic() < until:
        time.sleep(0.05)
    done = {t["key"] for t in stack.all(f"/runs/{run['id']}/tasks/") if t["score"] is not None}
    assert done

    for process in psutil.Process(stack.processes[-1].pid).children(recursive=True):
        process.kill()

    run = stack.wait(run["id"], seconds=60)
    assert run["status"] == "SUCCESS", run
    events = stack.all(f"/runs/{run['id']}/events/")
    finished = [e["payload"]["task"] for e in events if e["type"] == "task.finished"]
    assert sorted(finished) == [f"t{n}" for n in range(5)]
    assert "Everything adds up" in stack.manage("reconcile_budgets")


def test_a_run_is_cancelled_and_keeps_what_it_finished(stack: Stack) -> None:
    stack.simulator.faults("*", {"kind": "skill:0.5"}, {"kind": "slow", "after_ms": 200})
    chain = [
        {
            "key": f"t{n}",
            "type": "summarization",
            "prompt": f"Summarise part {n}.",
            "depends_on": [f"t{n - 1}"] if n else [],
        }
        for n in range(6)
    ]
    run = stack.submit(project="Never mind", resume="never", tasks=chain)
    until = time.monotonic() + 30
    while stack.get(f"/runs/{run['id']}/")["tasks_done"] < 1 and time.monotonic() < until:
        time.sleep(0.05)

    assert stack.client.post(f"/runs/{run['id']}/cancel/").status_code in {200, 202}

    run = stack.wait(run["id"])
    assert run["status"] == "CANCELLED"
    assert run["tasks_done"] >= 1
    assert stack.client.post(f"/runs/{run['id']}/resume/", json={}).status_code == 409
