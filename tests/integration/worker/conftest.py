"""Fixtures: an empty migrated database for each test, and worker processes that end with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from tests.integration.worker import jobs
from tests.integration.worker.world import ALIAS, ROOT, Cluster, Store, connected

SERVER = os.environ.get("DATABASE_URL", "")
ON_POSTGRESQL = SERVER.startswith("postgres")


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a migrated database that each test copies."""
    if ON_POSTGRESQL:
        name = f"worker_blank_{uuid.uuid4().hex[:8]}"
        _administer(f"CREATE DATABASE {name}")
        url = _database(name)
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('blank') / 'db.sqlite3'}"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        check=True,
    )
    yield url
    if ON_POSTGRESQL:
        _administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(blank: str, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Store]:
    name = f"worker_{uuid.uuid4().hex[:12]}"
    if ON_POSTGRESQL:
        _administer(f"CREATE DATABASE {name} TEMPLATE {urlsplit(blank).path[1:]}")
        url = _database(name)
    else:
        file = tmp_path / "db.sqlite3"
        shutil.copy(blank.removeprefix("sqlite:///"), file)
        url = f"sqlite:///{file}"
    with django_db_blocker.unblock(), connected(url):
        with connections[ALIAS].cursor() as cursor:
            key = "serial" if ON_POSTGRESQL else "integer"
            cursor.execute(
                f"CREATE TABLE {jobs.TABLE}"
                f" (id {key} PRIMARY KEY, label text, kind text, pid integer)"
            )
        yield Store(url)
    if ON_POSTGRESQL:
        _administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def start(store: Store, tmp_path: Path) -> Iterator[Callable[[], Cluster]]:
    clusters: list[Cluster] = []

    def start() -> Cluster:
        clusters.append(Cluster(store, tmp_path / f"worker-{len(clusters)}.log"))
        return clusters[-1]

    yield start
    for cluster in clusters:
        cluster.end()


@pytest.fixture
def cluster(start: Callable[[], Cluster]) -> Cluster:
    return start()


def _database(name: str) -> str:
    return urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))


def _administer(statement: str) -> None:
    with closing(psycopg.connect(SERVER, autocommit=True)) as connection:
        connection.execute(statement)
