"""Summing up the attempts of days that are over, once, so that no advice reads them again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta

from django.db import transaction

from routing.models import AdviceDue, AttemptTally
from routing.selectors.tallies import (
    TALLIED,
    first_attempt,
    first_day,
    start_of,
    sums_between,
)

# An attempt may be written late: a worker that was cut off brings its journal along.
SETTLED = timedelta(hours=6)
# Older days are of no advice any more.
KEPT = timedelta(days=31)
_DAY = timedelta(days=1)


def tally_days(org_id: int, now: datetime, window: timedelta) -> int:
    """Sum up each day of the window that is over and was not; return how many.

    A day is read first, and written in a short transaction of its own: others may wait for it.
    """
    due, _ = AdviceDue.objects.get_or_create(org_id=org_id)
    days = list(_days(due, now, window))
    for day in days:
        _keep(org_id, day, list(_rows(org_id, day)))
    return len(days)


def forget_tallies() -> None:
    """Let all days be summed up anew, for attempts are gone."""
    AttemptTally.objects.all().delete()
    AdviceDue.objects.update(tallied_until=None)


def _days(due: AdviceDue, now: datetime, window: timedelta) -> Iterator[date]:
    """Yield the days to sum up, the oldest first."""
    start = first_day(now, window)
    first = due.tallied_until or _day_of_first(due.org_id, start, now)
    if first is None:
        return
    day = max(first, start)
    while day < (now - SETTLED).astimezone(UTC).date():
        yield day
        day += _DAY


def _day_of_first(org_id: int, start: date, now: datetime) -> date | None:
    first = first_attempt(org_id, start_of(start), now)
    return first.astimezone(UTC).date() if first else None


def _rows(org_id: int, day: date) -> Iterator[AttemptTally]:
    for (task_type, team_id, model), tally in sums_between(
        org_id, start_of(day), start_of(day + _DAY)
    ):
        sums = dict(zip(TALLIED, astuple(tally), strict=True))
        yield AttemptTally(
            org_id=org_id, day=day, team_id=team_id, task_type=task_type, model=model, **sums
        )


@transaction.atomic
def _keep(org_id: int, day: date, rows: Sequence[AttemptTally]) -> None:
    """Store a day's sums, unless somebody else has done so meanwhile."""
    due = AdviceDue.objects.select_for_update().get(org_id=org_id)
    if due.tallied_until is not None and due.tallied_until > day:
        return
    AttemptTally.objects.filter(org_id=org_id, day__lt=day - KEPT).delete()
    AttemptTally.objects.bulk_create(rows)
    due.tallied_until = day + _DAY
    due.save(update_fields=["tallied_until"])
