"""The worker's disk is full for a while: what is finished stays, and the worker goes on."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.backends.signals import connection_created

from runs.engine import carry
from runs.models import Run, TaskText
from telemetry.models import Event
from telemetry.services.journal import thread as journal
from tests.fixtures.simulator import Simulator
from tests.integration.engine.harness import assert_money_adds_up, calls_of, given_run

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 60
ROOMY = 1 << 30
GROWING = ("budgets_reservation", "telemetry_call", "telemetry_event")


class Disk:
    """Is full for the worker at will: SQLite may add no page, PostgreSQL answers 53100."""

    def fill(self) -> None:
        if connection.vendor == "sqlite":
            connection_created.connect(self._limit_new)
            self._in_journal(self._pack)
            self._in_journal(self._limit, 1)  # no page beyond those that there are
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$"
            )
            for table in GROWING:
                cursor.execute(
                    f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} "
                    "EXECUTE FUNCTION full_disk()"
                )

    def free(self) -> None:
        if connection.vendor == "sqlite":
            connection_created.disconnect(self._limit_new)
            self._in_journal(self._limit, ROOMY)
            return
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION IF EXISTS full_disk() CASCADE")

    def _limit_new(self, **_: Any) -> None:
        if threading.current_thread().name == "journal":
            self._limit(1)

    def _pack(self) -> None:
        # What other tests have emptied would be room for many rows.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")

    def _limit(self, pages: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count = {pages}")

    def _in_journal(self, function: Callable[..., None], *args: Any) -> None:
        carrier = carry._carrier
        assert carrier is not None
        asked = carrier._journal.call(function, *args)
        asyncio.run_coroutine_threadsafe(asked, carrier._loop).result(PATIENCE_SECONDS)


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    yield disk
    disk.free()
    carry.stop()
    connection.close()


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.02)


def outputs(run: Run) -> dict[str, str]:
    """Return the outputs of finished tasks."""
    texts = TaskText.objects.filter(task__run=run, task__finished_at__isnull=False)
    return dict(texts.values_list("task__key", "output"))


def test_a_run_goes_on_when_there_is_room_again_and_loses_nothing(
    providers: Simulator,
    disk: Disk,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(journal, "RECONNECT_SECONDS", (0.05,))  # it is full for longer than that
    settings.LEASE_SECONDS = 2
    providers.fault("*", "skill:0.5")
    chain = [{"key": f"t{n}", "depends_on": [f"t{n - 1}"] if n else []} for n in range(4)]
    run = given_run(*chain, cache="never")
    carry.work(0.1)
    until(lambda: bool(outputs(run)))

    disk.fill()
    until(lambda: "The journal could not write" in caplog.text)
    before, paid = outputs(run), {call.id: call.cost_nanousd for call in calls_of(run)}
    disk.free()
    until(lambda: bool(Run.objects.get(id=run.id).finished_at))

    run = Run.objects.get(id=run.id)
    assert run.status == "SUCCESS", run.failure
    assert before.items() <= outputs(run).items()
    calls = {call.id: call for call in calls_of(run)}
    assert paid.items() <= {pk: call.cost_nanousd for pk, call in calls.items()}.items()
    assert not any(call.task_key in before for pk, call in calls.items() if pk not in paid)
    finished = Event.objects.filter(run_id=run.id, type="task.finished")
    assert Counter(event.payload["task"] for event in finished) == {f"t{n}": 1 for n in range(4)}
    assert_money_adds_up(run)
    call_command("reconcile_budgets")
