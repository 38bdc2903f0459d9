"""Models as rows change or add them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from routing.core.catalog import TASK_TYPES, ModelSpec, ProviderSpec
from routing.core.catalog_file import InvalidCatalogue
from routing.core.overlay import UNKNOWN_OUTPUT, UNKNOWN_WINDOW, guess, overlay
from tests.unit.routing.worlds import make_spec

ENTRY = {
    "litellm_provider": "mistral",
    "max_input_tokens": 128_000,
    "max_output_tokens": 8_192,
    "supports_reasoning": True,
}
PROVIDERS = {
    "a": ProviderSpec("a", region="eu", tags=frozenset({"soc2"})),
    "google": ProviderSpec("google", region="us"),
    "compatible": ProviderSpec("compatible", region="own"),
    "sim-openai": ProviderSpec("sim-openai", simulated=True),
}


def make(
    name: str, row: dict[str, Any] | None = None, spec: ModelSpec | None = None, entry: Any = None
) -> ModelSpec:
    return overlay(name, row or {}, spec, entry, PROVIDERS)[0]


def test_an_empty_row_changes_nothing() -> None:
    spec = make_spec("a/one")
    row = {"tier": "", "task_types": None, "context_window": None, "reasoning": None, "tags": None}
    assert make("a/one", row, spec) == spec


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("litellm_name", "openai/x", "openai/x"),
        ("tier", "premium", "premium"),
        ("context_window", 9, 9),
        ("max_output_tokens", 8, 8),
        ("region", "de", "de"),
        ("priced_as", "y", "y"),
        ("reasoning", True, True),
        ("reasoning", False, False),
        ("tags", ["hipaa"], frozenset({"hipaa"})),
        ("tags", [], frozenset()),
        ("task_types", ["evaluation"], frozenset({"evaluation"})),
        ("price_usd", (Decimal(1), Decimal(2)), (Decimal(1), Decimal(2))),
        ("provider", "google", "google"),
    ],
)
def test_a_row_changes_what_it_names(field: str, value: Any, expected: Any) -> None:
    spec = make_spec("a/one", reasoning=field == "reasoning" and not value)
    assert getattr(make("a/one", {field: value}, spec), field) == expected


def test_a_new_model_is_what_its_name_and_the_price_map_tell() -> None:
    made, provider = overlay("mistral/large", {}, None, ENTRY, PROVIDERS)
    assert (made.provider, made.litellm_name, made.priced_as) == ("mistral", *["mistral/large"] * 2)
    assert (made.context_window, made.max_output_tokens, made.reasoning) == (128_000, 8_192, True)
    assert (made.tier, made.task_types) == ("standard", TASK_TYPES)
    assert provider.required_env == ("MISTRAL_API_KEY",)


def test_a_new_model_takes_region_and_tags_from_its_provider() -> None:
    made = make("a/new")
    assert (made.region, made.tags) == ("eu", frozenset({"soc2"}))
    assert make("a/new", {"region": "us"}).region == "us"


def test_a_model_that_nobody_knows_is_taken_to_be_small() -> None:
    made = make("a/new", entry={"max_input_tokens": "many", "max_output_tokens": 0})
    assert (made.context_window, made.max_output_tokens) == (UNKNOWN_WINDOW, UNKNOWN_OUTPUT)
    assert not made.reasoning


@pytest.mark.parametrize(
    ("name", "entry", "provider", "litellm_name", "priced_as"),
    [
        ("gemini/flash", None, "google", "gemini/flash", "gemini/flash"),
        ("flash", {"litellm_provider": "gemini"}, "google", "gemini/flash", "flash"),
        ("compatible/llama", None, "compatible", "openai/llama", ""),
        ("sim/gpt-x", {"litellm_provider": "openai"}, "sim-openai", "openai/gpt-x", "openai/gpt-x"),
    ],
)
def test_a_name_tells_the_provider_and_the_adapter(
    name: str, entry: Any, provider: str, litellm_name: str, priced_as: str
) -> None:
    made = make(name, entry=entry)
    assert (made.provider, made.litellm_name) == (provider, litellm_name)
    assert made.priced_as == guess(name, entry).priced_as == priced_as
    assert made.simulated is name.startswith("sim/")


@pytest.mark.parametrize(
    ("name", "row", "complaint"),
    [
        ("unknown", {}, "whose model"),
        ("a/one", {"tier": "best"}, "tier 'best'"),
        ("a/one", {"task_types": ["cook"]}, "task type 'cook'"),
        ("a/one", {"provider": "sim-openai"}, "simulated"),
        ("sim/one", {"provider": "a"}, "simulated"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_by_name(
    name: str, row: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(InvalidCatalogue, match=f"^{name}: .*{complaint}"):
        make(name, row)
