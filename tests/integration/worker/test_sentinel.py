"""What a pool says to the database, which may go away and come back, and what it reads there."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.db import InterfaceError, OperationalError, connection
from django_q.brokers.orm import ORM
from django_q.models import OrmQ

from runs import queue
from runs.management import beat, broker
from runs.models import WorkerPool

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("tell", "told"), [(beat.beat, WorkerPool), (beat.ring, OrmQ)], ids=["beat", "ring"]
)
def test_what_a_lost_connection_kept_from_the_database_is_told_over_a_new_one(
    tell: Callable[[], None], told: type[WorkerPool | OrmQ]
) -> None:
    connection.ensure_connection()
    connection.connection.close()  # as a server does that restarts: Django does not know

    tell()
    tell()

    assert told.objects.count() == 1


def test_jobs_are_read_again_as_soon_as_the_database_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue.ring()
    pool = broker.PatientBroker()
    pauses: list[float] = []
    away = [OperationalError("starting up"), InterfaceError("connection already closed")]

    def read(self: ORM) -> object:
        if away:
            raise away.pop()
        return real(self)

    real = ORM.dequeue
    monkeypatch.setattr(ORM, "dequeue", read)
    monkeypatch.setattr(time, "sleep", pauses.append)

    assert [pool.dequeue(), pool.dequeue()] == [None, None]
    ((job, _),) = pool.dequeue()

    assert job == OrmQ.objects.get().pk
    assert pauses == [broker.RETRY_SECONDS] * 2
