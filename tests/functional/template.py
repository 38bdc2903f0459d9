"""The database and data folder that every stack begins with: made once a test run, then copied.

Migrating and making the demo take ten seconds of CPU, copying takes none.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parents[2]
# The same in all processes that share one run of the tests.
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
SERVER = os.environ.get("DATABASE_URL", "")
ON_POSTGRESQL = SERVER.startswith("postgres")
NAME = f"stack_template_{RUN}"


@contextmanager
def copied_template(folder: Path) -> Iterator[tuple[str, str]]:
    """Have a migrated database with the demo, its files in the folder; yield its URL and key."""
    shutil.copytree(_template(), folder, dirs_exist_ok=True)
    with database(folder, template=NAME) as url:
        yield url, (folder / "key").read_text()


@contextmanager
def database(folder: Path, name: str = "", template: str = "template1") -> Iterator[str]:
    """Have a database of the kind that the tests run on; yield its URL.

    On SQLite it is a file in the folder, empty unless it is there already.
    """
    if not ON_POSTGRESQL:
        yield f"sqlite:///{folder / 'db.sqlite3'}"
        return
    name = name or f"stack_{os.urandom(6).hex()}"
    _administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))
    finally:
        _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


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


def prepare(environment: dict[str, str]) -> str:
    """Migrate the database and make the demo in it; return its API key."""
    manage(environment, "migrate", "--verbosity=0", "--skip-checks")
    return manage(environment, "make_demo").splitlines()[-1]


def _template() -> Path:
    """Return the folder of the template, made by the first process that asks."""
    folder = Path(tempfile.gettempdir()) / NAME
    folder.mkdir(exist_ok=True)
    key = folder / "key"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not key.exists():
            kept = ExitStack()
            atexit.register(kept.close)
            kept.callback(shutil.rmtree, folder, ignore_errors=True)
            url = kept.enter_context(database(folder, NAME))
            key.write_text(prepare({**os.environ, "DATA_DIR": str(folder), "DATABASE_URL": url}))
    return folder


def _administer(statement: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(statement)
