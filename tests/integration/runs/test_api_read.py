"""Reading runs over REST: lists, details, tasks, calls, output."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from budgets.models import Hold
from routing.models import Decision
from runs.core.status import RunStatus
from runs.models import Run, Task
from tests.integration.runs.api import RUNS, Api, problem
from tests.world import (
    World,
    make_attempt,
    make_call,
    make_event,
    make_run,
    make_task,
)

pytestmark = pytest.mark.django_db


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def test_list_is_newest_first_and_pages_by_cursor_both_ways(api: Api, world: World):
    runs = [str(make_run(world.team).pk) for _ in range(5)][::-1]

    first = api.get(RUNS, {"page_size": 2})
    second = api.get(first.json()["next"])
    third = api.get(second.json()["next"])

    assert ids(first) + ids(second) + ids(third) == runs
    assert first.json()["previous"] is None
    assert third.json()["next"] is None
    assert ids(api.get(third.json()["previous"])) == runs[2:4]


def test_new_runs_do_not_shift_the_pages(api: Api, world: World):
    old = [str(make_run(world.team).pk) for _ in range(3)][::-1]
    first = api.get(RUNS, {"page_size": 2})

    make_run(world.team)

    assert ids(api.get(first.json()["next"])) == old[2:]


@pytest.mark.parametrize("size", ["201", "9999999999999999999999"])
def test_page_holds_at_most_200(api: Api, world: World, size: str):
    run = make_run(world.team)
    for _ in range(205):
        make_event(run)

    assert len(api.get(f"{RUNS}{run.pk}/events/", {"page_size": size}).json()["results"]) == 200


@pytest.mark.parametrize("size", ["0", "-1", "x", "1.5", "null", "٣", "000"])
def test_page_size_that_is_no_positive_number_is_refused(api: Api, size: str):
    problem(api.get(RUNS, {"page_size": size}), 400, "malformed")


@pytest.mark.parametrize("cursor", ["cD1ub25zZW5zZQ==", "cD0lMDA=", "cD0xZTk5OQ=="])
@pytest.mark.parametrize("part", ["", "tasks/", "calls/", "events/"])
def test_forged_cursor_is_refused(api: Api, world: World, cursor: str, part: str):
    run = make_run(world.team)

    problem(
        api.get(f"{RUNS}{run.pk}/{part}" if part else RUNS, {"cursor": cursor}), 400, "malformed"
    )


@pytest.mark.parametrize("cursor", ["é", "x" * 501])
def test_garbled_cursor_is_not_found(api: Api, cursor: str):
    problem(api.get(RUNS, {"cursor": cursor}), 404, "not-found")


def test_list_cuts_texts_that_the_detail_gives_whole(api: Api, world: World):
    run = make_run(world.team, project="p" * 5_000, success_criteria="c" * 5_000)

    (row,) = api.get(RUNS).json()["results"]
    whole = api.get(f"{RUNS}{run.pk}/").json()

    assert (row["project"], row["success_criteria"]) == ("p" * 300, "c" * 300)
    assert (whole["project"], whole["success_criteria"]) == ("p" * 5_000, "c" * 5_000)


def test_list_never_reads_texts_from_the_database(api: Api, world: World):
    make_run(world.team)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        api.get(RUNS)

    listings = [q["sql"] for q in queries if 'FROM "runs_run"' in q["sql"]]
    assert sum(sql.count('"runs_run"."project"') for sql in listings) == 1  # of the excerpt
    assert not any('"runs_run"."signature"' in sql for sql in listings)
    assert not any("COUNT(" in q["sql"].upper() for q in queries)


def test_list_filters(api: Api, world: World):
    now = timezone.now()
    done = make_run(world.team, status=RunStatus.SUCCESS, labels={"team": "eng", "a.b": "x:y"})
    old = make_run(world.team, created_at=now - timedelta(days=3), labels={"team": "ops"})
    both = make_run(world.team, status=RunStatus.TIMEOUT)
    make_call(done, model="sim/gpt-6-luna", task_type="summarization")
    make_call(old, model="sim/kimi-k2.6", task_type="code_review")
    make_task(both, type="data_extraction")
    make_task(both, "t2", type="data_extraction")
    yesterday = (now - timedelta(days=1)).isoformat()

    def found(**query: Any) -> set[str]:
        return set(ids(api.get(RUNS, query)))

    a, b, c = str(done.pk), str(old.pk), str(both.pk)
    assert found() == {a, b, c}
    assert found(status="SUCCESS") == {a}
    assert found(status="SUCCESS,TIMEOUT") == found(status=["SUCCESS", "TIMEOUT"]) == {a, c}
    assert found(label="team") == {a, b}
    assert found(label="team:eng") == {a}
    assert found(label="a.b:x:y") == {a}
    assert found(label=["team:eng", "a.b"]) == {a}
    assert found(label=["team:eng", "team:ops"]) == set()
    assert found(created_after=yesterday) == {a, c}
    assert found(created_before=yesterday) == {b}
    assert found(model="sim/kimi-k2.6") == {b}
    assert found(model="sim/kimi-k2.6", task_type="summarization") == set()
    assert found(task_type="data_extraction") == {c}
    assert found(team="eng") == {a, b, c}
    assert found(team="research") == set()


def test_time_with_an_unescaped_plus_is_understood(api: Api, world: World):
    run = make_run(world.team)

    response = api.get(f"{RUNS}?created_after=2020-01-01T00:00:00+00:00")

    assert ids(response) == [str(run.pk)]


@pytest.mark.parametrize(
    ("field", "value"),
    [("status", "DONE"), ("label", "1x"), ("label", "a__gt:1"), ("created_after", "yesterday"),
     ("created_before", "9999999-01-01"), ("task_type", "poetry"), ("model", "m" * 200),
     ("team", "t" * 200), ("team", "\x00"), ("model", "\x00"), ("label", "a:\x00")],
)  # fmt: skip
def test_bad_filter_is_refused_by_name(api: Api, field: str, value: str):
    # `a__gt` is a fine label, but no operator: it finds nothing and breaks nothing.
    response = api.get(RUNS, {field: value})

    if value == "a__gt:1":
        assert ids(response) == []
    else:
        assert field in str(problem(response, 400, "malformed")["errors"])


def test_person_sees_the_runs_of_all_their_teams(world: World):
    here, there = make_run(world.team), make_run(world.sibling)
    make_run(world.other)
    api = Api()

    api.client.force_login(world.owner)
    assert set(ids(api.get(RUNS))) == {str(here.pk), str(there.pk)}
    api.client.force_login(world.member)
    assert ids(api.get(RUNS)) == [str(here.pk)]


def test_detail_adds_the_money_of_all_holds_up(api: Api, world: World):
    run = make_run(world.team, score=0.91)
    Hold.objects.filter(run_id=run.pk).update(
        spent_nanousd=31_200_000, reserved_nanousd=20_000_000, spent_generation_nanousd=31_200_000
    )

    body = api.get(f"{RUNS}{run.pk}/").json()

    assert (body["spent_usd"], body["held_usd"], body["score"]) == ("0.0312", "0.02", 0.91)
    assert body["phase_spent_usd"]["generation"] == "0.0312"
    assert body["phase_spent_usd"]["evaluation"] == "0.00"


@pytest.mark.parametrize("status", list(RunStatus))
def test_resumable_is_told_of_every_status(api: Api, world: World, status: RunStatus):
    run = make_run(world.team, status=status)

    body = api.get(f"{RUNS}{run.pk}/").json()

    resumable = {"PARTIAL_SUCCESS", "BUDGET_EXHAUSTED", "TIMEOUT", "SYSTEM_FAILURE"}
    assert (body["status"], body["resumable"]) == (status, status in resumable)


def test_tasks_come_in_the_plans_order_with_their_validators(api: Api, world: World):
    run = make_run(world.team)
    make_task(run, "b", position=1, depends_on=["a"], validators=[{"name": "length"}])
    done = make_task(run, "a", position=0, output="x = 1", cost_nanousd=4_215_000,
                     validators=[{"name": "python_syntax", "options": {}}])  # fmt: skip
    done.attempts.update(
        validators=[{"name": "python_syntax", "status": "PASSED", "message": "fine"}]
    )

    first, second = api.get(f"{RUNS}{run.pk}/tasks/").json()["results"]

    assert (first["key"], first["status"], first["score"]) == ("a", "COMPLETED", 0.9)
    assert first["cost_usd"] == "0.004215"
    assert first["validators"] == [{"name": "python_syntax", "status": "PASSED", "message": "fine"}]
    assert (second["key"], second["depends_on"], second["score"]) == ("b", ["a"], None)
    assert second["validators"] == [{"name": "length", "status": None, "message": ""}]
    assert not {"prompt", "output"} & set(first)


def test_task_detail_shows_attempts_and_why_each_call_went_where_it_went(api: Api, world: World):
    run = make_run(world.team)
    task = make_task(run, "t1", output="second", prompt="Do it well")
    make_attempt(task, number=2, output="second", critique="Too short", score=None,
                 judgements=[{"model": "m", "score": None, "reason": "unreadable"}],
                 validators_passed=None)  # fmt: skip
    decision = Decision.objects.create(
        at=timezone.now(), org_id=run.org_id, team_id=run.team_id, run_id=run.pk, kind="route",
        outcome="allow", model="sim/gpt-6-luna", candidates={"candidates": [], "removed": []},
    )  # fmt: skip
    call = make_call(run, task_key="t1", attempt=1, decision_id=decision.pk)
    make_call(run, task_key="t1", attempt=2, outcome="error", error_origin="provider",
              cost_nanousd=None)  # fmt: skip
    make_call(run, task_key="other")

    body = api.get(f"{RUNS}{run.pk}/tasks/t1/").json()

    assert (body["prompt"], body["output"]) == ("Do it well", "second")
    assert [attempt["number"] for attempt in body["attempts"]] == [1, 2]
    assert body["attempts"][1]["critique"] == "Too short"
    assert body["attempts"][1]["judgements"][0]["score"] is None
    assert body["attempts"][1]["validators_passed"] is None
    routed, failed = body["calls"]
    assert routed["id"] == str(call.pk)
    assert routed["decision"]["id"] == str(decision.pk)
    assert routed["decision"]["candidates"] == {"candidates": [], "removed": []}
    assert (failed["decision"], failed["cost_usd"], failed["error_origin"]) == (
        None, None, "provider"
    )  # fmt: skip


@pytest.mark.parametrize("key", ["nope", "%00", "a b", "é"])
def test_unknown_task_is_not_found(api: Api, world: World, key: str):
    run = make_run(world.team)

    problem(api.get(f"{RUNS}{run.pk}/tasks/{key}/"), 404, "not-found")


def test_calls_tell_tokens_by_class_and_unknown_as_null(api: Api, world: World):
    run = make_run(world.team)
    make_call(run, input_tokens=10, output_tokens=5, cache_read_tokens=2, latency_ms=120)
    make_call(run, outcome="unconfirmed", cost_nanousd=None)

    known, unknown = api.get(f"{RUNS}{run.pk}/calls/").json()["results"]

    assert (known["input_tokens"], known["cache_read_tokens"], known["latency_ms"]) == (10, 2, 120)
    assert known["cost_usd"] == "0.004215"
    assert (unknown["input_tokens"], unknown["cost_usd"]) == (None, None)


def test_output_is_a_zip_that_unpacks_nowhere_else(api: Api, world: World):
    run = make_run(world.team)
    evil = "```python ../../etc/cron.d/evil.py\nprint(1)\n```\n```python C:\\x.py\nprint(2)\n```"
    make_task(run, "t1", output=evil)
    make_task(run, "t2", type="summarization", output="A summary of it.")
    make_task(run, "t3")

    response = api.get(f"{RUNS}{run.pk}/output/")

    assert response.headers["Content-Type"] == "application/zip"
    assert str(run.pk) in response.headers["Content-Disposition"]
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    assert archive.testzip() is None
    names = archive.namelist()
    assert "t2.md" in names
    assert archive.read("t2.md") == b"A summary of it."
    assert not any(".." in name or name.startswith("/") or ":" in name for name in names)
    assert any(archive.read(name).strip() == b"print(1)" for name in names)


def test_output_of_a_run_without_any_is_an_empty_zip(api: Api, world: World):
    response = api.get(f"{RUNS}{make_run(world.team).pk}/output/", Accept="application/zip")

    assert zipfile.ZipFile(io.BytesIO(response.content)).namelist() == []


def _grow(world: World, run: Run, number: int) -> None:
    for place in range(number):
        make_run(world.team)
        task = make_task(run, f"k{uuid4().hex}", output="x")
        decision = Decision.objects.create(at=timezone.now(), org_id=run.org_id, kind="route",
                                           outcome="allow")  # fmt: skip
        make_call(run, task_key="fixed", decision_id=decision.pk)
        make_event(run)
        make_attempt(Task.objects.get(run=run, key="fixed"), number=10 + place + task.pk % 9_000)


@pytest.mark.parametrize("part", ["list", "tasks/", "tasks/fixed/", "calls/", "events/", "output/"])
def test_number_of_queries_does_not_grow_with_the_rows(api: Api, world: World, part: str):
    run = make_run(world.team)
    make_task(run, "fixed", output="x")
    path = RUNS if part == "list" else f"{RUNS}{run.pk}/{part}"
    _grow(world, run, 1)
    api.get(path)  # notes the use of the key
    with CaptureQueriesContext(connection) as few:
        assert api.get(path).status_code == 200
    _grow(world, run, 12)
    with CaptureQueriesContext(connection) as many:
        assert api.get(path).status_code == 200

    assert len(many) == len(few) <= 7
