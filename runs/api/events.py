"""The events of a run: a list after a sequence number, or a stream that goes on."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from typing import Any, Final
from uuid import UUID

from channels.db import database_sync_to_async
from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from budgets.api.authentication import caller_of
from budgets.core.access import Caller
from runs.api import schema
from runs.api.inputs import MAX_SEQ, EventQuery, read_query
from runs.api.operation import Operation
from runs.api.outputs import EventOutput
from runs.api.paging import EventsInOrder, page_of
from runs.core.status import TERMINAL
from runs.models import Run
from runs.push import hub
from runs.selectors.runs import run_get, still_sees
from runs.selectors.tasks import event_list
from telemetry.models import Event

STREAM: Final = "text/event-stream"
HEARTBEAT_SECONDS: Final = 15.0
# An event may become visible after one with a higher number: so long it is looked for.
LATE_SECONDS: Final = 5.0
READ_AT_ONCE: Final = 500


class ListEvents(Operation):
    @extend_schema(
        operation_id="runs_events",
        summary="Read a run's events after a sequence number, or follow them",
        description="With `Accept: text/event-stream` the answer is a stream of Server-Sent "
        "Events: first what is there, then what comes, until the run has ended. `id` is the "
        "sequence number; `Last-Event-ID` continues after it. A comment is sent every 15 s.",
        tags=["runs"],
        parameters=[
            EventQuery,
            *schema.PAGE,
            OpenApiParameter("Last-Event-ID", str, OpenApiParameter.HEADER),
        ],
        responses={
            (200, "application/json"): schema.paged(EventOutput),
            (200, STREAM): OpenApiResponse(OpenApiTypes.STR, "A stream of events."),
            **schema.LIST,
        },
    )
    def get(self, request: Request, run_id: UUID) -> HttpResponseBase:
        caller = caller_of(request)
        since = read_query(EventQuery, request).validated_data["since"]
        run = run_get(caller, run_id)
        if STREAM in request.headers.get("Accept", ""):
            return _stream(caller, run.pk, _last_seen(request, since))
        return page_of(EventsInOrder, self, event_list(run, since), EventOutput)


def _last_seen(request: Request, since: int) -> int:
    """Return where a stream goes on; a browser that reconnects tells it in a header."""
    last = request.headers.get("Last-Event-ID", "")
    known = last.isascii() and last.isdigit() and len(last) < 20 and int(last) <= MAX_SEQ
    return int(last) if known else since


def _stream(caller: Caller, run_id: UUID, since: int) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        follow(caller, run_id, since),
        content_type=STREAM,
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def follow(caller: Caller, run_id: UUID, since: int) -> AsyncGenerator[str, None]:
    """Yield the run's events as frames until it has ended, or the caller may not see it."""
    read = database_sync_to_async(read_on, thread_sensitive=False)
    allowed = database_sync_to_async(still_sees, thread_sensitive=False)
    place = Place(since)
    bell = asyncio.Event()
    with hub().ringing(run_id, bell):
        while True:
            bell.clear()
            ended, rows = await read(run_id, place.floor)
            for row in place.fresh(rows, time.monotonic()):
                yield frame(row)
            if len(rows) == READ_AT_ONCE:
                continue
            if ended:
                return
            try:
                await asyncio.wait_for(bell.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield ": still here\n\n"
                if not await allowed(caller, run_id, timezone.now()):
                    return


class Place:
    """How far one stream has come, with room for events that become visible late."""

    def __init__(self, since: int) -> None:
        self.floor = since
        self._sent: dict[int, float] = {}

    def fresh(self, rows: list[dict[str, Any]], at: float) -> list[dict[str, Any]]:
        """Return the rows not seen before; what lies back long enough is not read again."""
        new = [row for row in rows if row["seq"] not in self._sent]
        self._sent |= {row["seq"]: at for row in new}
        old = [seq for seq, sent in self._sent.items() if sent < at - LATE_SECONDS]
        if len(rows) == READ_AT_ONCE:
            old = [row["seq"] for row in rows]
        self.floor = max([self.floor, *old])
        self._sent = {seq: sent for seq, sent in self._sent.items() if seq > self.floor}
        return new


def read_on(run_id: UUID, since: int) -> tuple[bool, list[dict[str, Any]]]:
    """Return whether the run has ended, and its next events.

    The status is read first: the events of a run that had ended by then are all there.
    """
    status = Run.objects.filter(pk=run_id).values_list("status", flat=True).first()
    rows = Event.objects.filter(run_id=run_id, seq__gt=since).order_by("seq")[:READ_AT_ONCE]
    ended = status is None or status in TERMINAL
    return ended, [dict(EventOutput(row).data) for row in rows]


def frame(row: dict[str, Any]) -> str:
    """Return one event in the wire format of Server-Sent Events."""
    return f"id: {row['seq']}\ndata: {json.dumps(row, separators=(',', ':'))}\n\n"
