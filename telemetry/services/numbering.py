"""Numbers for a journal's batches: the answer to a COMMIT may be lost, but not whether it was.

Each batch writes its number over the one before it, in its own transaction. A batch that is tried
again finds its number there if it was committed; and if its commit is still under way, the row is
locked until that is decided.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from telemetry.models import JournalMark

FORGOTTEN_AFTER: Final = timedelta(days=1)

_TABLE = JournalMark._meta.db_table
# Raw, because the ORM's upsert cannot refuse; it is made for every batch.
_NOTE = (
    f"INSERT INTO {_TABLE} (writer, number, at) VALUES (%s, %s, %s) "  # noqa: S608
    "ON CONFLICT (writer) DO UPDATE SET number = excluded.number, at = excluded.at "
    f"WHERE {_TABLE}.number < excluded.number"
)


class Numbering:
    """The numbers of one journal's batches."""

    def __init__(self) -> None:
        self._writer = uuid4().hex
        self._last = 0

    def next(self) -> int:
        """Return the number of a new batch; it keeps it however often it is tried."""
        self._last += 1
        return self._last

    def note(self, number: int) -> bool:
        """Note the batch in its transaction; False: it was committed before."""
        values: list[Any] = [self._writer, number]
        values.append(connection.ops.adapt_datetimefield_value(timezone.now()))
        with connection.cursor() as cursor:
            cursor.execute(_NOTE, values)
            return bool(cursor.rowcount == 1)

    def forget(self) -> None:
        """Remove the mark of a journal that ends."""
        JournalMark.objects.filter(writer=self._writer).delete()


def forget_writers(now: datetime) -> int:
    """Remove the marks of journals that have been gone for long; return how many."""
    removed, _ = JournalMark.objects.filter(at__lt=now - FORGOTTEN_AFTER).delete()
    return removed
