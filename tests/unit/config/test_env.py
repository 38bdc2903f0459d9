from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env
from routing.selectors.known_models import FILE, catalogue

ROOT = Path(__file__).resolve().parents[3]
READ = re.compile(
    r"""(?:env\.(?:text|flag|whole|words)|environ\.(?:get|setdefault)|environment|_text|\btext)"""
    r"""\(\s*"([A-Z][A-Z_]+)\""""
)
NOT_FOR_OPERATORS = {"DJANGO_SETTINGS_MODULE", "PATH"}


def read_by_the_code() -> set[str]:
    names = set()
    for app in ("config", "runs", "routing", "budgets", "telemetry"):
        for file in (ROOT / app).rglob("*.py"):
            names |= set(READ.findall(file.read_text()))
    for provider in catalogue().providers.values():
        names |= {name for name in (provider.api_key_env, provider.api_base_env) if name}
    return names - NOT_FOR_OPERATORS


def test_every_variable_that_the_code_reads_stands_in_the_readme_and_the_example():
    read = read_by_the_code()

    assert {"PORT", "SECRET_KEY", "SIM_SEED", "USE_SIMULATOR", "LITELLM_LOG"} <= read, FILE
    for text in ("README.md", ".env.example"):
        told = set(re.findall(r"[A-Z][A-Z_]+", (ROOT / text).read_text()))
        assert not read - told, text


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("SOME_ADDRESS", value)

    assert env.text("SOME_ADDRESS", "as usual") == "as usual"
    assert env.words("SOME_ADDRESS", "one, two") == ["one", "two"]
    assert env.whole("SOME_ADDRESS", 7) == 7
    assert env.flag("SOME_ADDRESS", True) is True


@pytest.mark.parametrize("value", ["-1", "2", "x", "1.5"])
def test_a_number_that_makes_no_sense_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, value: str
):
    monkeypatch.setenv("SOME_NUMBER", value)

    with pytest.raises(ImproperlyConfigured, match="SOME_NUMBER"):
        env.whole("SOME_NUMBER", 7, at_least=3)


def test_a_switch_that_is_neither_on_nor_off_names_its_variable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOME_SWITCH", "perhaps")

    with pytest.raises(ImproperlyConfigured, match="SOME_SWITCH"):
        env.flag("SOME_SWITCH")
