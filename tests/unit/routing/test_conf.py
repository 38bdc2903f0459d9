"""Which providers can be reached, as the environment says."""

from __future__ import annotations

import pytest

from routing import conf
from routing.core.catalog import ProviderSpec

REAL = ProviderSpec("real", "REAL_KEY", "REAL_URL", required_env=("REAL_KEY",))
OWN = ProviderSpec("own", "OWN_KEY", "OWN_URL", required_env=("OWN_URL",))
OPEN = ProviderSpec("open")
SIM = ProviderSpec("sim-x", None, "SIM_BASE_URL", api_base_path="/x/v1", simulated=True)
ALL = (REAL, OWN, OPEN, SIM)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    names = "REAL_KEY REAL_URL OWN_KEY OWN_URL SIM_BASE_URL SIM_PORT USE_SIMULATOR EXTRA_MODELS"
    for name in names.split():
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({}, {"sim-x"}),
        ({"REAL_KEY": "k"}, {"real"}),
        ({"REAL_KEY": " "}, {"sim-x"}),
        ({"OWN_URL": "http://x"}, {"own"}),
        ({"OWN_KEY": "k"}, {"sim-x"}),
        ({"REAL_KEY": "k", "OWN_URL": "u"}, {"real", "own"}),
        ({"REAL_KEY": "k", "USE_SIMULATOR": "1"}, {"sim-x"}),
        ({"REAL_KEY": "k", "USE_SIMULATOR": "0"}, {"real"}),
        ({"USE_SIMULATOR": "1"}, {"sim-x"}),
    ],
)
def test_real_and_simulated_providers_never_mix(
    variables: dict[str, str], names: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert conf.available(ALL) == names


def test_the_simulator_is_found_by_address_else_by_port(monkeypatch: pytest.MonkeyPatch) -> None:
    assert conf.api_base(SIM) == "http://127.0.0.1:8100/x/v1"
    monkeypatch.setenv("SIM_PORT", "9100")
    assert conf.api_base(SIM) == "http://127.0.0.1:9100/x/v1"
    monkeypatch.setenv("SIM_BASE_URL", "http://sim:1/")
    assert conf.api_base(SIM) == "http://sim:1/x/v1"


def test_a_real_provider_has_its_own_address_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert conf.api_base(REAL) is None
    assert conf.api_base(OPEN) is None
    monkeypatch.setenv("REAL_URL", "http://proxy/v1")
    assert conf.api_base(REAL) == "http://proxy/v1"


def test_a_key_comes_from_the_environment_and_is_made_up_where_none_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REAL_KEY", "k")
    assert conf.api_key(REAL) == "k"
    assert conf.api_key(SIM) == conf.api_key(OWN) == conf.ANY_KEY


def test_extra_models_are_named_with_or_without_a_price(monkeypatch: pytest.MonkeyPatch) -> None:
    assert conf.extra_models() == {}
    monkeypatch.setenv("EXTRA_MODELS", "mistral/large, compatible/llama@0.10/0.40,,")
    assert conf.extra_models() == {"mistral/large": None, "compatible/llama": ("0.10", "0.40")}
