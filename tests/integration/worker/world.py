"""A database of its own and real worker processes on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import dj_database_url
import psutil
from django.db import connections
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from tests.integration.worker import jobs

ROOT = Path(__file__).resolve().parents[3]
ALIAS = "worker"


class Mark(NamedTuple):
    label: str
    kind: str
    pid: int


def until(condition: Callable[[], object], seconds: float = 15.0) -> bool:
    """Wait for a condition, as long as `seconds`; tell whether it came true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


class Store:
    """The database, seen from the test."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.environment = {**os.environ, "DATABASE_URL": url, "WORKERS": "2"}

    def work(self, label: str, seconds: float = 0.0) -> None:
        self.enqueue(jobs.work, label, seconds)

    def enqueue(self, job: Callable[..., None], *args: object) -> None:
        async_task(f"{job.__module__}.{job.__name__}", *args, broker=_Broker())

    def marks(self, label: str | None = None) -> list[Mark]:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(f"SELECT label, kind, pid FROM {jobs.TABLE} ORDER BY id")
            marks = [Mark(*row) for row in cursor.fetchall()]
        return [mark for mark in marks if label in (None, mark.label)]

    def has(self, label: str, kind: str) -> bool:
        return any(mark.kind == kind for mark in self.marks(label))

    def count(self, label: str, kind: str) -> int:
        return sum(mark.kind == kind for mark in self.marks(label))

    def queued(self, now: datetime | None = None) -> list[str]:
        """List the labels of the jobs that are in the table; with `now`, of the takeable ones."""
        rows = OrmQ.objects.using(ALIAS).filter(**({"lock__lte": now} if now else {}))
        return sorted(row.args()[0] for row in rows if row.func().startswith(jobs.__name__))

    def takeable(self) -> list[str]:
        return self.queued(timezone.now())

    def unlock_all(self) -> None:
        """Do as if the retry time of every taken job had passed."""
        OrmQ.objects.using(ALIAS).update(lock=timezone.now())


class _Broker:
    list_key = "orchestrator"

    def enqueue(self, payload: str) -> int:
        row = OrmQ(key=self.list_key, payload=payload, lock=timezone.now())
        row.save(using=ALIAS)
        return int(row.pk)


class Cluster:
    """One worker command, leader of a process group of its own as under honcho."""

    def __init__(self, store: Store, log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.main = subprocess.Popen(
                [sys.executable, "manage.py", "qcluster", "--no-preload"],
                cwd=ROOT,
                env=store.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.seen: set[psutil.Process] = set()
        assert until(self.is_whole), self.text()

    def is_whole(self) -> bool:
        return len(self.members("q-worker")) == 2 and len(self.members()) == 5

    def members(self, name: str | None = None) -> list[psutil.Process]:
        """List the live processes under the main one; `name` picks a kind."""
        try:
            members = psutil.Process(self.main.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            members = []
        self.seen.update(members)
        return [member for member in members if name in (None, _name(member))]

    def left_behind(self) -> list[psutil.Process]:
        """List the processes ever seen that still run."""
        return [process for process in self.seen if lives(process)]

    def signal_group(self, number: signal.Signals) -> None:
        self.members()
        os.killpg(self.main.pid, number)

    def text(self) -> str:
        return self.log.read_text()

    def end(self) -> None:
        self.members()
        self.main.kill()
        self.main.wait()
        for process in self.left_behind():
            process.kill()


def lives(process: psutil.Process) -> bool:
    """Tell whether it still runs; one that nobody has waited for does not."""
    return bool(_name(process))


def _name(process: psutil.Process) -> str:
    """Return what `ps` shows; empty once the process has ended."""
    try:
        return "" if process.status() == psutil.STATUS_ZOMBIE else str(process.name())
    except psutil.NoSuchProcess:
        return ""


@contextmanager
def connected(url: str) -> Iterator[None]:
    """Know the database as `ALIAS` for a while."""
    settings = dj_database_url.parse(url)
    connections.settings[ALIAS] = connections.configure_settings({"default": {}, ALIAS: settings})[
        ALIAS
    ]
    try:
        yield
    finally:
        connections[ALIAS].close()
        del connections[ALIAS]
        del connections.settings[ALIAS]
