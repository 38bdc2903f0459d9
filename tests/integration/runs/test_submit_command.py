"""`manage.py submit` against the REST API over HTTP."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.live_server_helper import LiveServer

from runs.models import Run
from tests.world import World, make_run, make_task, make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def submit(live_server: LiveServer, key: str, *words: str, **options: Any) -> tuple[str, int]:
    """Return what was written, and the exit code."""
    output, code = StringIO(), 0
    options = {"url": live_server.url, "key": key, "stdout": output} | options
    try:
        call_command("submit", *words, **options)
    except SystemExit as end:
        code = int(end.code or 0)
    return output.getvalue(), code


def test_a_detached_submission_names_the_run_and_how_to_watch_it(
    live_server: LiveServer, world: World
):
    written, code = submit(
        live_server, world.key, "Write a haiku", budget="0.25", criteria="17 syllables", detach=True
    )
    run = Run.objects.get()
    assert (run.project, run.success_criteria) == ("Write a haiku", "17 syllables")
    assert run.budget_nanousd == 250_000_000
    assert f"--watch {run.pk}" in written
    assert code == 0


def test_watching_a_success_lists_its_tasks_and_ends_with_0(live_server: LiveServer, world: World):
    run = make_run(world.team, status="SUCCESS", score=0.9, tasks_total=1, tasks_done=1)
    make_task(run, "t1", output="text")
    written, code = submit(live_server, world.key, watch=str(run.pk))
    assert "task t1 (code_generation) COMPLETED, score 0.90" in written
    assert f"{live_server.url}/api/v1/runs/{run.pk}/output/" in written
    assert code == 0


@pytest.mark.parametrize("status", ["COMPLETED_DEGRADED", "BUDGET_EXHAUSTED", "CANCELLED"])
def test_any_other_end_ends_with_1(live_server: LiveServer, world: World, status: str):
    run = make_run(world.team, status=status)
    written, code = submit(live_server, world.key, watch=str(run.pk))
    assert status in written
    assert code == 1


def test_ctrl_c_stops_watching_and_leaves_the_run(
    live_server: LiveServer, world: World, monkeypatch: pytest.MonkeyPatch
):
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("runs.management.commands.submit.time.sleep", interrupt)
    written, code = submit(live_server, world.key, "Write a haiku")
    run = Run.objects.get()
    assert f"manage.py submit --watch {run.pk}" in written
    assert (run.status, code) == ("QUEUED", 130)


def test_a_refusal_is_one_sentence(live_server: LiveServer, world: World):
    with pytest.raises(CommandError, match="budget_usd"):
        submit(live_server, world.key, "Write a haiku", budget="a lot")
    assert not Run.objects.exists()


def test_a_wrong_key_is_refused_in_a_sentence(live_server: LiveServer, world: World):
    with pytest.raises(CommandError, match="Who is asking"):
        submit(live_server, "mlo_wrong", "Write a haiku")


def test_another_teams_run_cannot_be_watched(live_server: LiveServer, world: World):
    run = make_run(world.sibling)
    with pytest.raises(CommandError, match="There is no such run"):
        submit(live_server, world.key, watch=str(run.pk))


def test_nothing_to_do_and_no_key_are_said(live_server: LiveServer, world: World):
    with pytest.raises(CommandError, match="--watch RUN_ID"):
        submit(live_server, world.key)
    with pytest.raises(CommandError, match="ORCHESTRATOR_API_KEY"):
        submit(live_server, "", "Write a haiku")
