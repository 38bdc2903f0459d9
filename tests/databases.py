"""Databases of the kind that the tests run on: empty ones, and copies of what was made once.

Migrating takes seven seconds of CPU and copying takes none, so it is done once for all processes
that share a run of the tests: the first that needs a template makes it, the others wait for it.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parents[1]
SERVER = os.environ.get("DATABASE_URL", "")
ON_POSTGRESQL = SERVER.startswith("postgres")
# Where the templates are, told to the processes that this one starts.
VARIABLE = "TEST_TEMPLATES"


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """Have an empty database; yield its URL. On SQLite it is a file in the folder."""
    name = _new_name()
    try:
        yield _create(folder, name)
    finally:
        _drop(name)


@contextmanager
def migrated(folder: Path) -> Iterator[str]:
    """Have a database as migrating leaves it; yield its URL."""
    with copied(_migrated(), folder) as url:
        yield url


@contextmanager
def copied(template: Path, folder: Path) -> Iterator[str]:
    """Have a copy of a template's database, and of its files in the folder; yield its URL."""
    name = _new_name()
    try:
        yield _copy(template, folder, name)
    finally:
        _drop(name)


def template(kind: str, make: Callable[[Path, str], None]) -> Path:
    """Return the folder of a template, made by the first process that asks for its kind.

    `make` is given the folder and the URL of a migrated database, to put more into both.
    """

    def begin(folder: Path) -> None:
        make(folder, _copy(_migrated(), folder, _name(folder)))

    return _once(kind, begin)


def templates() -> Path:
    """Return the folder of all templates; it goes with the process that first asked for it."""
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = tempfile.mkdtemp(prefix="templates-")
        atexit.register(_forget, Path(os.environ[VARIABLE]))
    return Path(os.environ[VARIABLE])


def manage(environment: dict[str, str], *arguments: str, check: bool = True) -> str:
    """Run a management command; return what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode:
        raise RuntimeError(f"{arguments} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout.strip()


def migrate(environment: dict[str, str]) -> None:
    """Migrate the database that an environment names."""
    manage(environment, "migrate", "--verbosity=0", "--skip-checks")


def _migrated() -> Path:
    def make(folder: Path) -> None:
        migrate({**os.environ, "DATABASE_URL": _create(folder, _name(folder))})

    return _once("migrated", make)


def _once(kind: str, make: Callable[[Path], None]) -> Path:
    folder, ready = templates() / kind, templates() / f"{kind}.ready"
    with (templates() / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            folder.mkdir()
            make(folder)
            ready.touch()
    return folder


def _copy(template: Path, folder: Path, name: str) -> str:
    shutil.copytree(template, folder, dirs_exist_ok=True)
    return _create(folder, name, _name(template))


def _create(folder: Path, name: str, template: str = "template1") -> str:
    if not ON_POSTGRESQL:
        return f"sqlite:///{folder / 'db.sqlite3'}"
    _administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))


def _drop(name: str) -> None:
    if ON_POSTGRESQL:
        _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _forget(templates: Path) -> None:
    for template in templates.iterdir():
        if template.is_dir():
            _drop(_name(template))
    shutil.rmtree(templates)


def _name(template: Path) -> str:
    """Return the name of a template's database."""
    return f"{template.parent.name}_{template.name}"


def _new_name() -> str:
    return f"test_{os.urandom(6).hex()}"


def _administer(statement: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(statement)
