"""The catalogue over REST: prices as texts, health, and what the organisation learned."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from budgets.core.access import Scope
from routing.models import Breaker, Model, QualityProfile
from routing.services.learning import ObserveAttempt
from runs.api.models import dollars
from telemetry.services.journal import apply_now
from tests.integration.runs.api import Api, problem
from tests.world import World, make_key

MODELS = "/api/v1/models/"
LUNA = "sim/gpt-6-luna"


def learn(org_id: int, score: float) -> None:
    apply_now(ObserveAttempt(org_id, LUNA, "summarization", score, 2_000_000, 900, timezone.now()))


def test_models_are_listed_with_prices_as_texts(api: Api) -> None:
    body = api.get(MODELS).json()

    assert (body["next"], body["previous"]) == (None, None)
    by_id = {model["id"]: model for model in body["results"]}
    luna = by_id[LUNA]
    assert (luna["provider"], luna["tier"], luna["simulated"]) == ("sim-openai", "economy", True)
    (base, *_) = luna["prices_usd_per_million_tokens"]
    assert base["above_input_tokens"] == 0
    assert Decimal(base["input"]) > 0
    assert luna["health"] == {
        "state": "CLOSED", "permanent": False, "reason": "", "opened_at": None, "retry_at": None,
    }  # fmt: skip
    assert luna["profiles"] == []


def test_a_model_is_read_by_its_name_slash_and_all(api: Api) -> None:
    assert api.get(f"{MODELS}{LUNA}/").json()["id"] == LUNA
    problem(api.get(f"{MODELS}sim/nobody/"), 404, "not-found")


def test_an_unknown_price_is_null(api: Api) -> None:
    Model.objects.create(
        name="own/model", provider="compatible", litellm_name="openai/own-model", tier="economy",
        context_window=1000, max_output_tokens=100,
    )  # fmt: skip

    assert api.get(f"{MODELS}own/model/").json()["prices_usd_per_million_tokens"] is None


def test_health_is_the_breaker_s(api: Api) -> None:
    now = timezone.now()
    Breaker.objects.create(model=LUNA, state="OPEN", reason="429", opened_at=now, updated_at=now)

    health = api.get(f"{MODELS}{LUNA}/").json()["health"]

    assert (health["state"], health["reason"]) == ("OPEN", "429")


def test_what_was_learned_is_the_organisation_s_own(api: Api, world: World) -> None:
    learn(world.org.pk, 0.5)
    learn(world.org.pk, 0.7)
    learn(world.other.org_id, 0.1)

    (learned,) = api.get(f"{MODELS}{LUNA}/").json()["profiles"]

    assert (learned["task_type"], learned["n"]) == ("summarization", 2)
    assert learned["score_mean"] == pytest.approx(0.6)
    assert 0.6 < learned["expected_score"] < 0.65  # between what was seen and the tier's prior
    assert learned["mean_cost_usd"] == "0.002"
    assert learned["mean_latency_ms"] == pytest.approx(900)


def test_profiles_need_the_scope_of_usage(world: World) -> None:
    learn(world.org.pk, 0.5)

    assert Api(world.reading_key).get(f"{MODELS}{LUNA}/").json()["profiles"] == []
    blind = Api(make_key(world.team, scopes=[Scope.BUDGETS_WRITE]))
    problem(blind.get(MODELS), 403, "forbidden")
    problem(Api().get(MODELS), 401, "unauthenticated")


def test_queries_do_not_grow_with_models(api: Api, world: World) -> None:
    api.get(MODELS)
    with CaptureQueriesContext(connection) as few:
        api.get(MODELS)
    for number in range(20):
        name = f"own/m{number}"
        Model.objects.create(
            name=name, provider="compatible", litellm_name=f"openai/{name}", tier="economy",
            context_window=1000, max_output_tokens=100,
        )  # fmt: skip
        QualityProfile.objects.create(
            org_id=world.org.pk, model=name, task_type="summarization", n=1, weight=1.0,
            score_sum=0.5, updated_at=timezone.now(),
        )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        assert len(api.get(MODELS).json()["results"]) > 40

    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("nanousd", "text"),
    [("37.5", "0.0375"), ("150", "0.15"), ("15000", "15.00"), ("0", "0.00"), ("1E+4", "10.00")],
)
def test_prices_are_exact(nanousd: str, text: str) -> None:
    assert dollars(Decimal(nanousd)) == text
