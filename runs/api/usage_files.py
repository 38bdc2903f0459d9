"""Usage as files that stream: CSV, and CSV in the columns of FOCUS 1.2."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from rest_framework.request import Request

from budgets.core.money import format_usd_or_none
from runs.api.usage_shapes import FiguresOutput, shown
from runs.core.window import moment_of
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


def file_of(
    kind: str, rows: Sequence[Row], group_by: Sequence[str], asked: Asked, request: Request
) -> StreamingHttpResponse:
    """Answer with all rows, their number stated first."""
    chunks = written(FILES[kind], rows, group_by, asked)
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


def written(
    file: File, rows: Sequence[Row], group_by: Sequence[str], asked: Asked
) -> Iterator[str]:
    """Yield the file, some hundred lines at a time."""
    echo = csv.writer(Echo())
    covers = " to ".join(shown(at) for at in (asked.window.starts_at, asked.window.ends_at))
    yield f"# rows: {len(rows)}; {covers}\r\n"
    yield echo.writerow(file.columns(group_by))
    for start in range(0, len(rows), LINES_A_CHUNK):
        chunk = rows[start : start + LINES_A_CHUNK]
        yield "".join(echo.writerow(map(cell, file.line(row, asked))) for row in chunk)


async def in_turn(chunks: Iterable[str]) -> AsyncIterator[str]:
    """Yield chunks as an event loop wants them."""
    for chunk in chunks:
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
    figures = dict(FiguresOutput(row).data)
    low, high = figures.pop("score_interval") or ("", "")
    origins: Mapping[str, int] = figures.pop("errors_by_origin")
    figures |= {f"errors_{origin}": count for origin, count in origins.items()}
    figures |= {"score_low": low, "score_high": high}
    return [*(shown(value) for value in row.group.values()), *(figures[name] for name in FIGURES)]


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
