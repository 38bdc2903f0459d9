"""What was used: figures by group and time, as pages of JSON or as whole files."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from budgets.api.authentication import caller_of
from budgets.core.access import Action, Caller
from runs.api import schema
from runs.api.inputs import read_query
from runs.api.operation import Operation
from runs.api.paging import MAX_PAGE_SIZE
from runs.api.usage_files import FILES, file_of
from runs.api.usage_shapes import UsageOutput, UsageQuery
from runs.core.filters import Filters
from runs.core.window import InvalidRange, Window, named_window, window_between
from runs.selectors.runs import require_anywhere
from runs.selectors.usage import Asked, TooManyGroups, ask, usage_rows, usage_stream, zone_of
from runs.selectors.usage.table import Row
from telemetry.core.totals import Totals

# Ten times what anybody leafs through; a file has no such limit.
MAX_ROWS = 200_000
EXAMPLE = OpenApiExample(
    "By model",
    {
        "from": "2026-11-20T00:00:00Z",
        "to": "2026-11-26T12:30:00Z",
        "group_by": ["model"],
        "next": None,
        "previous": None,
        "results": [
            {
                "model": "sim/gpt-6-luna",
                "calls": 412,
                "errors": 3,
                "errors_by_origin": {"provider": 3, "policy": 0, "budget": 0, "us": 0},
                "cost_usd": "0.4213",
                "unpriced_calls": 0,
                "input_tokens": 240118,
                "output_tokens": 80422,
                "cache_read_tokens": 0,
                "cache_write_tokens": 0,
                "reasoning_tokens": 0,
                "score_mean": 0.87,
                "score_n": 61,
                "score_interval": [0.85, 0.89],
                "attempts": 64,
                "accepted": 52,
                "cost_per_accepted_usd": "0.00811",
                "latency_p50_ms": 812.4,
                "latency_p95_ms": 2210.9,
            }
        ],
    },
    response_only=True,
    status_codes=["200"],
)


class ReadUsage(Operation):
    @extend_schema(
        operation_id="usage_read",
        summary="Read what was used, by model, task type, team, provider, phase, day or hour",
        description="Figures of the teams whose usage the caller may read. Two days are kept by "
        "the hour, all before by the day of the organisation's time zone; a range holds at most "
        "400 days and is widened to whole ones (or whole hours). `from` and `to` in the answer "
        "tell what it covers. Without a range: the last 30 days, by hour the last 24 hours. "
        "`format=csv` and `format=focus` (FOCUS 1.2 columns, by day, team, provider and model) "
        "answer with all rows as a file, their number in `X-Row-Count` and in the first line.",
        tags=["usage"],
        parameters=[UsageQuery],
        examples=[EXAMPLE],
        responses={
            (200, "application/json"): UsageOutput,
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, "All rows as a file."),
            **schema.LIST,
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        caller = caller_of(request)
        require_anywhere(caller, Action.READ_USAGE)
        query = read_query(UsageQuery, request).validated_data
        kind = query["format"]
        group_by = FILES[kind].group_by if kind in FILES else ()
        group_by = group_by or tuple(dict.fromkeys(query["group_by"]))
        asked = asked_for(caller, query, group_by)
        if kind in FILES:
            return file_of(kind, usage_stream(asked, group_by), request)
        try:
            rows = usage_rows(asked, group_by, MAX_ROWS)
        except TooManyGroups:
            raise refused(
                "group_by",
                f"There are more rows than pages hold, which is {MAX_ROWS}: ask for format=csv, "
                "which has no limit.",
            ) from None
        return Response(self._page(rows, group_by, asked, query))

    def _page(
        self, rows: Sequence[Row], group_by: Sequence[str], asked: Asked, query: dict[str, Any]
    ) -> Any:
        start, size = read_cursor(query["cursor"]), query["page_size"]
        whole = sum((row.totals for row in rows), Totals())
        answer = {
            "from": asked.window.starts_at,
            "to": asked.window.ends_at,
            "group_by": group_by,
            "next": self._url(start + size) if start + size < len(rows) else None,
            "previous": self._url(max(0, start - size)) if start else None,
            "total": Row({}, whole),
            "results": rows[start : start + size],
        }
        return UsageOutput(answer).data

    def _url(self, start: int) -> str:
        here = str(self.request.build_absolute_uri())
        if not start:
            return str(remove_query_param(here, "cursor"))
        return str(replace_query_param(here, "cursor", write_cursor(start)))


def asked_for(caller: Caller, query: dict[str, Any], group_by: Sequence[str]) -> Asked:
    """Return the question of a query. Raises: ValidationError."""
    if "day" in group_by and "hour" in group_by:
        raise refused("group_by", "Days and hours exclude each other.")
    try:
        window = window_of(caller, query, hours="hour" in group_by)
    except InvalidRange as error:
        raise refused(error.field, str(error)) from None
    filters = Filters(
        window,
        team=tuple(query["team"]),
        task_type=tuple(query["task_type"]),
        model=tuple(query["model"]),
        provider=tuple(query["provider"]),
        outcome=tuple(query["status"]),
    )
    return ask(caller, filters, phases=query["phase"])


def window_of(caller: Caller, query: dict[str, Any], *, hours: bool) -> Window:
    """Return the time of a query. Raises: InvalidRange."""
    zone, now = zone_of(caller), timezone.now()
    start, end, name = query.get("from"), query.get("to"), query.get("range")
    if name and (start or end):
        raise InvalidRange("range", "A range has a name, or a start and an end, not both.")
    if start or end:
        return window_between(start, end, zone, now, hours=hours)
    window = named_window(name or ("24h" if hours else "30d"), zone, now)
    if hours and not window.by_hour:
        raise InvalidRange("range", "Hours are kept for two days: ask for 24h, 48h, or days.")
    return window


def refused(field: str, reason: str) -> ValidationError:
    """Return the refusal of one parameter."""
    error = ValidationError({field: [reason]})
    error.in_query = True  # type: ignore[attr-defined]
    return error


def write_cursor(start: int) -> str:
    """Return the mark of a place in a list of rows."""
    return base64.urlsafe_b64encode(f"row={start}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> int:
    """Return the place that a cursor marks. Raises: ParseError for one not made here."""
    if not text:
        return 0
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        start = int(decoded.removeprefix("row="))
    except (binascii.Error, ValueError):
        start = -1
    if not 0 < start <= MAX_ROWS + MAX_PAGE_SIZE or write_cursor(start) != text:
        raise ParseError("This cursor was not made here.")
    return start
