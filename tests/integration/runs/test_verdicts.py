"""What people say of a task's output: who reads it, and how one corrects one's own."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from budgets.core.access import Scope
from budgets.models import User
from routing.core.quality import Profile
from routing.models import Decision, Evidence
from routing.selectors.profiles import profiles_of
from runs.models import Feedback, Run, Task
from runs.selectors.checking import judged_by_people
from telemetry.models import Event
from tests.integration.runs.api import RUNS, Api, problem
from tests.world import World, make_key, make_run, make_task, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(world: World) -> Run:
    run = make_run(world.team)
    make_task(run, output="x")
    return run


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def say(client: Client, run: Run, verdict: str, comment: str = "") -> None:
    said = {"verdict": verdict, "comment": comment}
    assert client.post(reverse("task-verdict", args=[run.pk, "t1"]), said).status_code == 302


def shown(client: Client, run: Run) -> str:
    return client.get(reverse("run", args=[run.pk]), {"task": "t1"}).content.decode()


def url(run: Run) -> str:
    return f"{RUNS}{run.pk}/tasks/t1/feedback/"


def session(user: User) -> Api:
    api = Api()
    api.client.force_login(user)
    return api


def learned(run: Run, team_id: int = 0) -> Profile:
    (profile,) = profiles_of(run.org_id, team_id).values()
    return profile


def test_the_page_tells_who_said_what_and_when(world: World, run: Run, api: Api):
    colleague = make_user(team=world.team, first_name="Ada", last_name="Byron")
    say(client_of(colleague), run, "bad", "the dates are wrong")
    api.post(url(run), {"score": 0.8})
    say(client_of(world.member), run, "good")

    page = shown(client_of(world.member), run)

    assert "3 verdicts, 0.60 on average" in page
    assert page.index('<b>Good</b> <span class="muted">· you<') < page.index("key test<")
    assert "<b>0.80</b>" in page
    assert '<b>Bad</b> <span class="muted">· Ada Byron<' in page
    assert "the dates are wrong" in page
    assert 'value="good" aria-pressed="true"' in page
    assert 'value="bad" aria-pressed="false"' in page


def test_an_auditor_reads_verdicts_without_what_was_written_and_gives_none(world: World, run: Run):
    say(client_of(world.member), run, "fair", "only-for-those-who-work-on-it")

    page = shown(client_of(world.auditor), run)
    (row,) = session(world.auditor).get(url(run)).json()["results"]

    assert "<b>Fair</b>" in page
    assert "only-for-those" not in page and 'name="comment"' not in page
    assert (row["score"], row["comment"]) == (0.5, "")
    problem(session(world.auditor).post(url(run), {"score": 1}), 403, "forbidden")
    Feedback.objects.all().delete()
    assert "Nobody has judged it yet" in shown(client_of(world.auditor), run)


def test_who_judges_again_corrects_what_was_said_and_learned(world: World, run: Run):
    client = client_of(world.member)
    say(client_of(world.owner), run, "fair")
    say(client, run, "bad", "wrong file\r\nlooked at\x00")
    assert Feedback.objects.get(by=world.member).comment == "wrong file\nlooked at\ufffd"
    weights = list(Evidence.objects.order_by("id").values_list("weight", flat=True))
    say(client, run, "good")

    said = Feedback.objects.get(by=world.member)
    assert (said.score, said.comment) == (1.0, "")
    assert said.corrected_at is not None and said.at < said.corrected_at
    assert list(Evidence.objects.order_by("id").values_list("score", flat=True)) == [0.5, 1.0]
    assert list(Evidence.objects.order_by("id").values_list("weight", flat=True)) == weights
    for team_id in (0, run.team_id):
        held = learned(run, team_id)
        assert held.mean_score == pytest.approx((3 * 0.5 + 1.5 * 1.0) / 4.5)
        call_command("rebuild_profiles", stdout=StringIO())
        rebuilt = learned(run, team_id)
        assert (held.n, sorted(held.recent)) == (rebuilt.n, sorted(rebuilt.recent))
        assert held.score_sumsq == pytest.approx(rebuilt.score_sumsq)
    assert judged_by_people(run.org_id, "code_generation") == [(0.9, 1.0)]
    assert "changed" in shown(client, run)


def test_a_correction_is_told_and_recorded_without_its_words(world: World, run: Run):
    client = client_of(world.member)
    say(client, run, "bad", "secret-words")
    say(client, run, "good", "other-secret-words")

    told = list(Event.objects.filter(type="task.feedback").values_list("payload", flat=True))
    assert [one.get("corrected") for one in told] == [None, True]
    change = Decision.objects.get(kind="change")
    assert change.actor == world.member.username
    assert '"before": {"score": 0.0}' in str(change.inputs).replace("'", '"')
    assert "secret-words" not in f"{change.inputs} {told}"


def test_the_same_again_changes_nothing(world: World, run: Run):
    client = client_of(world.member)
    for _ in range(2):
        say(client, run, "good", "fine")

    assert Feedback.objects.get().corrected_at is None
    assert Event.objects.filter(type="task.feedback").count() == 1
    assert not Decision.objects.filter(kind="change").exists()


def test_a_fourth_verdict_taught_nothing_and_is_corrected_alone(world: World, run: Run, api: Api):
    for _ in range(3):
        api.post(url(run), {"score": 0.0})
    client = client_of(world.member)
    say(client, run, "bad")
    say(client, run, "good")

    assert Feedback.objects.get(by=world.member).score == 1.0
    assert {*Evidence.objects.values_list("score", flat=True)} == {0.0}


def test_a_person_corrects_over_rest_and_a_key_adds(world: World, run: Run, api: Api):
    person = session(world.member)
    answers = [person.post(url(run), {"score": score}) for score in (0.2, 0.9, 0.9)]
    assert [one.status_code for one in answers] == [201, 200, 200]
    first, again, same = (one.json() for one in answers)
    assert first["id"] == again["id"] == same["id"]
    assert (first["corrected_at"], again["score"]) == (None, 0.9)
    assert [api.post(url(run), {"score": 0.4}).status_code for _ in range(2)] == [201, 201]
    listed = api.get(url(run), {"page_size": 2}).json()
    assert [one["by"] for one in listed["results"]] == ["key test", "key test"]
    (rest,) = api.client.get(listed["next"], headers=api.headers).json()["results"]
    assert (rest["by"], rest["score"]) == (world.member.username, 0.9)


def test_verdicts_are_read_by_who_reads_the_run(world: World, run: Run):
    assert Api(world.reading_key).get(url(run)).json()["results"] == []
    problem(Api(world.sibling_key).get(url(run)), 404, "not-found")
    problem(Api(make_key(world.team, scopes=[Scope.RUNS_WRITE])).get(url(run)), 403, "forbidden")
    missing = f"{RUNS}{run.pk}/tasks/none/feedback/"
    problem(Api(world.reading_key).get(missing), 404, "not-found")


def test_many_verdicts_cost_no_more_queries_and_the_older_are_counted(world: World, run: Run):
    task = Task.objects.get()
    member = client_of(world.member)
    say(member, run, "bad", "mine, long ago")
    counts = []
    for number in (2, 30):
        for _ in range(number):
            user: Any = make_user(team=world.team)
            Feedback.objects.create(task=task, by=user, score=1, at=timezone.now())
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page = shown(member, run)
        counts.append(len(asked))
    assert counts[1] <= counts[0] + 1, "one for what oneself said long ago"
    assert "33 verdicts, 0.97 on average" in page and "and 23 older ones" in page
    assert "mine, long ago</textarea>" in page
