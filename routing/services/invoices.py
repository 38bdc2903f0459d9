"""Comparing a provider's invoice with our calls, and keeping what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db import transaction

from budgets.core.money import format_usd
from routing.core.dated_prices import changes
from routing.core.invoice import NOTHING_NAMED, InvalidInvoice, Invoice, read_invoice
from routing.core.invoice_compare import OurModel, Side, compare
from routing.core.pricing import Prices, cost
from routing.models import InvoiceCheck
from routing.selectors.known_models import every_model
from routing.selectors.prices import dated_prices, price_of
from routing.selectors.repricing import usage_of
from routing.services.market import Actor
from telemetry.models import Call
from telemetry.selectors.corrections import known_cost
from telemetry.services.changes import record_change

MAX_BYTES = 5_000_000
MOST_DAYS = 100
CHUNK = 2_000


@transaction.atomic
def check_invoice(
    data: bytes,
    file_name: str,
    provider: str,
    days: tuple[date, date] | None,
    by: Actor,
    named: Mapping[str, str] = NOTHING_NAMED,
) -> tuple[InvoiceCheck, Invoice]:
    """Read a file, compare it with our calls of its days, and keep the result.

    `days` None: those that the file names; `named`: which of its columns holds what.
    Raises: InvalidInvoice.
    """
    invoice = _read(data, named)
    first, last = days or _days(invoice)
    if not timedelta(0) <= last - first < timedelta(days=MOST_DAYS):
        raise InvalidInvoice(f"Compare at most {MOST_DAYS} days at once, the first one first.")
    rows = [one for one in invoice.rows if one.day is None or first <= one.day <= last]
    ours = our_models(by.org_id, provider, first, last)
    lines = [line.as_json() for line in compare(ours, rows)]
    made = InvoiceCheck.objects.create(
        org_id=by.org_id, provider=provider, first_day=first, last_day=last,
        file_name=file_name[:200], digest=hashlib.sha256(data).hexdigest(), created_at=by.now,
        created_by=by.name[:150], lines=lines,
        ours_nanousd=sum(line["our_nanousd"] or 0 for line in lines),
        theirs_nanousd=sum(line["their_nanousd"] or 0 for line in lines),
    )  # fmt: skip
    record_change(
        "invoice", provider, actor=by.name, at=by.now, org_id=by.org_id, before=None,
        after={
            "first_day": first, "last_day": last, "sha256": made.digest, "columns": dict(named),
            "ours_usd": format_usd(made.ours_nanousd),
            "theirs_usd": format_usd(made.theirs_nanousd),
        },
    )  # fmt: skip
    return made, invoice


def our_models(org_id: int, provider: str, first: date, last: date) -> list[OurModel]:
    """Return what the ledger says of each model of a provider on days of UTC."""
    start = datetime.combine(first, time(), UTC)
    end = datetime.combine(last + timedelta(days=1), time(), UTC)
    calls = Call.objects.filter(
        org_id=org_id, provider=provider, at__gte=start, at__lt=end, demo=False
    ).exclude(outcome__in=("cached", "released"))
    dated, known = dated_prices(org_id), every_model(org_id).models
    found: dict[str, OurModel] = {}
    for call in calls.annotate(known=known_cost()).iterator(chunk_size=CHUNK):
        model = found.setdefault(call.model, OurModel(call.model))
        if call.unconfirmed or call.input_tokens is None:
            model.unconfirmed += call.unconfirmed
            model.unconfirmed_nanousd += call.known or 0
            continue
        spec = known[call.model].spec if call.model in known else None
        prices = price_of(spec, dated.get(call.model, ()), call.at) if spec else None
        _count(model, call, prices)
    for name, model in found.items():
        edges = changes(dated.get(name, ()))
        model.price_changes = tuple(edge.date() for edge in edges if start < edge < end)
    return list(found.values())


def _count(model: OurModel, call: Call, prices: Prices | None) -> None:
    """Add a call to the tokens of its classes, and divide what it was charged among them."""
    usage, charged = usage_of(call), int(getattr(call, "known", 0) or 0)
    plain = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens
    tokens = {
        "input": max(0, plain),
        "output": usage.output_tokens,
        "cache_read": usage.cache_read_tokens,
        "cache_write": usage.cache_write_tokens,
    }
    if prices is not None:
        model.corrected_nanousd += cost(prices, usage) - charged
    weights = _weights(prices, usage.input_tokens, tokens)
    for (name, count), amount in zip(tokens.items(), _divided(charged, weights), strict=True):
        if count:
            model.classes.setdefault(name, Side()).add(count, amount)


def _weights(prices: Prices | None, size: int, tokens: dict[str, int]) -> list[Decimal]:
    if prices is None:
        return [Decimal(count) for count in tokens.values()]
    rates = prices.at(size)
    return [count * getattr(rates, name) for name, count in tokens.items()]


def _divided(amount: int, weights: Iterable[Decimal]) -> list[int]:
    """Divide an amount by weight, so that the parts add up to it."""
    parts = list(weights)
    whole = sum(parts, Decimal())
    if not whole:
        return [amount, *[0] * (len(parts) - 1)]
    shares = [int(amount * part / whole) for part in parts]
    shares[parts.index(max(parts))] += amount - sum(shares)
    return shares


def _read(data: bytes, named: Mapping[str, str]) -> Invoice:
    if len(data) > MAX_BYTES:
        raise InvalidInvoice("The file has more than 5 MB: export fewer days at a time.")
    try:
        return read_invoice(data.decode("utf-8-sig"), named)
    except UnicodeDecodeError as error:
        raise InvalidInvoice("The file is not text in UTF-8: save it as CSV in UTF-8.") from error


def _days(invoice: Invoice) -> tuple[date, date]:
    days = [row.day for row in invoice.rows if row.day is not None]
    if not days:
        raise InvalidInvoice("The file names no days: say which ones it is for.")
    return min(days), max(days)
