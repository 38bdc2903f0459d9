"""The sentinel's own words to the database, which may go away and come back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django_q.models import OrmQ

from runs.management import sentinel
from runs.models import WorkerPool

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("tell", "told"), [(sentinel.beat, WorkerPool), (sentinel.ring, OrmQ)], ids=["beat", "ring"]
)
def test_what_a_lost_connection_kept_from_the_database_is_told_over_a_new_one(
    tell: Callable[[], None], told: type[WorkerPool | OrmQ]
) -> None:
    connection.ensure_connection()
    connection.connection.close()  # as a server does that restarts: Django does not know

    tell()
    tell()

    assert told.objects.count() == 1
