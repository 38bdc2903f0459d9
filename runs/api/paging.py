"""Lists by cursor: the place where a page ends, never a number of rows or a count of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework.exceptions import ParseError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


class Pages(CursorPagination):
    """Pages ordered by a unique field; a cursor's position is read, since anyone can write one.

    Raises: ParseError for a cursor that was not made here.
    """

    @staticmethod
    def place(text: str) -> object:
        return int(text)

    def get_page_size(self, request: Request) -> int:
        """Return how many rows to give. Raises: ParseError unless it is a positive number."""
        size = request.query_params.get("page_size", "")
        if not size:
            return PAGE_SIZE
        if not size.isascii() or not size.isdigit() or not size.strip("0"):
            raise ParseError("page_size is a positive whole number.")
        return min(int(size), MAX_PAGE_SIZE) if len(size) < 10 else MAX_PAGE_SIZE

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None:
            try:
                self.place(str(cursor.position))
            except ValueError:
                raise ParseError("This cursor was not made here.") from None
        return cursor


class CallsInOrder(Pages):
    ordering = "id"

    @staticmethod
    def place(text: str) -> object:
        return UUID(text)


class NewestFirst(CallsInOrder):
    ordering = "-id"


class TasksInOrder(Pages):
    ordering = "position"


class EventsInOrder(Pages):
    ordering = "seq"


def page_of(
    pages: type[Pages],
    view: APIView,
    rows: QuerySet[Any],
    output: type[Serializer[Any]],
    read: Callable[[Iterable[Any]], Sequence[Any]] = list,
) -> Response:
    """Return one page of rows; `read` adds what the output needs, for the whole page at once."""
    paginator = pages()
    page: Sequence[Model] = paginator.paginate_queryset(rows, view.request, view) or []
    data = output(read(page), many=True, context={"request": view.request}).data
    return paginator.get_paginated_response(data)
