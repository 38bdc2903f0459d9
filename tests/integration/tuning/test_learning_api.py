"""What routing learned, told over REST: the page's figures, for a machine."""

from __future__ import annotations

import pytest
from django.utils import timezone

from budgets.core.access import Scope
from routing.services.belief_days import keep_beliefs
from runs.models import Feedback
from tests.integration.runs.api import Api, problem
from tests.integration.tuning.test_learning_page import LUNA, OTHER, decided, observed
from tests.world import World, make_key, make_run, make_task

pytestmark = pytest.mark.django_db

URL = "/api/v1/learning/"
ASKED = {"task_type": "code_generation"}


@pytest.fixture(autouse=True)
def simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIM_BASE_URL", "http://127.0.0.1:1")


@pytest.fixture
def api(world: World) -> Api:
    return Api(world.key)


def test_beliefs_come_with_interval_n_and_cost_the_best_first(world: World, api: Api):
    observed(world.team, LUNA, *[0.95, 0.9] * 20)
    observed(world.team, OTHER, *[0.2, 0.1] * 20)
    said = api.get(URL, ASKED).json()
    assert (said["org"], said["team"], said["threshold"]) == (world.org.slug, "eng", 0.85)
    means = [one["mean"] for one in said["models"]]
    assert means == sorted(means, reverse=True)
    models = {one["model"]: one for one in said["models"]}
    luna = models[LUNA]
    assert luna["n"] == 40
    assert 0.8 < luna["low"] < luna["mean"] < luna["high"] <= 1
    assert float(luna["expected_cost_usd"]) > 0
    unseen = next(one for one in said["models"] if not one["n"])
    assert unseen["high"] - unseen["low"] > luna["high"] - luna["low"]
    assert said["days"] == [timezone.now().date().isoformat()]
    assert said["means_by_day"][LUNA] == [pytest.approx(luna["mean"])]


def test_choices_and_frontier_lead_from_the_cheapest_to_the_best(world: World, api: Api):
    observed(world.team, LUNA, *[0.95, 0.9] * 20)
    said = api.get(URL, ASKED).json()
    worths = [(one["worth_from_usd"], one["worth_to_usd"]) for one in said["choices"]]
    assert (worths[0][0], worths[-1][1]) == ("0.00", None)
    assert [one[1] for one in worths[:-1]] == [one[0] for one in worths[1:]]
    named = [name for one in said["choices"] for name in one["preferences"]]
    assert sorted(named) == ["balanced", "cost", "quality"]
    costs = [float(one["cost_usd"]) for one in said["frontier"]]
    qualities = [one["quality"] for one in said["frontier"]]
    assert costs == sorted(costs) and qualities == sorted(qualities)


def test_exploring_and_agreement_are_null_until_there_are_some(world: World, api: Api):
    nothing = api.get(URL, ASKED).json()
    assert (nothing["exploration"], nothing["agreement"]) == (None, None)
    decided(world.team, {OTHER: 3.0})
    decided(world.team, {})
    task = make_task(make_run(world.team), output="x")
    Feedback.objects.create(task=task, score=0.7, at=timezone.now())
    said = api.get(URL, ASKED).json()
    assert (said["exploration"]["n"], said["exploration"]["explored"]) == (2, 1)
    assert said["exploration"]["total_usd"] == "0.007"
    assert said["exploration"]["low_usd"] is None
    assert said["agreement"]["n"] == 1
    assert said["agreement"]["difference"]["value"] == pytest.approx(0.2)
    assert said["agreement"]["correlation"] is None


def test_movement_has_a_mean_for_each_day_that_was_kept(world: World, api: Api):
    observed(world.team, LUNA, *[0.5] * 10, days=3)
    keep_beliefs(world.org.pk, timezone.now())
    said = api.get(URL, ASKED).json()
    assert all(len(means) == len(said["days"]) for means in said["means_by_day"].values())
    assert said["days"][-1] == timezone.now().date().isoformat()


def test_it_is_for_who_may_read_usage_there(world: World, api: Api):
    runner = Api(make_key(world.team, scopes=[Scope.RUNS_WRITE]))
    assert "usage:read" in problem(runner.get(URL, ASKED), 403, "forbidden")["detail"]
    other = problem(api.get(URL, ASKED | {"team": "research"}), 422, "invalid")
    assert other["errors"]["team"] == ["Name one of your teams by its slug: eng."]
    whole = Api()
    whole.client.force_login(world.owner)
    assert whole.get(URL, ASKED).json()["team"] is None
    assert whole.get(URL, ASKED | {"team": "research"}).json()["team"] == "research"
    wrong = problem(api.get(URL, {"task_type": "poetry"}), 400, "malformed")
    assert "is none of code_generation, " in wrong["errors"]["task_type"][0]
    assert "task_type" in problem(api.get(URL), 400, "malformed")["errors"]
