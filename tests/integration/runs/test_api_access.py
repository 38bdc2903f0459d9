"""Who is let in: every address of the house, as nobody and as a stranger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from budgets.core.access import Scope
from budgets.models import ApiKey
from runs.models import Attempt, AttemptText, Feedback, Run
from tests.integration.runs.api import RUNS, Api, problem
from tests.world import World, make_event, make_key, make_run, make_task, make_user

pytestmark = pytest.mark.django_db

SECRET = "the-text-nobody-else-may-see"
# Pages that are meant for everybody: they hold nothing of any tenant.
OPEN = {
    "", "login/", "logout/", "healthz", "readyz", "api/schema/", "api/docs/",
    "problems/<slug:slug>", "invitations/<str:token>/", "admin/login/", "admin/jsi18n/", "^api/",
    "login/sso/", "login/sso/callback/",
}  # fmt: skip


def addresses(resolver: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, route)
        else:
            yield route, entry


ADDRESSES = dict(addresses())
CLOSED = sorted(route for route in ADDRESSES if route not in OPEN and not route.startswith("admin"))


def address_of(route: str, run: Run) -> str:
    for pattern, value in {
        "<uuid:run_id>": str(run.pk), "<str:key>": "t1", "<slug:slug>": "x",
        "<int:policy_id>": "1", "<uuid:decision_id>": str(run.pk), "<int:view_id>": "1",
        "<int:budget_id>": "1", "<int:raise_id>": "1", "<int:channel_id>": "1",
        "<uuid:delivery_id>": str(run.pk), "<int:key_id>": "1",
        "<slug:place>": "org", "<int:member_id>": "1", "<int:sign_in_id>": "1",
        "<int:invitation_id>": "1", "<int:team_id>": "1", "<path:name>": "sim/gpt-6-luna",
        "<slug:form>": "openai", "<slug:part>": "train", "<str:provider>": "sim-openai",
        "<uuid:analysis_id>": str(run.pk), "<uuid:check_id>": str(run.pk),
        "<uuid:dataset_id>": str(run.pk), "<uuid:proposal_id>": str(run.pk),
        "<uuid:recommendation_id>": str(run.pk), "<uuid:webhook_id>": str(run.pk),
        "<path:object_id>": "1", "<int:content_type_id>": "1", "<path:url>": "x",
        "<path:model_id>": "sim/gpt-6-luna",
    }.items():  # fmt: skip
        route = route.replace(pattern, value)
    assert "<" not in route, f"this test does not know how to fill {route}"
    return f"/{route}"


@pytest.fixture
def run(world: World) -> Run:
    run = make_run(world.team, project=SECRET, success_criteria=SECRET)
    make_task(run, prompt=SECRET, output=SECRET)
    make_event(run, note=SECRET)
    return run


def test_the_walk_knows_every_open_address():
    assert OPEN - set(ADDRESSES) == {"admin/jsi18n/"} - set(ADDRESSES)
    assert len(CLOSED) >= 16


@pytest.mark.parametrize("route", CLOSED)
def test_nobody_gets_nothing(run: Run, route: str):
    client = Client(raise_request_exception=False)
    for method in ("get", "post", "put", "patch", "delete"):
        response = getattr(client, method)(address_of(route, run))

        if route.startswith("api/"):
            problem(response, 401, "unauthenticated")
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
        else:
            assert response.status_code in (302, 405), method
            assert "login" in response.headers.get("Location", "login")
        assert SECRET not in response.content.decode()


@pytest.mark.parametrize("route", CLOSED)
def test_people_of_other_teams_get_nothing(world: World, run: Run, route: str):
    for who, method in product((world.stranger, world.neighbour), ("get", "post")):
        client = Client(raise_request_exception=False)
        client.force_login(who)
        response = getattr(client, method)(address_of(route, run), content_type="application/json")
        if "run_id" in route:
            assert response.status_code in (404, 405), (who, method)
        assert response.status_code < 500
        text = b"".join(response.streaming_content) if response.streaming else response.content
        assert SECRET.encode() not in text
    run.refresh_from_db()
    assert (run.status, Feedback.objects.count()) == ("QUEUED", 0)


@pytest.mark.parametrize("route", [route for route in CLOSED if route.startswith("api/")])
def test_keys_of_other_teams_get_nothing(world: World, run: Run, route: str):
    for key in (world.stranger_key, world.sibling_key):
        api = Api(key)
        for response in (
            api.get(address_of(route, run)),
            api.get(address_of(route, run), Accept="text/event-stream"),
            api.post(address_of(route, run), {"score": 1, "project": "x"}),
        ):
            if "run_id" in route:
                assert response.status_code in (404, 405), key
            assert response.status_code < 500
            assert SECRET not in response.content.decode()
    run.refresh_from_db()
    assert (run.status, Feedback.objects.count()) == ("QUEUED", 0)


def test_admin_site_asks_everybody_else_to_log_in(world: World, run: Run):
    client = Client()
    client.force_login(world.owner)

    for route in ADDRESSES:
        if route.startswith("admin/") and route not in OPEN and "<" not in route:
            response = client.get(f"/{route}")
            assert response.status_code in (302, 404), route


def test_a_strangers_answer_is_the_one_for_what_does_not_exist(world: World, run: Run):
    api = Api(world.stranger_key)

    assert api.get(f"{RUNS}{run.pk}/").json() == api.get(f"{RUNS}{uuid4()}/").json()


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer nonsense", "Bearer mlo_x", "Bearer mlo_a_b c", "Bearer \xff",
     "Bearer mlo_" + "a" * 1_000, "Basic dTpw", "bearer"],
)  # fmt: skip
def test_header_without_a_valid_key_is_refused(world: World, header: str):
    response = Client().get(RUNS, headers={"Authorization": header})

    problem(response, 401, "unauthenticated")


@pytest.mark.parametrize("change", ["revoked", "expired", "deleted"])
def test_key_that_is_over_opens_nothing(world: World, change: str):
    past = timezone.now() - timedelta(seconds=1)
    keys = ApiKey.objects.filter(team=world.team)
    if change == "deleted":
        keys.delete()
    else:
        keys.update(**{"revoked_at" if change == "revoked" else "expires_at": past})

    for response in (Api(world.key).get(RUNS), Api(world.key).submit()):
        body = problem(response, 401, "unauthenticated")
        assert "revoked" not in body["detail"]
    assert not Run.objects.exists()


def test_inactive_person_is_nobody(world: World):
    api = Api()
    api.client.force_login(world.member)
    type(world.member).objects.filter(pk=world.member.pk).update(is_active=False)

    problem(api.get(RUNS), 401, "unauthenticated")


READS = ["", "{run}/", "{run}/tasks/", "{run}/tasks/t1/", "{run}/calls/", "{run}/events/",
         "{run}/output/"]  # fmt: skip


@pytest.mark.parametrize("path", READS)
def test_key_that_only_writes_reads_nothing(world: World, run: Run, path: str):
    api = Api(make_key(world.team, scopes=[Scope.RUNS_WRITE]))

    body = problem(api.get(RUNS + path.format(run=run.pk)), 403, "forbidden")

    assert "runs:read" in body["detail"]


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("who", ["owner", "member"])
def test_members_read_the_runs_of_their_team(world: World, run: Run, path: str, who: str):
    api = Api()
    api.client.force_login(getattr(world, who))

    assert api.get(RUNS + path.format(run=run.pk)).status_code == 200


def test_an_auditor_reads_what_was_decided_and_nothing_that_was_written(world: World):
    secret = "only-for-those-who-work-on-it"
    run = make_run(world.team)
    task = make_task(run, prompt=secret, output=secret)
    judged = {"model": "m", "score": 0.9, "reason": secret}
    checked = {"name": "pytest", "status": "PASSED", "message": secret}
    AttemptText.objects.filter(attempt__task=task).update(critique=secret)
    Attempt.objects.filter(task=task).update(judgements=[judged], validators=[checked])
    auditor, member = Api(), Api()
    auditor.client.force_login(world.auditor)
    member.client.force_login(world.member)

    for path in READS:
        response = auditor.get(RUNS + path.format(run=run.pk))
        assert response.status_code == (403 if path.endswith("output/") else 200), path
        assert secret not in response.content.decode()
    seen = member.get(f"{RUNS}{run.pk}/tasks/t1/").content.decode()
    assert seen.count(secret) >= 5
    page = f"/runs/{run.pk}/?task=t1"
    assert secret in member.get(page).content.decode()
    assert secret not in auditor.get(page).content.decode()


def test_person_without_any_team_lists_nothing(world: World):
    api = Api()
    api.client.force_login(make_user())

    problem(api.get(RUNS), 403, "forbidden")


def test_webhook_secret_is_for_admins_of_the_team(world: World):
    mine = Api(world.key).get("/api/v1/webhook-secret/").json()
    theirs = Api(world.stranger_key).get("/api/v1/webhook-secret/").json()
    assert mine["team"] == theirs["team"] == "eng"
    assert mine["secret"] != theirs["secret"]

    problem(Api(world.reading_key).get("/api/v1/webhook-secret/"), 403, "forbidden")
    person = Api()
    person.client.force_login(world.member)
    problem(person.get("/api/v1/webhook-secret/"), 403, "forbidden")
    person.client.force_login(world.owner)
    problem(person.get("/api/v1/webhook-secret/"), 404, "not-found")
    assert person.get("/api/v1/webhook-secret/", {"team": "eng"}).json() == mine
