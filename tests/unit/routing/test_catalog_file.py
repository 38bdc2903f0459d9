"""The catalogue file and its lines."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from routing.core.catalog import TASK_TYPES, TIERS, Catalogue
from routing.core.catalog_file import InvalidCatalogue, default_provider, parse_catalogue

SHIPPED = Path(__file__).parents[3] / "routing" / "catalogue.toml"
PROVIDER = '[providers]\nacme = { api_key_env = "ACME_KEY", region = "eu", tags = ["soc2"] }\n'


def one_model(line: str) -> Catalogue:
    return parse_catalogue(f'{PROVIDER}[models]\n"acme/one" = {{ {line} }}\n')


def test_a_line_needs_only_provider_and_sizes() -> None:
    model = one_model('provider = "acme", window = 1000, max_output = 100').models["acme/one"]
    assert (model.litellm_name, model.priced_as) == ("acme/one", "acme/one")
    assert (model.tier, model.reasoning, model.simulated) == ("standard", False, False)
    assert model.task_types == TASK_TYPES
    assert (model.region, model.tags) == ("eu", frozenset({"soc2"}))


def test_a_line_overrides_what_its_provider_says() -> None:
    model = one_model(
        'provider = "acme", litellm = "openai/x", window = 9, max_output = 3, region = "us",'
        'tags = [], tier = "premium", reasoning = true, task_types = ["summarization"],'
        'priced_as = "y", price = { input = 0.15, output = 1 }'
    ).models["acme/one"]
    assert (model.litellm_name, model.priced_as) == ("openai/x", "y")
    assert (model.region, model.tags, model.tier) == ("us", frozenset(), "premium")
    assert model.task_types == {"summarization"}
    assert model.price_usd == (Decimal("0.15"), Decimal(1))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('provider = "nobody", window = 1, max_output = 1', "unknown provider 'nobody'"),
        ("window = 1, max_output = 1", "unknown provider None"),
        ('provider = "acme", max_output = 1', "window must be"),
        ('provider = "acme", window = 0, max_output = 1', "window must be"),
        ('provider = "acme", window = true, max_output = 1', "window must be"),
        ('provider = "acme", window = 1, max_output = -1', "max_output must be"),
        ('provider = "acme", window = 1, max_output = 1, tier = "best"', "tier 'best'"),
        ('provider = "acme", window = 1, max_output = 1, task_types = ["cook"]', "'cook'"),
        ('provider = "acme", window = 1, max_output = 1, colour = "red"', "field 'colour'"),
        ('provider = "acme", window = 1, max_output = 1, price = { input = 1 }', "price needs"),
        ('provider = "acme", window = 1, max_output = 1, price = 3', "price needs"),
        (
            'provider = "acme", window = 1, max_output = 1, price = { input = -1, output = 1 }',
            "negative",
        ),
        (
            'provider = "acme", window = 1, max_output = 1, price = { input = nan, output = 1 }',
            "negative or endless",
        ),
    ],
)
def test_a_wrong_line_is_refused_by_name(line: str, complaint: str) -> None:
    with pytest.raises(InvalidCatalogue, match=f"^acme/one: .*{complaint}"):
        one_model(line)


def test_a_wrong_provider_line_is_refused_by_name() -> None:
    with pytest.raises(InvalidCatalogue, match=r"^acme: unknown field 'key'"):
        parse_catalogue('[providers]\nacme = { key = "X" }')


def test_what_is_not_toml_is_refused() -> None:
    with pytest.raises(InvalidCatalogue, match="not TOML"):
        parse_catalogue("models = {")


def test_an_empty_file_is_an_empty_catalogue() -> None:
    assert parse_catalogue("") == Catalogue({}, {})


def test_a_provider_needs_its_key_unless_its_line_says_otherwise() -> None:
    providers = parse_catalogue(
        '[providers]\na = { api_key_env = "A" }\nb = { api_key_env = "B", required_env = ["U"] }'
        '\nc = { api_base_env = "C" }'
    ).providers
    assert [providers[name].required_env for name in "abc"] == [("A",), ("U",), ()]


def test_a_provider_without_a_line_is_reached_by_its_conventional_key() -> None:
    provider = default_provider("fireworks-ai")
    assert provider.api_key_env == "FIREWORKS_AI_API_KEY"
    assert provider.required_env == ("FIREWORKS_AI_API_KEY",)


def test_the_shipped_catalogue_has_every_tier_real_and_simulated() -> None:
    models = parse_catalogue(SHIPPED.read_text()).models.values()
    for simulated in (False, True):
        group = [model for model in models if model.simulated is simulated]
        assert {model.tier for model in group} == set(TIERS)
        assert len({model.provider for model in group}) == 5
        assert {model.reasoning for model in group} == {False, True}
        assert all(model.name.startswith("sim/") is simulated for model in group)
