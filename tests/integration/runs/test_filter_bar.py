"""The filter bar: one state in the address, on every page that has it, whatever stands there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from uuid_utils.compat import uuid7

from budgets.models import User
from routing.models import Decision
from runs.models import Run, SavedView
from runs.selectors.run_filters import first_id_at
from telemetry.models import Series
from tests.integration.runs.api import Api, problem
from tests.world import World, make_call, make_run

pytestmark = pytest.mark.django_db

PAGES = ["runs", "quality", "providers", "overview", "costs"]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def make_series(world: World, **fields: str) -> Series:
    values = {"provider": "sim-openai", "model": "sim/one", "task_type": "code_review"} | fields
    return Series.objects.create(
        org_id=world.org.pk, team_id=world.team.pk, run_less=False, phase="generation", **values
    )


@pytest.mark.parametrize("page", PAGES)
def test_more_fields_than_anybody_reads_are_refused(world: World, page: str):
    query = "&".join(f"a{number}=1" for number in range(1_200))
    assert client_of(world.member).get(f"{reverse(page)}?{query}").status_code == 400


@pytest.mark.parametrize("page", PAGES)
def test_links_to_other_pages_carry_the_filter(world: World, page: str):
    text = client_of(world.member).get(f"{reverse(page)}?range=30d&model=sim/one").content.decode()
    assert f'href="{reverse("runs")}?range=30d&amp;model=sim%2Fone"' in text


def test_what_was_seen_is_offered_and_only_of_the_callers_teams(world: World):
    make_series(world)
    make_series(world, model="sim/two")
    Series.objects.create(
        org_id=world.other.org_id, team_id=world.other.pk, run_less=False, phase="generation",
        provider="secret", model="secret/model", task_type="code_review",
    )  # fmt: skip
    text = client_of(world.member).get("/runs/").content.decode()
    assert 'name="model" value="sim/two"' in text
    assert "secret" not in text


def test_an_unknown_model_is_named_kept_and_can_be_taken_away(world: World):
    make_series(world)
    text = client_of(world.member).get("/runs/?model=gone&team=" + world.team.slug).content.decode()
    assert "Nothing is known of the model “gone”" in text
    assert 'value="gone" checked' in text
    assert f'href="/runs/?team={world.team.slug}" title="Take away"' in text


def test_another_team_is_unknown_and_shows_nothing(world: World):
    make_run(world.sibling, project="Of others")
    text = client_of(world.member).get(f"/runs/?team={world.sibling.slug}").content.decode()
    assert "Nothing is known of the team" in text
    assert "Of others" not in text


def test_runs_are_those_that_called_the_model_for_that_type_of_task(world: World):
    hit, other, idle = (make_run(world.team, project=name) for name in ("Hit", "Other", "Idle"))
    make_call(hit, model="sim/one", task_type="code_review")
    make_call(other, model="sim/one", task_type="summarization")
    make_call(other, model="sim/two", task_type="code_review")
    text = (
        client_of(world.member).get("/runs/?model=sim/one&task_type=code_review").content.decode()
    )
    shown = [run for run in (hit, other, idle) if str(run.pk) in text]
    assert shown == [hit]


def test_runs_outside_the_time_are_left_out(world: World):
    now = timezone.now()
    old = make_run(world.team, created_at=now - timedelta(days=20))
    new = make_run(world.team)
    text = client_of(world.member).get("/runs/?range=7d").content.decode()
    assert (str(old.pk) in text, str(new.pk) in text) == (False, True)


def test_a_list_of_a_day_does_not_walk_through_what_is_older(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
):
    make_run(world.team)
    client = client_of(world.member)
    with django_assert_max_num_queries(10) as queries:
        text = client.get("/runs/?range=24h").content.decode()
    assert str(Run.objects.get().pk) in text
    (listing,) = (one["sql"] for one in queries if "LEFT(" in one["sql"] or "SUBSTR(" in one["sql"])
    assert '"runs_run"."id" >= ' in listing


def test_ids_are_in_the_order_of_time():
    now = timezone.now()
    made = uuid7()
    assert first_id_at(now - timedelta(seconds=1)) < made < first_id_at(now + timedelta(seconds=5))


def test_several_statuses_add_up(world: World):
    runs = {name: make_run(world.team, status=name) for name in ("SUCCESS", "TIMEOUT", "RUNNING")}
    text = client_of(world.member).get("/runs/?status=SUCCESS&status=TIMEOUT").content.decode()
    assert [name for name, run in runs.items() if str(run.pk) in text] == ["SUCCESS", "TIMEOUT"]


def keep(client: Client, name: str = "Mine", **fields: str):
    data = {"name": name, "page": "runs", "query": "range=30d&model=gone&before=x"} | fields
    return client.post(reverse("view-new"), data)


def test_a_kept_view_opens_its_page_with_its_filter(world: World):
    client = client_of(world.member)
    answer = keep(client)
    assert answer["Location"] == "/runs/?range=30d&model=gone"
    text = client.get(answer["Location"]).content.decode()
    assert "Nothing is known of the model “gone”" in text
    assert 'href="/runs/?range=30d&amp;model=gone" title="Mine"' in text


def test_a_view_of_the_same_name_is_replaced(world: World):
    client = client_of(world.member)
    keep(client)
    keep(client, query="range=24h")
    assert [view.query for view in SavedView.objects.all()] == ["range=24h"]


def test_a_view_is_seen_by_others_of_the_org_only_where_it_is_shared(world: World):
    keep(client_of(world.member), "Secret of mine")
    keep(client_of(world.member), "For all", shared="on")
    for who, sees in ((world.owner, True), (world.neighbour, True), (world.stranger, False)):
        text = client_of(who).get("/runs/").content.decode()
        assert ("For all" in text, "Secret of mine" in text) == (sees, False)


def test_only_its_owner_deletes_a_view(world: World):
    keep(client_of(world.member), shared="on")
    view = SavedView.objects.get()
    url = reverse("view-delete", args=[view.pk])
    assert client_of(world.owner).post(url).status_code == 404
    assert client_of(world.member).post(url).status_code == 302
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"name": "x" * 81}, {"page": "admin"}, {"query": "x" * 5000}]
)
def test_a_view_that_makes_no_sense_is_refused_in_a_sentence(world: World, fields: dict[str, str]):
    client = client_of(world.member)
    answer = client.post(
        reverse("view-new"), {"name": "A", "page": "runs", "query": ""} | fields, follow=True
    )
    assert "The view was not kept." in answer.content.decode()
    assert not SavedView.objects.exists()


def test_a_view_of_a_page_that_is_gone_opens_the_runs(world: World):
    SavedView.objects.create(
        user=world.member, org=world.org, name="Old", page="gone", query="range=30d",
        created_at=timezone.now(),
    )  # fmt: skip
    assert (
        'href="/runs/?range=30d" title="Old"'
        in client_of(world.member).get("/runs/").content.decode()
    )


def decide(run: Run, outcome: str, kind: str = "policy") -> None:
    Decision.objects.create(
        at=timezone.now(), org_id=run.org_id, team_id=run.team_id, run_id=run.pk, kind=kind,
        outcome=outcome, policy="only-ours",
    )  # fmt: skip


@pytest.fixture
def judged(world: World) -> dict[str, Run]:
    """Return a run of each outcome, and one that was refused by no policy but by the money."""
    runs = {name: make_run(world.team) for name in ("allow", "warn", "deny", "poor")}
    decide(runs["warn"], "warn")
    decide(runs["deny"], "warn")
    decide(runs["deny"], "deny")
    decide(runs["poor"], "deny", kind="route")
    for run in runs.values():
        decide(run, "allow", kind="route")
    return runs


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ("policy_outcome=deny", ["deny"]),
        ("policy_outcome=warn", ["warn"]),
        ("policy_outcome=allow", ["allow", "poor"]),
        ("policy_outcome=warn&policy_outcome=deny", ["warn", "deny"]),
        ("policy_outcome=allow,warn,deny", ["allow", "warn", "deny", "poor"]),
    ],
)
def test_runs_are_told_apart_by_the_worst_that_policies_said(
    world: World, judged: dict[str, Run], asked: str, fits: list[str]
):
    text = client_of(world.member).get(f"/runs/?{asked}").content.decode()
    assert [name for name, run in judged.items() if str(run.pk) in text] == fits

    rows = Api(world.key).get(f"/api/v1/runs/?{asked}").json()["results"]
    by_id = {str(run.pk): name for name, run in judged.items()}
    assert sorted(by_id[row["id"]] for row in rows) == sorted(fits)


def test_an_unknown_policy_outcome_fits_nothing_on_the_page_and_is_refused_by_the_api(world: World):
    run = make_run(world.team)
    text = client_of(world.member).get("/runs/?policy_outcome=maybe").content.decode()
    assert "Nothing is known of the policies “maybe”" in text
    assert str(run.pk) not in text
    problem(Api(world.key).get("/api/v1/runs/?policy_outcome=maybe"), 400, "malformed")


def test_the_policy_outcome_goes_along_to_pages_that_do_not_use_it(world: World):
    text = client_of(world.member).get("/costs/?policy_outcome=deny").content.decode()
    assert 'href="/runs/?policy_outcome=deny"' in text
    assert "not used here" in text
    answer = keep(client_of(world.member), query="policy_outcome=deny")
    assert answer["Location"] == "/runs/?policy_outcome=deny"
