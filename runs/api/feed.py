"""Events of everything a caller may see: where a viewer reads on after a gap in the socket."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.pagination import Cursor
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api.authentication import caller_of
from runs.api import schema
from runs.api.inputs import MAX_SEQ, EventQuery, read_query
from runs.api.operation import Operation
from runs.api.outputs import EventOutput
from runs.api.paging import EventsInOrder, page_of
from runs.selectors.feed import Stretch, feed_stretch


class FeedEventOutput(EventOutput):
    """An event with the run it is of; null: of a budget, or of the whole house."""

    run = serializers.UUIDField(source="run_id", allow_null=True)


class ListFeed(Operation):
    @extend_schema(
        operation_id="events",
        summary="Read the events of all teams the caller may see, after a sequence number",
        description="The same events as on the socket `/ws/live/`. Numbers may become visible "
        "out of order within some seconds: after a gap ask from 200 before the last one seen, "
        "and pass over what is known.",
        tags=["events"],
        parameters=[EventQuery],
        responses={200: FeedEventOutput(many=True), **schema.LIST},
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        since = read_query(EventQuery, request).validated_data["since"]
        rows = feed_stretch(caller, _stretch(since, EventsInOrder().decode_cursor(request)))
        return page_of(EventsInOrder, self, rows, FeedEventOutput)


def _stretch(since: int, cursor: Cursor | None) -> Stretch:
    """Return where a page lies: after `since`, and where its cursor says."""
    if cursor is None or cursor.position is None:
        # The last page there is, which nobody links to, is read backwards from the end.
        return Stretch(since, MAX_SEQ) if cursor is not None and cursor.reverse else Stretch(since)
    place = int(cursor.position)
    if cursor.reverse:
        return Stretch(since, place)
    # With its own place: a cursor may count rows from there.
    return Stretch(max(since, place - 1))
