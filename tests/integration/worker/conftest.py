"""Fixtures: an empty migrated database for each test, and worker processes that end with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from tests.databases import ON_POSTGRESQL, migrated
from tests.integration.worker import jobs
from tests.integration.worker.world import ALIAS, Cluster, Store, connected

# It brings a file of its own as its database, on which it was tested already.
collect_ignore = ["test_start.py"] if ON_POSTGRESQL else []


@pytest.fixture
def store(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Store]:
    with migrated(tmp_path) as url, django_db_blocker.unblock(), connected(url):
        with connections[ALIAS].cursor() as cursor:
            key = "serial" if ON_POSTGRESQL else "integer"
            cursor.execute(
                f"CREATE TABLE {jobs.TABLE}"
                f" (id {key} PRIMARY KEY, label text, kind text, pid integer)"
            )
        yield Store(url)


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
