"""The page on what was learned: intervals, movement, exploration, trade-off, agreement, sharing."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from budgets.core.access import Role
from budgets.models import Team, User
from routing.core.candidates import Candidate
from routing.core.choice import choose
from routing.core.quality import Estimate
from routing.models import BeliefDay, Decision, SharedLearning
from routing.services.belief_days import keep_beliefs
from routing.services.decisions import RecordDecision
from routing.services.learning import ObserveAttempt
from runs.models import Feedback
from runs.selectors.learned import learned, movement
from runs.selectors.tuning.places import Place
from telemetry.services.journal import apply_now
from tests.world import World, make_run, make_task, make_user

pytestmark = pytest.mark.django_db

LUNA, OTHER = "sim/gpt-6-luna", "sim/deepseek-v4-flash"


@pytest.fixture(autouse=True)
def simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIM_BASE_URL", "http://127.0.0.1:1")


def observed(team: Team, model: str, *scores: float, days: float = 0) -> None:
    at = timezone.now() - timedelta(days=days)
    apply_now(
        *(
            ObserveAttempt(
                org_id=team.org_id, team_id=team.pk, model=model, task_type="code_generation",
                score=score, cost_nanousd=2_000_000, latency_ms=900, at=at, input_tokens=1_000,
            )
            for score in scores
        )
    )  # fmt: skip


def decided(team: Team, draws: dict[str, float], task_type: str = "code_generation") -> None:
    made = choose(
        [
            Candidate(LUNA, "p", Estimate(0.85, 0.05, 20, 0.1), 2_000_000, 1),
            Candidate(OTHER, "q", Estimate(0.84, 0.05, 20, 0.1), 9_000_000, 1),
        ],
        preference="balanced", draws=draws,
    )  # fmt: skip
    row = Decision(
        at=timezone.now(), org_id=team.org_id, team_id=team.pk, kind="route", outcome="allow",
        phase="generation", model=made.model, inputs={"task_type": task_type},
        candidates=made.as_json(),
    )  # fmt: skip
    apply_now(RecordDecision(row))


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(user: User, **query: str) -> str:
    answer = client_of(user).get(reverse("learning"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def figures_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(unescape(one)) for one in re.findall(r'data-figure="([^"]*)"', text)]


def test_a_belief_is_drawn_with_its_interval_and_n(world: World):
    observed(world.team, LUNA, *[0.9, 0.8] * 10)
    text = text_of(world.member)
    label = re.search(rf'aria-label="{LUNA}: ([^"]*)"', text)
    assert label is not None
    assert re.fullmatch(r"0\.8\d, 95 % interval 0\.\d\d to 0\.\d\d, n 20", label[1])
    assert 'class="unseen"' in text


def test_beliefs_move_when_scores_did(world: World):
    observed(world.team, LUNA, *[0.4] * 12, days=20)
    observed(world.team, LUNA, *[0.95] * 12, days=2)
    place, now = Place(world.org, world.team), timezone.now()
    keep_beliefs(world.org.pk, now)
    known = learned(place, "code_generation", now)
    moved = movement(place, "code_generation", known.candidates, now)
    means = [mean or 0.0 for mean in moved.by_model[LUNA]]
    assert len(means) == len(moved.days) == 30
    assert means[0] > means[15] + 0.05
    assert means[-1] > means[15] + 0.1
    (mine,) = (one for one in known.candidates if one.model == LUNA)
    assert means[-1] == mine.estimate.mean == pytest.approx(means[-2], abs=0.01)


def test_a_day_and_a_model_that_were_not_kept_are_gaps(world: World):
    place, now = Place(world.org, world.team), timezone.now()
    for ago, models in ((4, {LUNA: [0.5, 0.1, 9], OTHER: [0.6, 0.1, 9]}), (2, {LUNA: [0.7, 0, 9]})):
        BeliefDay.objects.create(
            org_id=world.org.pk, day=now.date() - timedelta(days=ago),
            beliefs={"code_generation": models},
        )  # fmt: skip
    known = learned(place, "code_generation", now)
    moved = movement(place, "code_generation", known.candidates, now)
    assert len(moved.days) == 5
    assert moved.by_model[LUNA][:-1] == (0.5, None, 0.7, None)
    assert moved.by_model[OTHER][:-1] == (0.6, None, None, None)


def test_before_a_day_is_over_the_page_says_what_will_be_drawn(world: World):
    observed(world.team, LUNA, 0.9)
    assert "a worker keeps what is believed" in text_of(world.member)
    keep_beliefs(world.org.pk, timezone.now())
    assert "a worker keeps what is believed" not in text_of(world.member)


def test_the_trade_off_names_who_is_chosen_and_draws_all(world: World):
    observed(world.team, LUNA, *[0.9] * 10)
    keep_beliefs(world.org.pk, timezone.now())
    text = text_of(world.member)
    moved, tradeoff = figures_of(text)
    assert moved["layout"]["xaxis"]["type"] == "date"
    assert tradeoff["layout"]["xaxis"]["type"] == "log"
    assert len(tradeoff["data"]) > 5
    assert '<span class="tag">quality</span>' in text


def test_what_finding_out_costs_is_the_drawn_less_the_expected(world: World):
    for _ in range(3):
        decided(world.team, {})
    decided(world.team, {OTHER: 3.0, LUNA: -2.0})
    decided(world.team, {OTHER: 3.0, LUNA: -2.0}, "summarization")
    decided(world.sibling, {OTHER: 3.0, LUNA: -2.0})
    text = text_of(world.member)
    assert "<dt>Choices looked at</dt><dd>4</dd>" in text
    assert "<dt>Expected to cost more, in all</dt><dd>$0.0070</dd>" in text
    assert "too few for an interval" in text


def test_judges_are_held_against_people(world: World):
    for number in range(12):
        task = make_task(make_run(world.team, held=False), score=0.9)
        Feedback.objects.create(task=task, score=0.4 + number / 30, at=timezone.now())
    other = make_task(make_run(world.sibling, held=False), score=0.9)
    Feedback.objects.create(task=other, score=0.0, at=timezone.now())
    text = text_of(world.member)
    assert "<dt>Tasks that people judged, too</dt><dd>12</dd>" in text
    assert "<dd>0.317 " in text
    assert "one side never varied" in text


def test_nothing_seen_says_so_and_draws_what_is_expected(world: World):
    text = text_of(world.member, type="summarization")
    assert "No choice was made for such a task" in text
    assert "Nobody has judged such a task yet" in text
    assert "n 0" in text


def test_only_an_owner_shares_and_it_is_logged(world: World):
    url, asked = reverse("learning-sharing"), {"org": world.org.slug, "share": "yes"}
    admin = make_user(world.org, role=Role.ADMIN)
    for user in (admin, world.member):
        assert client_of(user).post(url, asked).status_code == 403
    assert client_of(world.stranger).post(url, asked).status_code == 404
    assert not SharedLearning.objects.exists()
    assert "Share from now on" not in text_of(admin)
    client = client_of(world.owner)
    assert "Shared from now on." in client.post(url, asked, follow=True).content.decode()
    client.post(url, asked)
    assert SharedLearning.objects.get().org_id == world.org.pk
    client.post(url, asked | {"share": "no"})
    assert not SharedLearning.objects.exists()
    logged = Decision.objects.filter(org_id=world.org.pk, kind="change").order_by("id")
    assert [row.inputs["after"] for row in logged] == [{"shares": True}, {"shares": False}]


def test_another_teams_place_is_not_there(world: World):
    place = {"place": f"team-{world.sibling.pk}"}
    assert client_of(world.member).get(reverse("learning"), place).status_code == 404


def test_more_evidence_costs_no_more_queries(
    world: World, django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
):  # fmt: skip
    client = client_of(world.member)
    observed(world.team, LUNA, 0.9)
    decided(world.team, {})
    client.get(reverse("learning"))
    with django_assert_max_num_queries(40) as few:
        client.get(reverse("learning"))
    count = len(few)
    observed(world.team, OTHER, *[0.8] * 30)
    for _ in range(10):
        decided(world.team, {})
    client.get(reverse("learning"))
    with django_assert_num_queries(count):
        client.get(reverse("learning"))
