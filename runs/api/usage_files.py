"""Usage as files that stream: CSV, and CSV in the columns of FOCUS 1.2."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from rest_framework.request import Request

from budgets.core.money import format_usd_or_none
from runs.api.usage_shapes import shown
from runs.core.window import moment_of
from runs.selectors.usage import RowStream
from runs.selectors.usage.asked import Asked
from runs.selectors.usage.table import Row

LINES_A_CHUNK = 500
FIGURES = (
    "calls", "errors", "errors_provider", "errors_policy", "errors_budget", "errors_us", "cost_usd",
    "unpriced_calls", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "reasoning_tokens", "score_mean", "score_n", "score_low", "score_high", "attempts", "accepted",
    "cost_per_accepted_usd", "latency_p50_ms", "latency_p95_ms",
)  # fmt: skip
# Source: FinOps Open Cost and Usage Specification 1.2, focus.finops.org (2025-05): the mandatory
# columns, and the conditional ones that apply to usage billed by tokens.
FOCUS = (
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType",
    "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass",
    "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
    "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "EffectiveCost", "InvoiceIssuerName",
    "ListCost", "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "ResourceId",
    "ResourceName", "ResourceType", "ServiceCategory", "ServiceName", "ServiceSubcategory",
    "SkuId", "SubAccountId", "SubAccountName", "SubAccountType", "Tags",
)  # fmt: skip
FOCUS_GROUPS = ("day", "team", "provider", "model")


@dataclass(frozen=True, slots=True)
class File:
    """Say what a format writes. `group_by` empty: what the caller asks for."""

    group_by: tuple[str, ...]
    columns: Callable[[Sequence[str]], Sequence[str]]
    line: Callable[[Row, Asked], Sequence[Any]]


def file_of(kind: str, rows: RowStream, request: Request) -> StreamingHttpResponse:
    """Answer with all rows, their number stated first."""
    asked = rows.asked
    chunks = written(FILES[kind], rows)
    live = isinstance(request._request, ASGIRequest)
    name = f"usage-{asked.window.starts_at:%Y%m%d}-{asked.window.ends_at:%Y%m%d}.csv"
    return StreamingHttpResponse(
        in_turn(chunks) if live else chunks,
        content_type="text/csv; charset=utf-8",
        headers={
            "X-Row-Count": str(len(rows)),
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def written(file: File, rows: RowStream) -> Iterator[str]:
    """Yield the file, some hundred lines at a time, of which no more are ever in memory."""
    echo, asked = csv.writer(Echo()), rows.asked
    covers = " to ".join(shown(at) for at in (asked.window.starts_at, asked.window.ends_at))
    yield f"# rows: {len(rows)}; {covers}\r\n"
    yield echo.writerow(file.columns(rows.group_by))
    lines = (echo.writerow(map(cell, file.line(row, asked))) for row in rows)
    while chunk := "".join(islice(lines, LINES_A_CHUNK)):
        yield chunk


async def in_turn(chunks: Iterable[str]) -> AsyncIterator[str]:
    """Yield chunks as an event loop wants them, each made in the request's own thread."""
    rest = iter(chunks)

    def following() -> str | None:
        return next(rest, None)

    while (chunk := await sync_to_async(following)()) is not None:
        yield chunk


class Echo:
    """A file that gives each line back."""

    def write(self, line: str) -> str:
        return line


def cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


def _plain(row: Row, asked: Asked) -> list[Any]:
    figures, score = row.totals, row.totals.score
    p50, p95 = figures.latency_ms(0.5, 0.95)
    known = {
        "cost_usd": format_usd_or_none(figures.known_cost_nanousd),
        "cost_per_accepted_usd": format_usd_or_none(figures.cost_per_accepted_nanousd),
        "score_mean": _rounded(score.mean if score else None, 6),
        "score_low": _rounded(score.low if score else None, 6),
        "score_high": _rounded(score.high if score else None, 6),
        "latency_p50_ms": _rounded(p50, 1),
        "latency_p95_ms": _rounded(p95, 1),
    }
    names = (known[name] if name in known else getattr(figures, name) for name in FIGURES)
    return [*(shown(value) for value in row.group.values()), *names]


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _focus(row: Row, asked: Asked) -> list[Any]:
    """Return one charge: what a team used of a model on a day. An unknown cost stays empty."""
    day, figures = row.group["day"], row.totals
    cost = format_usd_or_none(figures.known_cost_nanousd)
    tokens = figures.input_tokens + figures.output_tokens
    month = day.replace(day=1)
    team, provider, model = (row.group[name] for name in ("team", "provider", "model"))
    known: dict[str, Any] = {
        "BillingAccountId": "orchestrator", "BillingAccountName": "Multi-LLM Orchestrator",
        "BillingAccountType": "Organisation", "BillingCurrency": "USD",
        "BillingPeriodStart": _start(month, asked), "BillingPeriodEnd": _start(_next(month), asked),
        "ChargeCategory": "Usage", "ChargeDescription": f"{figures.calls} calls of {model}",
        "ChargeFrequency": "Usage-Based", "ChargePeriodStart": _start(day, asked),
        "ChargePeriodEnd": _start(day + timedelta(days=1), asked), "ConsumedQuantity": tokens,
        "ConsumedUnit": "Tokens", "InvoiceIssuerName": provider, "PricingQuantity": tokens,
        "PricingUnit": "Tokens", "ProviderName": provider, "PublisherName": provider,
        "ResourceId": model, "ResourceName": model, "ResourceType": "Model",
        "ServiceCategory": "AI and Machine Learning", "ServiceName": "Language models",
        "ServiceSubcategory": "Generative AI", "SkuId": model, "SubAccountId": team,
        "SubAccountName": team, "SubAccountType": "Team", "Tags": "{}",
    }  # fmt: skip
    known |= dict.fromkeys(("BilledCost", "ContractedCost", "EffectiveCost", "ListCost"), cost)
    return [known.get(name, "") for name in FOCUS]


def _start(day: date, asked: Asked) -> str:
    return shown(moment_of(day, asked.window.zone))


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


FILES: Mapping[str, File] = {
    "csv": File((), lambda group_by: (*group_by, *FIGURES), _plain),
    "focus": File(FOCUS_GROUPS, lambda group_by: FOCUS, _focus),
}
