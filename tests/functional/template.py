"""The database and data folder that every stack begins with: with the demo, its key at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.databases import copied, manage, migrate, template


@contextmanager
def copied_template(folder: Path) -> Iterator[tuple[str, str]]:
    """Have a migrated database with the demo, its files in the folder; yield its URL and key."""
    with copied(template("demo", _make), folder) as url:
        yield url, (folder / "key").read_text()


def prepare(environment: dict[str, str]) -> str:
    """Migrate the database and make the demo in it; return its API key."""
    migrate(environment)
    return _make_demo(environment)


def _make(folder: Path, url: str) -> None:
    environment = {**os.environ, "DATA_DIR": str(folder), "DATABASE_URL": url}
    (folder / "key").write_text(_make_demo(environment))


def _make_demo(environment: dict[str, str]) -> str:
    return manage(environment, "make_demo").splitlines()[-1]
