from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env
from routing.selectors.known_models import FILE, catalogue

ROOT = Path(__file__).resolve().parents[3]
READ = re.compile(
    r"""(?:env\.(?:text|flag|whole|words|mail)|environ\.(?:get|setdefault)|environment|_text|\btext)"""
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


def test_mail_is_written_to_the_log_unless_a_server_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("EMAIL_URL", raising=False)
    assert env.mail("EMAIL_URL").backend.endswith("console.EmailBackend")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "smtp://ada:p%40ss@mail.example:587?tls=1",
            env.Mail("mail.example", 587, "ada", "p@ss", tls=True),
        ),
        ("smtps://mail.example", env.Mail("mail.example", 465, ssl=True)),
        ("smtp://mail.example", env.Mail("mail.example", 25)),
    ],
)
def test_a_mail_server_is_read_from_one_address(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: env.Mail
):
    monkeypatch.setenv("EMAIL_URL", url)
    assert env.mail("EMAIL_URL") == expected
    assert expected.backend.endswith("smtp.EmailBackend")
    assert "p@ss" not in repr(expected)


@pytest.mark.parametrize("url", ["mail.example", "http://x", "smtp://", "smtp://secret@h:port"])
def test_a_mail_address_that_cannot_be_read_names_the_variable_and_tells_no_secret(
    monkeypatch: pytest.MonkeyPatch, url: str
):
    monkeypatch.setenv("EMAIL_URL", url)
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL") as refused:
        env.mail("EMAIL_URL")
    assert "secret" not in str(refused.value)


ISSUER = "https://id.example/realms/acme"


def set_sign_on(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    defaults = {"ISSUER": f"{ISSUER}/", "CLIENT_ID": "us", "CLIENT_SECRET": "s3cret"}
    for name, value in (defaults | values).items():
        monkeypatch.setenv(f"OIDC_{name}", value)


def test_single_sign_on_is_off_without_an_issuer(monkeypatch: pytest.MonkeyPatch):
    set_sign_on(monkeypatch, ISSUER="")
    assert env.sign_on() == env.SignOn()


def test_a_provider_is_read_and_its_secret_not_shown(monkeypatch: pytest.MonkeyPatch):
    set_sign_on(monkeypatch, NAME="Acme ID", NEW_PEOPLE="acme/eng:developer")
    found = env.sign_on()
    assert found == env.SignOn(ISSUER, "us", "s3cret", "Acme ID", "acme/eng:developer")
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"ISSUER": "http://id.example"}, "OIDC_ISSUER"),
        ({"CLIENT_ID": ""}, "OIDC_CLIENT_ID"),
        ({"CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET"),
        ({"NEW_PEOPLE": "acme:owner"}, "OIDC_NEW_PEOPLE"),
        ({"NEW_PEOPLE": "developer"}, "OIDC_NEW_PEOPLE"),
    ],
)
def test_a_provider_half_set_or_too_open_is_refused(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], named: str
):
    set_sign_on(monkeypatch, **values)
    with pytest.raises(ImproperlyConfigured, match=named) as refused:
        env.sign_on()
    assert "s3cret" not in str(refused.value)
