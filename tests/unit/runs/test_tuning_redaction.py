"""What is taken out of texts before a model learns from them, and what is left as it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.core.tuning.redaction import KINDS, redact, total

PEM = (
    "-----BEGIN {0}PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nMIIEow+/=\n"
    "-----END {0}PRIVATE KEY-----"
)
IBANS = ("DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "NO9386011117947")
CARDS = ("4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to ada.byron+x@mail.example.co.uk now", "email"),
        ("née@müller.de", "email"),
        *((f"pay {card} today", "card") for card in CARDS),
        *((f"to {iban}, please", "iban") for iban in IBANS),
        ("to DE89 3704 0044 0532 0130 00 THIS week", "iban"),
        ("call +49 (0)30 1234-5678", "phone"),
        ("call 0049 30 12345678", "phone"),
        ("call (555) 123-4567.", "phone"),
        ("call 030/1234567", "phone"),
        ("from 203.0.113.77:8080", "ip"),
        ("from 2001:db8:0:1::7f3a", "ip"),
        ("key sk-ant-" + "a1" * 12, "api_key"),
        ("AKIAIOSFODNN7EXAMPLE", "api_key"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "api_key"),
        ("AIza" + "Sy" * 17, "api_key"),
        ("mlo_0123456789abcdefghij", "api_key"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "token"),
        ("Authorization: Bearer abc.def-ghi~123", "token"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "token"),
        ("postgres://ada:hunter2@db/x", "password"),
        ('password = "correct horse"', "password"),
        ('password = "correct-horse"', "password"),
        ("API_KEY=9f8e7d6c5b4a", "password"),
        (PEM.format("RSA "), "private_key"),
        (PEM.format(""), "private_key"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nabc", "private_key"),
    ],
)
def test_each_kind_is_found_and_named(text: str, kind: str):
    done = redact(text)
    assert done.counts == ({kind: 1} if kind else {})
    assert (f"[{kind.upper()}]" in done.text) == bool(kind)


@pytest.mark.parametrize(
    "text",
    [
        "def f(token): return token.value",
        "token = request.headers.get(name)",
        "password: str = field()",
        "x[::2] and y[1::2] at 12:30:45",
        "localhost is 127.0.0.1 or ::1, any is 0.0.0.0",
        "version 1.2.3.4.5",
        "on 2026-11-26 at 10:15",
        "4111 1111 1111 1112",  # the check digit is wrong
        "4444444444444444 rows",  # passes the check and is no card
        "GB82WEST12345698765433",
        "1234567890123",
        "@decorator.method",
        "999.1.2.3",
        "3.14159265358979",
    ],
)
def test_what_only_looks_alike_stays(text: str):
    assert redact(text).text == text
    assert redact(text).counts == {}


def test_what_stands_around_a_finding_stays():
    done = redact('url = "https://ada:pw@example.com/a" # mail a@b.io, key sk-0123456789abcdefghij')
    assert done.text == 'url = "https://[PASSWORD]@example.com/a" # mail [EMAIL], key [API_KEY]'


def test_nothing_of_a_private_key_is_left():
    assert redact(f"before {PEM.format('EC ')} after").text == "before [PRIVATE_KEY] after"


def test_counts_add_up_over_texts_with_every_kind_named():
    added = total([redact("a@b.io c@d.io").counts, redact("a@b.io 203.0.113.9").counts])
    assert added == dict.fromkeys(KINDS, 0) | {"email": 3, "ip": 1}


SECRETS = st.sampled_from(
    ["ada@example.com", CARDS[0], IBANS[0], "+49 30 12345678", "203.0.113.77",
     "sk-0123456789abcdefghij", "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0", PEM.format("")]
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.text(alphabet="abc xyz,.\n", max_size=12), SECRETS), max_size=4))
def test_no_planted_secret_survives_and_redacting_again_changes_nothing(
    parts: list[tuple[str, str]],
):
    text = "".join(f"{before} {secret} " for before, secret in parts)
    done = redact(text)
    assert not any(secret in done.text for _, secret in parts)
    assert sum(done.counts.values()) >= len(parts)
    again = redact(done.text)
    assert (again.text, again.counts) == (done.text, {})


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_redacted_once(text: str):
    once = redact(text).text
    assert redact(once).text == once
