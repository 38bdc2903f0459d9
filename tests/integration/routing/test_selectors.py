"""What routing knows: catalogue, rows, prices, health and profiles."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from routing.core.catalog import TIERS
from routing.core.pricing import cost
from routing.core.request import Usage
from routing.core.snapshot import RoutingSnapshot
from routing.models import Model, PriceOverride
from routing.selectors import known_models, price_entry, snapshot
from routing.services.health import ObserveOutcome
from routing.services.learning import ObserveAttempt
from telemetry.services.journal import apply_now

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LUNA = "sim/gpt-6-luna"
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "MOONSHOT_API_KEY")
OTHERS = ("DEEPSEEK_API_KEY", "COMPATIBLE_BASE_URL", "USE_SIMULATOR", "EXTRA_MODELS")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_real_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS + OTHERS:
        monkeypatch.delenv(name, raising=False)


def now() -> RoutingSnapshot:
    return snapshot(1, NOW)


def dollars(model: str, usage: Usage) -> Decimal:
    prices = now().prices_of(model)
    assert prices is not None
    return Decimal(cost(prices, usage)) / 10**9


def override(**fields: Any) -> PriceOverride:
    given = {"model": LUNA, "starts_at": NOW - DAY, "input_usd": 1, "output_usd": 2}
    return PriceOverride.objects.create(**(given | fields))


def test_without_a_key_all_models_are_simulated_and_priced() -> None:
    taken = now()
    assert len(taken.models) >= 12
    assert all(name.startswith("sim/") for name in taken.models)
    assert all(spec.simulated for spec in taken.models.values())
    assert {spec.tier for spec in taken.models.values()} == set(TIERS)
    assert all(taken.prices_of(name) is not None for name in taken.models)
    assert taken.provider_of(LUNA).name == "sim-openai"


def test_every_model_of_the_catalogue_has_a_price_and_fits_the_price_map() -> None:
    for name, spec in known_models().models.items():
        entry = price_entry(spec.priced_as)
        assert entry is not None, name
        assert spec.context_window <= entry["max_input_tokens"], name
        assert spec.max_output_tokens <= entry["max_output_tokens"], name


def test_a_key_brings_its_providers_models_and_ends_the_simulation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    assert {spec.provider for spec in now().models.values()} == {"anthropic"}
    monkeypatch.setenv("USE_SIMULATOR", "1")
    assert all(name.startswith("sim/") for name in now().models)


def test_a_snapshot_is_nine_queries() -> None:
    now()
    with CaptureQueriesContext(connection) as queries:
        now()
    assert len(queries) == 9


def test_a_row_adds_any_model_that_litellm_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    Model.objects.create(name="mistral/mistral-large-latest", tier="premium")
    assert "mistral/mistral-large-latest" not in now().models
    monkeypatch.setenv("MISTRAL_API_KEY", "k")
    taken = now()
    assert set(taken.models) == {"mistral/mistral-large-latest"}
    added = taken.models["mistral/mistral-large-latest"]
    assert (added.provider, added.tier) == ("mistral", "premium")
    assert added.context_window > 8_192
    assert taken.prices_of(added.name) is not None
    assert taken.provider_of(added.name).api_key_env == "MISTRAL_API_KEY"


def test_a_row_changes_or_switches_off_a_model_of_the_catalogue() -> None:
    Model.objects.create(name=LUNA, tier="premium", tags=["hipaa"])
    Model.objects.create(name="sim/kimi-k2.6", enabled=False)
    taken = now()
    assert taken.models[LUNA].tier == "premium"
    assert taken.models[LUNA].tags == {"hipaa"}
    assert taken.models[LUNA].litellm_name == "openai/gpt-6-luna"
    assert "sim/kimi-k2.6" not in taken.models


def test_a_row_that_makes_no_sense_is_left_out_and_said_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    Model.objects.create(name="a/bad", task_types=["cook"])
    Model.objects.create(name="a/worse", task_types=5)
    with caplog.at_level(logging.WARNING):
        taken = now()
    assert len(taken.models) >= 12
    assert "a/bad" in caplog.text


def test_an_own_endpoint_brings_the_models_that_are_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("COMPATIBLE_BASE_URL", "http://127.0.0.1:1/v1")
    names = "compatible/llama@0.10/0.40,compatible/free@0/0,compatible/odd@x/1,compatible/none"
    monkeypatch.setenv("EXTRA_MODELS", names)
    taken = now()
    assert set(taken.models) == {f"compatible/{name}" for name in ("llama", "free", "odd", "none")}
    assert taken.models["compatible/llama"].litellm_name == "openai/llama"
    assert dollars("compatible/llama", Usage(10**6, 10**6)) == Decimal("0.5")
    assert dollars("compatible/free", Usage(10**6, 10**6)) == 0
    assert taken.prices_of("compatible/none") is None
    assert taken.prices_of("compatible/odd") is None
    assert "compatible/odd" in caplog.text


def test_an_override_replaces_the_price_from_its_day_on() -> None:
    listed = dollars(LUNA, Usage(10**6, 0))
    override(starts_at=NOW + DAY)
    override(model="sim/other", starts_at=NOW - DAY)
    override(starts_at=NOW - 9 * DAY, ends_at=NOW)
    assert dollars(LUNA, Usage(10**6, 0)) == listed
    override(starts_at=NOW - 2 * DAY, input_usd=5)
    assert dollars(LUNA, Usage(10**6, 0)) == 5
    override(starts_at=NOW - DAY, ends_at=NOW + DAY, input_usd=Decimal("0.0375"))
    assert dollars(LUNA, Usage(10**6, 0)) == Decimal("0.0375")


def test_an_override_prices_each_class_of_tokens() -> None:
    override(
        cache_read_usd=Decimal("0.1"), cache_write_usd=3, cache_write_long_usd=4, reasoning_usd=9
    )
    million = 10**6
    assert dollars(LUNA, Usage(million, 0, cache_read_tokens=million)) == Decimal("0.1")
    assert dollars(LUNA, Usage(million, 0, cache_write_tokens=million)) == 3
    long = Usage(million, 0, cache_write_tokens=million, cache_write_long_tokens=million)
    assert dollars(LUNA, long) == 4
    assert dollars(LUNA, Usage(0, million, reasoning_tokens=million)) == 9


def test_health_and_profiles_are_those_of_the_moment() -> None:
    apply_now(
        ObserveOutcome(LUNA, "permanent", "gone", NOW),
        ObserveOutcome("sim/kimi-k2.6", "transient", "busy", NOW),
        ObserveAttempt(1, LUNA, "evaluation", 0.5, 10, 20, NOW),
        ObserveAttempt(2, LUNA, "evaluation", 0.9, 10, 20, NOW),
    )
    taken = now()
    assert set(taken.breakers) == {LUNA}
    assert taken.breakers[LUNA].permanent
    assert taken.beliefs.estimate((LUNA, "evaluation")).n == 1
    assert taken.beliefs.estimate((LUNA, "evaluation")).mean < 0.65
