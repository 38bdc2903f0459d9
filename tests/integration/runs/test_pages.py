"""Pages without a browser: who may see them, what they cost the database, what they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from budgets.models import Hold, User
from runs.models import Feedback, Run
from runs.selectors.recent import recent_calls, recent_events, run_version
from tests.world import (
    DOLLAR,
    World,
    make_budget,
    make_call,
    make_event,
    make_run,
    make_task,
)

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def run(world: World) -> Run:
    run = make_run(world.team)
    make_event(run, "run.queued")
    return run


@pytest.mark.parametrize("name", ["runs", "run-new", "run"])
def test_pages_ask_a_stranger_to_log_in(name: str, run: Run):
    url = reverse(name, args=[run.pk] if name == "run" else [])
    answer = Client().get(url)
    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={url}")


@pytest.mark.parametrize("who", ["stranger", "neighbour"])
@pytest.mark.parametrize("name", ["run", "run-cancel", "run-resume", "run-rerun"])
def test_a_run_of_another_team_is_not_there(world: World, run: Run, who: str, name: str):
    client = client_of(getattr(world, who))
    url = reverse(name, args=[run.pk])
    answer = client.get(url) if name == "run" else client.post(url)
    assert answer.status_code == 404


def test_a_poll_of_another_teams_run_tells_nothing(world: World, run: Run):
    version = str(run_version(world.caller(), run.pk))
    url = reverse("run", args=[run.pk])
    answer = client_of(world.stranger).get(url, {"seen": version}, headers=PART)
    assert answer.status_code == 404


@pytest.mark.parametrize("name", ["run-cancel", "run-resume"])
def test_who_may_only_read_cannot_steer(world: World, run: Run, name: str):
    answer = client_of(world.auditor).post(reverse(name, args=[run.pk]))
    assert answer.status_code == 403
    run.refresh_from_db()
    assert run.status == "QUEUED"


def test_who_may_only_read_is_told_that_no_run_can_be_started(world: World):
    client = client_of(world.auditor)
    assert client.post(reverse("run-new"), {"project": "x"}).status_code == 403
    assert client.get(reverse("run-new")).status_code == 403
    assert b"New run</a>" not in client.get("/runs/").content
    assert b"New run</a>" in client_of(world.member).get("/runs/").content
    assert not Run.objects.exists()


@pytest.mark.parametrize(("verdict", "score"), [("good", 1.0), ("fair", 0.5), ("bad", 0.0)])
def test_a_person_judges_an_output_where_it_is_read(
    world: World, run: Run, verdict: str, score: float
):
    make_task(run, "judged", output="x")
    client = client_of(world.member)
    url = reverse("run", args=[run.pk]) + "?task=judged"
    assert b'value="good"' in client.get(url).content

    answer = client.post(reverse("task-verdict", args=[run.pk, "judged"]), {"verdict": verdict})

    assert (answer.status_code, answer["Location"]) == (302, url)
    assert Feedback.objects.get().score == score
    assert b"Your verdict on judged is kept." in client.get(url).content


def test_a_verdict_needs_something_to_judge_and_something_to_say(world: World, run: Run):
    make_task(run, "empty")
    make_task(run, "judged", output="x")
    client = client_of(world.member)

    client.post(reverse("task-verdict", args=[run.pk, "empty"]), {"verdict": "good"})
    client.post(reverse("task-verdict", args=[run.pk, "judged"]), {"verdict": "splendid"})

    shown = client.get(reverse("run", args=[run.pk]) + "?task=empty").content.decode()
    assert "has no output yet" in shown and "good, fair or bad" in shown
    assert 'value="good"' not in shown
    url = reverse("run", args=[run.pk]) + "?task=judged"
    assert b'value="good"' not in client_of(world.auditor).get(url).content
    assert not Feedback.objects.exists()


def test_a_form_without_its_token_changes_nothing(world: World, run: Run):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.member)
    assert client.post(reverse("run-cancel", args=[run.pk])).status_code == 403
    run.refresh_from_db()
    assert run.status == "QUEUED"


def test_a_team_of_another_org_cannot_be_made_to_pay(world: World):
    data = {"project": "x", "team": world.other.pk, "time_limit_minutes": "5"}
    answer = client_of(world.owner).post(reverse("run-new"), data)
    assert answer.status_code == 422
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"project": ""},
        {"project": "x" * 100_001},
        {"project": "x", "time_limit_minutes": "0"},
        {"project": "x", "time_limit_minutes": "99999999999999"},
        {"project": "x", "budget_usd": "1e309"},
        {"project": "x\x00y"},
    ],
)
def test_bad_input_is_answered_by_the_form(world: World, fields: dict[str, str]):
    data = {"time_limit_minutes": "60", "team": world.team.pk} | fields
    answer = client_of(world.member).post(reverse("run-new"), data)
    assert answer.status_code == 422
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "query",
    ["?tab=nonsense", "?task=nobody", "?tab=calls&before=x", "?tab=events&before=²", "?task=%00",
     "?tab=events&before=99999999999999999999999"],
)  # fmt: skip
def test_a_nonsense_part_of_a_run_is_no_error(world: World, run: Run, query: str):
    fill(run, 1)
    answer = client_of(world.member).get(reverse("run", args=[run.pk]) + query)
    assert answer.status_code == 200


def fill(run: Run, tasks: int) -> None:
    for number in range(tasks):
        make_task(run, f"t{number}", output="text")
        make_call(run, task_key=f"t{number}")
        make_event(run)


@pytest.mark.parametrize(
    "query", ["", "?task=t0", "?tab=timeline", "?tab=calls", "?tab=events", "?tab=request"]
)
def test_a_large_run_costs_no_more_queries_than_a_small_one(
    world: World,
    run: Run,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    query: str,
):
    client = client_of(world.member)
    url = reverse("run", args=[run.pk]) + query
    fill(run, 1)
    with django_assert_max_num_queries(14) as small:
        client.get(url)
    for number in range(1, 20):
        make_task(run, f"t{number}", output="text")
        make_call(run, task_key=f"t{number}")
        make_event(run)
    with django_assert_num_queries(len(small)):
        client.get(url)


def test_a_long_list_costs_no_more_queries_than_a_short_one(
    world: World,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
):
    client = client_of(world.owner)
    make_run(world.team)
    with django_assert_max_num_queries(9) as short:
        client.get("/runs/")
    for _ in range(10):
        make_run(world.sibling)
    with django_assert_num_queries(len(short)):
        client.get("/runs/")


def test_a_poll_that_has_seen_all_reads_no_task(
    world: World, run: Run, django_assert_max_num_queries: DjangoAssertNumQueries
):
    client = client_of(world.member)
    seen = {"seen": str(run_version(world.caller(), run.pk))}
    # Session, person, memberships, their teams, and one for the version.
    with django_assert_max_num_queries(5) as queries:
        answer = client.get(reverse("run", args=[run.pk]), seen, headers=PART)
    assert (answer.status_code, answer.content) == (204, b"")
    assert [query["sql"] for query in queries if "runs_task" in query["sql"]] == []


def test_a_poll_after_a_change_gets_the_part_that_updates_itself(world: World, run: Run):
    client = client_of(world.member)
    seen = {"seen": str(run_version(world.caller(), run.pk))}
    make_event(run, "run.started")
    answer = client.get(reverse("run", args=[run.pk]), seen, headers=PART)
    assert answer.status_code == 200
    assert answer.content.lstrip().startswith(b'<div id="run"')


def test_the_version_changes_with_every_event_and_is_none_for_a_stranger(world: World, run: Run):
    before = run_version(world.caller(), run.pk)
    make_event(run)
    assert run_version(world.caller(), run.pk) != before
    assert run_version(world.caller(world.stranger), run.pk) is None


def test_no_page_may_be_kept_by_a_cache(world: World, run: Run):
    answer = client_of(world.member).get(reverse("run", args=[run.pk]))
    assert "no-store" in answer["Cache-Control"]
    assert "HX-Request" in answer["Vary"]


def test_calls_and_events_go_on_before_the_last_one_shown(run: Run):
    calls = [make_call(run) for _ in range(3)]
    events = [make_event(run) for _ in range(3)]
    assert list(recent_calls(run, calls[1].pk)) == [calls[0]]
    assert recent_events(run, events[1].seq).first() == events[0]


def test_a_broken_page_says_so_without_a_trace(world: World, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("runs.views.run_list.run_list", broken)
    client = client_of(world.member)
    client.raise_request_exception = False
    answer = client.get("/runs/")
    assert answer.status_code == 500
    assert b"Something broke on our side" in answer.content
    assert b"secret detail" not in answer.content


def ended(world: World, **fields: Any) -> Run:
    values: dict[str, Any] = {"status": "SUCCESS", "labels": {"service": "auth"}, "priority": 3}
    return make_run(world.team, **values | fields)


def test_a_run_is_run_again_with_the_same_body_and_the_first_stays(world: World):
    first = ended(world, allowed_models=["sim/gpt-6-luna"], success_criteria="All pass")
    answer = client_of(world.member).post(reverse("run-rerun", args=[first.pk]))
    second = Run.objects.exclude(pk=first.pk).get()
    assert answer["Location"] == reverse("run", args=[second.pk])
    for name in ("project", "success_criteria", "labels", "priority", "budget_nanousd",
                 "time_limit_seconds", "allowed_models", "team_id"):  # fmt: skip
        assert getattr(second, name) == getattr(first, name), name
    assert (second.status, second.created_by, second.hold is None) == (
        "QUEUED",
        world.member,
        False,
    )
    first.refresh_from_db()
    assert first.status == "SUCCESS"


def test_an_interrupted_run_is_run_again_and_not_gone_on_with(world: World):
    first = ended(world, status="PARTIAL_SUCCESS")
    client_of(world.member).post(reverse("run-rerun", args=[first.pk]))
    first.refresh_from_db()
    assert (first.status, Run.objects.count()) == ("PARTIAL_SUCCESS", 2)


def test_tasks_that_were_given_are_given_again(world: World):
    first = ended(world, decomposition="given", tasks_total=2)
    make_task(first, "t1", prompt="Write it", validators=[{"name": "python_syntax", "options": {}}])
    make_task(first, "t2", prompt="Test it", depends_on=["t1"])
    client_of(world.member).post(reverse("run-rerun", args=[first.pk]))
    second = Run.objects.exclude(pk=first.pk).get()
    assert second.decomposition == "given"
    tasks = {task.key: task for task in second.tasks.all()}
    assert (tasks["t2"].depends_on, tasks["t1"].text.prompt) == (["t1"], "Write it")
    assert tasks["t1"].validators == [{"name": "python_syntax", "options": {}}]


def test_tasks_that_were_planned_are_planned_anew(world: World):
    first = ended(world, decomposition="planned", tasks_total=1)
    make_task(first, "t1")
    client_of(world.member).post(reverse("run-rerun", args=[first.pk]))
    assert Run.objects.exclude(pk=first.pk).get().tasks_total == 0


def test_running_again_without_money_says_so(world: World):
    first = ended(world)
    make_budget(world.team, limit=1)
    answer = client_of(world.member).post(reverse("run-rerun", args=[first.pk]), follow=True)
    assert "free, and this asks for" in answer.content.decode()
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "status"), [("stranger", 404), ("neighbour", 404), ("auditor", 403)]
)
def test_nobody_else_runs_it_again(world: World, who: str, status: int):
    first = ended(world)
    answer = client_of(getattr(world, who)).post(reverse("run-rerun", args=[first.pk]))
    assert (answer.status_code, Run.objects.count()) == (status, 1)


def test_a_label_makes_no_run_a_made_up_one(world: World):
    run = make_run(world.team, labels={"demo": "yes"})
    make_call(run)
    text = client_of(world.member).get(reverse("run", args=[run.pk])).content.decode()
    assert "made up" not in text


def test_a_phase_over_its_soft_cap_says_so(world: World):
    run = make_run(world.team)
    assert run.hold is not None
    Hold.objects.filter(pk=run.hold.pk).update(spent_decomposition_nanousd=DOLLAR // 2)
    text = client_of(world.member).get(reverse("run", args=[run.pk])).content.decode()
    assert text.count(", over</span>") == 1


def test_the_way_back_from_a_run_keeps_the_filter(world: World, run: Run):
    url = reverse("run", args=[run.pk])
    text = client_of(world.member).get(f"{url}?range=30d&team=eng&tab=calls").content.decode()
    assert 'href="/runs/?range=30d&amp;team=eng"' in text
    assert f'href="{url}?tab=events&amp;range=30d&amp;team=eng"' in text
