"""Having advice computed over REST: what it answers, to whom, and how often at most."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from budgets.core.access import Role, Scope
from routing.models import AdviceDue, Recommendation
from telemetry.models import Event
from tests.integration.routing.advice import (
    CENT,
    CURRENT,
    PROPOSED,
    make_recommendation,
    make_scores,
)
from tests.integration.runs.api import Api, problem
from tests.world import World, make_key, make_org, make_team, make_user

pytestmark = pytest.mark.django_db

URL = "/api/v1/recommendations/"


@pytest.fixture
def planted(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A month in which the proposed model is half as dear, and as good."""
    monkeypatch.setenv("USE_SIMULATOR", "1")
    now = timezone.now()
    make_scores(world.team, CURRENT, now)
    make_scores(world.team, PROPOSED, now, cost_nanousd=CENT // 2)
    return world


def session(user: Any) -> Api:
    api = Api()
    api.client.force_login(user)
    return api


def test_advice_is_computed_when_asked_for_and_answered_at_once(planted: World, api: Api) -> None:
    said = api.post(URL).json()
    (found,) = said["results"]
    assert (said["org"], said["computed"]) == (planted.org.slug, True)
    assert (found["current_model"], found["proposed_model"]) == (CURRENT, PROPOSED)
    assert found["state"] == "proposed"
    assert 0 < float(found["low_usd"]) < float(found["high_usd"])
    assert Recommendation.objects.get().created_by == "key test"
    assert Event.objects.filter(type="recommendation.proposed").count() == 1
    assert api.get(URL).json()["results"] == said["results"]


def test_however_many_ask_it_is_computed_once_a_minute(planted: World, api: Api) -> None:
    first = api.post(URL).json()
    for asking in (api, session(planted.owner)):
        again = asking.post(URL).json()
        assert again == first | {"computed": False}
    page = session(planted.owner).client.post("/recommendations/compute/", follow=True)
    assert "less than a minute ago" in page.content.decode()
    AdviceDue.objects.update(asked_at=timezone.now() - timedelta(minutes=1))
    later = api.post(URL).json()
    assert later["computed"] is True
    assert later["computed_at"] > first["computed_at"]
    assert len(later["results"]) == 1


def test_while_somebody_else_has_it_computed_what_stands_is_answered(
    planted: World, api: Api
) -> None:
    AdviceDue.objects.create(org_id=planted.org.pk, asked_at=timezone.now())
    said = api.post(URL).json()
    assert (said["computed"], said["computed_at"], said["results"]) == (False, None, [])
    assert not Recommendation.objects.exists()


def test_the_same_key_is_answered_the_same_again(planted: World, api: Api) -> None:
    first, again = (api.post(URL, key="k1") for _ in range(2))
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_key_is_told_of_its_own_team_alone(planted: World) -> None:
    make_recommendation(planted.team, timezone.now(), of_org=True, task_type="code_review")
    assert Api(planted.sibling_key).post(URL).json()["results"] == []
    assert Api(planted.stranger_key).post(URL).json()["org"] == planted.other.org.slug
    kinds = {one["task_type"] for one in session(planted.owner).post(URL).json()["results"]}
    assert "summarization" in kinds


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [([Scope.USAGE_READ], "policies:write"), ([Scope.POLICIES_WRITE], "usage:read")],
)
def test_it_takes_the_right_to_decide_and_to_see(
    planted: World, scopes: list[Scope], missing: str
) -> None:
    refused = Api(make_key(planted.team, scopes=scopes)).post(URL)
    assert missing in problem(refused, 403, "forbidden")["detail"]
    assert not AdviceDue.objects.exists()


def test_people_of_several_organisations_are_told_which_there_are(planted: World) -> None:
    user = make_user(planted.org, role=Role.ANALYST)
    other = make_team(make_org(slug="zebra"))
    other.org.memberships.create(user=user, role=Role.ANALYST)
    several = problem(session(user).post(URL), 422, "invalid")
    assert several["errors"]["org"] == [
        f"Name one of your organisations by its slug: {planted.org.slug}, zebra."
    ]
    named = session(user).post(URL, {"org": "zebra"})
    assert (named.status_code, named.json()["org"]) == (200, "zebra")
    problem(session(user).post(URL, {"orgs": "zebra"}), 422, "invalid")
