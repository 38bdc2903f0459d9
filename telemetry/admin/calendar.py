"""Picking a year, month or day of a table that is too long to be asked which it has."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime

from telemetry.core.spans import Span, above, asked_for, within

# There are no stubs of the theme.
if TYPE_CHECKING:
    from django.contrib.admin.views.main import ChangeList as List
else:
    from unfold.views import ChangeList as List

_PARTS = ("year", "month", "day")


class DatedList(List):
    """A list whose address may name any date, also one that no calendar has."""

    def get_filters(self, request: HttpRequest) -> Any:
        """Return the filters. Raises: IncorrectLookupParameters: all rows are shown."""
        try:
            return super().get_filters(request)
        except OverflowError as error:
            raise IncorrectLookupParameters(error) from error


class LongList(DatedList):
    """A list whose rows come in order of time, so that its two ends tell which dates it has."""

    def calendar(self) -> dict[str, Any] | None:
        """Return what the date hierarchy's template shows; None: there is nothing to pick from."""
        ends = self._ends()
        if ends is None:
            return None
        given = {key: value[-1] for key, value in self.filter_params.items()}
        span = asked_for(*(given.get(f"{self.date_hierarchy}__{part}") for part in _PARTS))
        below = within(span, *ends) or ([span] if span else [])
        return {
            "back": self._choice(above(span)) if span else None,
            "choices": [self._choice(each) for each in below if each],
        }

    def _ends(self) -> tuple[date, date] | None:
        rows = self.root_queryset.values_list(self.date_hierarchy, flat=True)
        first, last = rows.order_by("pk").first(), rows.order_by("-pk").first()
        if first is None or last is None:
            return None
        days = sorted((localtime(first).date(), localtime(last).date()))
        return days[0], days[1]

    def _choice(self, span: Span | None) -> dict[str, str]:
        parts = {} if span is None else {part: getattr(span, part) for part in _PARTS}
        named = {f"{self.date_hierarchy}__{part}": value for part, value in parts.items() if value}
        remove = [f"{self.date_hierarchy}__"]
        return {"link": self.get_query_string(named, remove), "title": _title(span)}


def _title(span: Span | None) -> str:
    if span is None:
        return "All dates"
    if span.month is None:
        return str(span.year)
    day = date(span.year, span.month, span.day or 1)
    return date_format(day, "MONTH_DAY_FORMAT" if span.day else "YEAR_MONTH_FORMAT")
