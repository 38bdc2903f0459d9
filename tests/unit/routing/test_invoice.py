"""Invoices as providers export them, and files that are none."""

from __future__ import annotations

from datetime import date

import pytest

from routing.core import invoice
from routing.core.invoice import Billed, InvalidInvoice, model_key, read_invoice

DAY = date(2026, 11, 2)
OWN = "model,token_class,tokens,cost_usd,date\n"
EXPORTS = [
    (OWN + "m,input,\"1,000\",$0.5,2026-11-02\n", [("m", "input", 1000, 500_000_000, DAY)]),
    (OWN + "m,cache_read,7,,\n\n", [("m", "cache_read", 7, None, None)]),
    (
        "usage_date_utc,model,token_type,cost_usd\n2026-11-02,claude-x,input_no_cache,1\n"
        "2026-11-02,claude-x,input_cache_write_5m,2\n2026-11-02,claude-x,output,3\n",
        [
            ("claude-x", "input", None, 10**9, DAY),
            ("claude-x", "cache_write", None, 2 * 10**9, DAY),
            ("claude-x", "output", None, 3 * 10**9, DAY),
        ],
    ),
    (
        "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_input_tokens_cache_read,"
        "usage_output_tokens\n2026-11-02,claude-x,10,4,\n",
        [("claude-x", "input", 10, None, DAY), ("claude-x", "cache_read", 4, None, DAY)],
    ),
    (
        "start_time_iso,amount_value,line_item\n2026-11-02T00:00:00Z,0.25,\"gpt-x, cached input\"\n"
        "2026-11-02T00:00:00Z,0.25,gpt-x\n",
        [
            ("gpt-x", "cache_read", None, 250_000_000, DAY),
            ("gpt-x", "total", None, 250_000_000, DAY),
        ],
    ),
    (
        "\ufeffSKU description,Usage start date,Usage amount,Cost ($)\n"
        "Gemini 3 Flash output token count,2026-11-02,9,0.1\n",
        [("Gemini 3 Flash", "output", 9, 100_000_000, DAY)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rows"), EXPORTS)
def test_known_exports_are_read(text: str, rows: list[tuple[object, ...]]) -> None:
    found = read_invoice(text)
    assert list(found.rows) == [Billed(*row) for row in rows]  # type: ignore[arg-type]
    assert not found.refused


def test_columns_of_any_name_are_read_where_they_are_told() -> None:
    text = "Modell,Menge,Summe USD,uncached_input_tokens\nm,7,0.5,9\n"
    named = {"model": "Modell", "tokens": "Menge", "cost": "summe usd"}
    assert list(read_invoice(text, named).rows) == [Billed("m", "total", 7, 500_000_000, None)]
    kept = read_invoice("Modell,uncached_input_tokens\nm,9\n", {"model": "modell"})
    assert list(kept.rows) == [Billed("m", "input", 9, None, None)]
    with pytest.raises(InvalidInvoice, match=r"no column 'Preis'\. Found: modell, menge"):
        read_invoice(text, named | {"cost": "Preis"})
    for told in ({}, {"model": "Modell", "class": "Menge"}):
        with pytest.raises(InvalidInvoice, match="say which column holds what"):
            read_invoice("Modell,Menge,uncached_input_tokens\nm,7,9\n", told)


BAD = [
    ("m,input,x,,", "'x' is not a number"),
    ("m,input,1,Infinity,", "'Infinity' is not a number"),
    ("m,input,-1,,", "between 0 and"),
    ("m,input,1,1e12,", "at most a billion"),
    ("m,input,1,1,yesterday", "is not a day"),
    (",input,1,1,", "there is no model"),
]


@pytest.mark.parametrize(("line", "said"), BAD)
def test_a_bad_row_is_named_by_its_line_and_the_others_count(line: str, said: str) -> None:
    found = read_invoice(f"{OWN}m,input,1,1,\n{line}\n")
    assert len(found.rows) == 1
    (refused,) = found.refused
    assert refused.startswith("Line 3: ") and said in refused


def test_of_many_bad_rows_the_first_are_named() -> None:
    found = read_invoice(OWN + "m,input,1,1,\n" + "m,input,x,,\n" * 12)
    assert len(found.refused) == invoice.MAX_NAMED + 1
    assert found.refused[-1] == "And 2 more lines."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Found: none"),
        ("a,b\n", "Found: a, b. Needed: model, and cost_usd"),
        ("model,date\n", "Needed"),
        (OWN, "No row could be read."),
        (OWN + ",input,1,1,\n", "Line 2: there is no model."),
        (OWN + "m,input,1,1,\n" + "x" * 140_000, "Line 3 is not CSV"),
        ("x" * 140_000, "Line 1 is not CSV"),
    ],
)
def test_what_is_no_invoice_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(InvalidInvoice, match=said):
        read_invoice(text)


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invoice, "MAX_ROWS", 1)
    with pytest.raises(InvalidInvoice, match="More than 1 rows"):
        read_invoice(OWN + "m,input,1,1,\nm,input,1,1,\n")


@pytest.mark.parametrize(
    "name", ["claude-x-4-5", "anthropic/claude-x-4.5", "Claude X 4.5", "claude-x-4-5-20260929",
             "claude-x-4-5-2026-09-29", "claude-x-4-5-latest"],
)  # fmt: skip
def test_names_of_one_model_are_one(name: str) -> None:
    assert model_key(name) == "claude-x-4-5"
