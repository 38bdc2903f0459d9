"""What is explored, as files; how many rows each has is told before it is taken."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from budgets.core.money import format_usd_or_none
from runs.selectors.usage import Row, RowStream, usage_stream
from runs.views.asking import caller_of, page
from runs.views.costs import OFFERS, OWN, explored_of
from runs.views.filter_bar import FilterBar
from runs.views.refusing import no_file

FOCUS_GROUPS = ("day", "team", "provider", "model")
ROWS_A_CHUNK = 500
# What runs alone have, and what the operation calls otherwise.
NOT_OF_USAGE = ("status", "outcome", "policy_outcome", "range")
SUMS = (
    "calls", "errors", "errors_provider", "errors_policy", "errors_budget", "errors_us",
    "unpriced_calls", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "reasoning_tokens", "attempts", "accepted",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """One kind of file, and how many rows it has."""

    label: str
    about: str
    rows: int
    url: str


@require_safe
@page
def costs_export(request: HttpRequest) -> HttpResponseBase:
    """Tell which files there are and how many rows each has; with ?format=json, write that one."""
    bar = FilterBar(request, caller_of(request), own=OWN, offers=OFFERS)
    explored = explored_of(dict(bar.own))
    wants_file = request.GET.get("format") == "json"
    if wants_file and (odd := [*bar.filters.notes, *bar.odd]):
        return no_file(odd)
    time = "hour" if bar.window.by_hour else "day"
    groups = tuple(name for name in (time, explored.group, explored.sub) if name)
    asked = bar.ask()
    rows = usage_stream(asked, groups)
    if wants_file:
        return _json(request, rows)
    focus = len(usage_stream(asked, FOCUS_GROUPS))
    about = ", ".join(name.replace("_", " ") for name in groups)
    csv_url, focus_url = _api_url(bar, groups, "csv"), _api_url(bar, (), "focus")
    json_url = f"{request.path}?{urlencode([*bar.filters.pairs(), *bar.own, ('format', 'json')])}"
    offers = [
        Offer("CSV", f"by {about}", len(rows), csv_url),
        Offer("JSON", f"by {about}", len(rows), json_url),
        Offer("FOCUS 1.2", "CSV in FinOps columns, by day", focus, focus_url),
    ]
    return render(request, "costs/parts/export.html", {"offers": offers})


def _api_url(bar: FilterBar, groups: Sequence[str], kind: str) -> str:
    """Return the address of the REST operation that writes the file, with the page's filter."""
    filters = bar.filters
    pairs = filters.pairs(leave_out=NOT_OF_USAGE)
    pairs += [("status", value) for value in filters.outcome]
    if filters.preset:
        pairs.append(("range", filters.preset))
    if groups:
        pairs.append(("group_by", ",".join(groups)))
    return f"{reverse('api-usage')}?{urlencode([*pairs, ('format', kind)])}"


def _json(request: HttpRequest, rows: RowStream) -> StreamingHttpResponse:
    chunks, window = _written(rows), rows.asked.window
    name = f"usage-{window.starts_at:%Y%m%d}-{window.ends_at:%Y%m%d}.json"
    return StreamingHttpResponse(
        _in_turn(chunks) if isinstance(request, ASGIRequest) else chunks,
        content_type="application/json",
        headers={
            "X-Row-Count": str(len(rows)),
            "Content-Disposition": f'attachment; filename="{name}"',
        },
    )


def _written(rows: RowStream) -> Iterator[str]:
    head = {
        "rows": len(rows),
        "from": _plain(rows.asked.window.starts_at),
        "to": _plain(rows.asked.window.ends_at),
        "group_by": rows.group_by,
    }
    yield json.dumps(head)[:-1] + ', "results": ['
    lines = (json.dumps(_row(row)) for row in rows)
    comma = ""
    while chunk := ",".join(islice(lines, ROWS_A_CHUNK)):
        yield comma + chunk
        comma = ","
    yield "]}"


async def _in_turn(chunks: Iterable[str]) -> AsyncIterator[str]:
    rest = iter(chunks)

    def following() -> str | None:
        return next(rest, None)

    while (chunk := await sync_to_async(following)()) is not None:
        yield chunk


def _row(row: Row) -> dict[str, Any]:
    figures, score = row.totals, row.totals.score
    p50, p95 = figures.latency_ms(0.5, 0.95)
    return {
        **{name: _plain(value) for name, value in row.group.items()},
        **{name: getattr(figures, name) for name in SUMS},
        "cost_usd": format_usd_or_none(figures.known_cost_nanousd),
        "cost_per_accepted_usd": format_usd_or_none(figures.cost_per_accepted_nanousd),
        "score_mean": score.mean if score else None,
        "score_n": score.n if score else 0,
        "score_interval": None if score is None or score.low is None else [score.low, score.high],
        "latency_p50_ms": p50,
        "latency_p95_ms": p95,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
