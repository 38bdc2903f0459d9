"""A provider's invoice as a CSV file, read into tokens and dollars by model, class and day.

Invariant: a row is counted whole or refused by its line; unknown columns are never guessed at.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from routing.core.invoice_fields import class_of, cost_of, day_of, split_class, tokens_of

MAX_ROWS = 100_000
MAX_NAMED = 10

# What providers call the columns; all in lower case, with underscores.
# Source: exports of the consoles of Anthropic (usage and cost), OpenAI (usage and costs) and
# Google Cloud billing, November 2026, and this product's own.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "model": ("model", "model_version", "model_name", "line_item", "sku_description", "sku"),
    "class": ("token_class", "token_type", "usage_type", "class"),
    "tokens": ("tokens", "quantity", "token_count", "usage_amount"),
    "cost": (
        "cost_usd", "amount_value", "cost", "amount", "cost_($)", "unrounded_cost_($)",
        "amount_usd",
    ),
    "day": (
        "date", "day", "usage_date_utc", "usage_date", "start_time_iso", "usage_start_date",
        "start_date",
    ),
}  # fmt: skip
# Exports with one column of tokens a class; they have no cost of each.
WIDE: Mapping[str, tuple[str, ...]] = {
    "input": ("usage_input_tokens_no_cache", "uncached_input_tokens"),
    "cache_read": ("usage_input_tokens_cache_read", "cache_read_tokens", "input_cached_tokens"),
    "cache_write": ("usage_input_tokens_cache_write_5m", "cache_write_tokens"),
    "output": ("usage_output_tokens", "output_tokens"),
}
NOTHING_NAMED: Mapping[str, str] = MappingProxyType({})


class InvalidInvoice(ValueError):
    """Tell why a file cannot be read as an invoice, and what to do."""


@dataclass(frozen=True, slots=True)
class Billed:
    """One row. None: the file does not tell."""

    model: str
    token_class: str
    tokens: int | None
    nanousd: int | None
    day: date | None


@dataclass(frozen=True, slots=True)
class Invoice:
    """The rows that could be read, and in words those that could not, by line."""

    rows: Sequence[Billed]
    refused: Sequence[str]


def read_invoice(text: str, named: Mapping[str, str] = NOTHING_NAMED) -> Invoice:
    """Read a CSV file. Raises: InvalidInvoice.

    `named` tells which column holds a thing of COLUMNS, where its name is not one of those.
    """
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    rows: list[Billed] = []
    refused: list[str] = []
    try:
        places = _places([_plain(name) for name in next(reader, [])], named)
        for fields in reader:
            _take(fields, places, rows, refused, reader.line_num)
    except csv.Error as error:
        raise InvalidInvoice(f"Line {reader.line_num} is not CSV: {error}.") from error
    if not rows:
        raise InvalidInvoice(" ".join(["No row could be read.", *refused[:1]]))
    return Invoice(rows, refused[:MAX_NAMED] + _more(len(refused)))


def _take(
    fields: Sequence[str],
    places: Mapping[str, int],
    rows: list[Billed],
    refused: list[str],
    line: int,
) -> None:
    """Add what one line says, or why it cannot be read."""
    if not any(field.strip() for field in fields):
        return
    if len(rows) >= MAX_ROWS:
        raise InvalidInvoice(f"More than {MAX_ROWS:,} rows: export fewer days at a time.")
    try:
        rows += _billed(fields, places)
    except ValueError as error:
        refused.append(f"Line {line}: {error}")


def model_key(name: str) -> str:
    """Return a model's name without what differs between a catalogue and an invoice.

    Prefixes of providers, case, dots and the day of a version.
    """
    plain = re.sub(r"[\s._]+", "-", name.strip().lower().rpartition("/")[2])
    return re.sub(r"-(\d{8}|\d{4}-\d{2}-\d{2}|latest)$", "", plain)


def _more(count: int) -> list[str]:
    return [f"And {count - MAX_NAMED} more lines."] if count > MAX_NAMED else []


def _plain(name: str) -> str:
    return re.sub(r"\s+", "_", name.strip().lower())


def _places(header: Sequence[str], named: Mapping[str, str]) -> dict[str, int]:
    """Return the column of each thing that is known. Raises: InvalidInvoice."""
    shown = ", ".join(name[:40] for name in header[:20] if name) or "none"
    found = {
        thing: header.index(name)
        for thing, names in (*COLUMNS.items(), *((f"wide {k}", v) for k, v in WIDE.items()))
        for name in reversed(names)
        if name in header
    }
    for thing, name in named.items():
        if _plain(name) not in header:
            raise InvalidInvoice(f"There is no column {name[:40]!r}. Found: {shown}.")
        found[thing] = header.index(_plain(name))
    # Who names the column of tokens, or of their class, says that no class has one of its own.
    if not named.keys().isdisjoint(("tokens", "class")):
        found = {thing: place for thing, place in found.items() if thing in COLUMNS}
    if "model" in found and found.keys() - {"model", "class", "day"}:
        return found
    raise InvalidInvoice(
        f"The columns are not those of a known export. Found: {shown}. Needed: model, and cost_usd "
        "or tokens, best with token_class and date; or an export of usage or cost from Anthropic, "
        "OpenAI or Google Cloud as it is; or say which column holds what."
    )


def _billed(fields: Sequence[str], places: Mapping[str, int]) -> list[Billed]:
    row = {thing: fields[at].strip() for thing, at in places.items() if at < len(fields)}
    model, day = row.get("model", ""), day_of(row.get("day", ""))
    if not model:
        raise ValueError("there is no model.")
    wide = {thing[5:]: text for thing, text in row.items() if thing.startswith("wide ") and text}
    if wide and "class" not in row:
        return [Billed(model, name, tokens_of(text), None, day) for name, text in wide.items()]
    # OpenAI and Google write the class behind the model's name.
    name, _, rest = model.partition(", ")
    if not row.get("class") and not rest:
        name, rest = split_class(model)
    kind = class_of(row.get("class") or rest)
    return [Billed(name, kind, tokens_of(row.get("tokens", "")), cost_of(row.get("cost", "")), day)]
