"""The pages of recommendations: what stands there, for whom, and at what cost in queries."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from budgets.core.access import Role
from budgets.models import Membership
from routing.models import Recommendation, TrialResult
from routing.services.recommendations import Wanted, advance
from tests.integration.routing.advice import (
    CENT,
    CURRENT,
    PROPOSED,
    TASK_TYPE,
    make_recommendation,
)
from tests.world import World, make_attempt, make_budget, make_run, make_task, make_user

pytestmark = pytest.mark.django_db

URL = "/recommendations/"


@pytest.fixture
def analyst(world: World) -> Client:
    client = Client()
    client.force_login(make_user(world.org, role=Role.ANALYST))
    return client


def test_the_list_puts_money_first_and_asks_no_more_for_more_rows(
    world: World, analyst: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    empty = analyst.get(URL).content.decode()
    assert "Nothing to recommend" in empty
    for number in range(12):
        make_recommendation(world.team, timezone.now(), task_type=f"kind_{number}")
    with django_assert_max_num_queries(12):
        page = analyst.get(URL).content.decode()
    assert page.count("$4.00") >= 12 and "640" in page
    assert "−0.003 (−0.011 to +0.005)" in page


def test_texts_are_for_those_who_may_read_them(world: World, analyst: Client) -> None:
    row = make_recommendation(world.team, timezone.now())
    auditor = Client()
    auditor.force_login(make_user(world.org, role=Role.AUDITOR))
    assert "Side by side" in analyst.get(f"{URL}{row.pk}/").content.decode()
    page = auditor.get(f"{URL}{row.pk}/").content.decode()
    assert "Side by side" not in page and "Start shadow" not in page


def test_texts_of_another_organisation_are_no_evidence(world: World) -> None:
    row = make_recommendation(world.team, timezone.now(), of_org=True)
    reader = make_user(world.org, role=Role.ANALYST)
    Membership.objects.create(user=reader, org=world.other.org, role=Role.ANALYST)
    for team in (world.team, world.other):
        for model in (CURRENT, PROPOSED):
            task = make_task(make_run(team), type=TASK_TYPE)
            make_attempt(task, output=f"written for team {team.pk}", model=model)
    client = Client()
    client.force_login(reader)
    page = client.get(f"{URL}{row.pk}/").content.decode()
    assert f"written for team {world.team.pk}" in page
    assert f"written for team {world.other.pk}" not in page


def test_what_a_trial_came_to_still_stands_there_once_it_is_over(
    world: World, analyst: Client
) -> None:
    now = timezone.now()
    row = make_recommendation(world.team, now)
    advance(row.pk, Wanted("shadow", 100 * CENT), by="ada", now=now)
    TrialResult.objects.bulk_create(
        TrialResult(
            recommendation=row, at=now, stage="shadow", arm=arm, team_id=world.team.pk,
            run_id=row.pk, task_key=f"t{number}", attempt=1, score=score, accepted=True,
            cost_nanousd=CENT,
        )
        for number in range(12)
        for arm, score in (("current", 0.9), ("proposed", 0.88))
    )  # fmt: skip
    page = analyst.get(f"{URL}{row.pk}/").content.decode()
    assert f"{PROPOSED} scores −0.020 on average against {CURRENT}" in page
    assert "with 90 %" in page
    page = analyst.post(f"{URL}{row.pk}/revert/", {"reason": "Dear"}, follow=True).content.decode()
    assert "Reverted by user-" in page and ": Dear" in page
    assert "12 comparisons, mean score −0.020 (" in page and "$0.00 spent" in page


def test_what_stands_against_a_stage_is_said_on_the_page(world: World, analyst: Client) -> None:
    make_budget(world.team, limit=100 * CENT)
    row = make_recommendation(world.team, timezone.now())
    asked = {"stage": "shadow", "budget_usd": "2.00"}
    page = analyst.post(f"{URL}{row.pk}/apply/", asked, follow=True).content.decode()
    assert "budget has $1.00 free, and this asks for $2.00" in page
    asked = {"stage": "canary", "share": "80"}
    page = analyst.post(f"{URL}{row.pk}/apply/", asked, follow=True).content.decode()
    assert "less than or equal to 50" in page
    assert Recommendation.objects.get().state == "proposed"


def test_it_is_dismissed_with_a_reason_and_computed_anew(world: World, analyst: Client) -> None:
    row = make_recommendation(world.team, timezone.now())
    asked = {"reason": "prices change soon"}
    page = analyst.post(f"{URL}{row.pk}/dismiss/", asked, follow=True).content.decode()
    assert "prices change soon" in page and "Dismissed" in page
    page = analyst.post(f"{URL}compute/", follow=True).content.decode()
    assert "Computed: 0 new" in page


def test_new_ones_need_attention_on_the_overview(world: World, analyst: Client) -> None:
    make_recommendation(world.team, timezone.now())
    developer = Client()
    developer.force_login(make_user(world.org, role=Role.DEVELOPER))
    assert "A new recommendation" not in developer.get("/overview/").content.decode()
