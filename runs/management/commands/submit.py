"""Hand in a project over the REST API, and watch it being worked on."""

from __future__ import annotations

import logging
import os
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from runs.core.status import RunStatus, is_terminal
from runs.management.progress import LiveTable, PlainLines, total_line
from runs.management.remote import Remote, RemoteError, Unreachable

POLL_SECONDS = 1.0
PATIENCE_SECONDS = 120
INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Submit a project to a running orchestrator and follow it. Ends with 0 for SUCCESS and "
        "1 otherwise; Ctrl-C stops watching, not the run."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", nargs="?", help="what is to be made; - reads it from stdin")
        parser.add_argument("--criteria", default="", help="how the judges can tell it is done")
        parser.add_argument("--budget", metavar="USD", help="default: the org's")
        parser.add_argument("--time-limit", type=int, metavar="SECONDS")
        parser.add_argument("--team", help="whose budget pays; a key knows its own")
        parser.add_argument(
            "--resume",
            metavar="auto|never|RUN_ID",
            default="auto",
            help="go on with an interrupted run of the same text (auto), or of this id",
        )
        parser.add_argument("--watch", metavar="RUN_ID", help="only watch a run there is already")
        parser.add_argument("--detach", action="store_true", help="submit and leave")
        parser.add_argument("--url", default=settings.PUBLIC_URL, help="default: %(default)s")
        parser.add_argument(
            "--key",
            default=os.environ.get("ORCHESTRATOR_API_KEY", ""),
            help="an API key; default: ORCHESTRATOR_API_KEY from the environment",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # A line for every request would drown what is watched.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        if not options["key"]:
            raise CommandError(
                "An API key is needed: set ORCHESTRATOR_API_KEY or give --key. "
                "`manage.py create_api_key TEAM --scopes all` makes one."
            )
        if bool(options["project"]) == bool(options["watch"]):
            raise CommandError("Give the project's text, or --watch RUN_ID.")
        try:
            with Remote(options["url"], options["key"]) as remote:
                run = remote.run(options["watch"]) if options["watch"] else _submit(remote, options)
                self._follow(remote, run, options)
        except RemoteError as error:
            raise CommandError(str(error)) from error

    def _follow(self, remote: Remote, run: dict[str, Any], options: dict[str, Any]) -> None:
        again = f"manage.py submit --watch {run['id']}"
        if options["detach"]:
            self.stdout.write(f"{run['id']} {run['status']}\nWatch it with: {again}")
            return
        try:
            run = self._watch(remote, run)
        except KeyboardInterrupt:
            self.stdout.write(f"\nThe run goes on without you. Watch it with: {again}")
            sys.exit(INTERRUPTED)
        self._sum_up(remote, run)
        if run["status"] != RunStatus.SUCCESS:
            sys.exit(1)

    def _watch(self, remote: Remote, run: dict[str, Any]) -> dict[str, Any]:
        """Show the run until it has ended; a server that is away is waited for."""
        heard = time.monotonic()
        with LiveTable(sys.stdout) if self.stdout.isatty() else PlainLines(self._line) as shown:
            while True:
                try:
                    run = remote.run(run["id"])
                    shown.show(run, remote.tasks(run["id"]))
                    heard = time.monotonic()
                except Unreachable as error:
                    if time.monotonic() - heard > PATIENCE_SECONDS:
                        raise
                    shown.trouble(f"{error} Trying again.")
                if is_terminal(run["status"]):
                    return run
                time.sleep(POLL_SECONDS)

    def _line(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _sum_up(self, remote: Remote, run: dict[str, Any]) -> None:
        self.stdout.write(total_line(run))
        if run.get("failure"):
            self.stdout.write(f"Failure: {run['failure']}")
        if run["tasks_done"]:
            self.stdout.write(f"Outputs: {remote.url}/api/v1/runs/{run['id']}/output/")
        self.stdout.write(f"Page: {remote.url}/runs/{run['id']}/")
        if run.get("resumable"):
            self.stdout.write("It was interrupted: submit the same text again to go on with it.")


def _submit(remote: Remote, options: dict[str, Any]) -> dict[str, Any]:
    text = options["project"]
    body = {
        "project": sys.stdin.read() if text == "-" else text,
        "success_criteria": options["criteria"],
        "budget_usd": options["budget"],
        "time_limit_seconds": options["time_limit"],
        "team": options["team"],
        "resume": options["resume"],
    }
    return remote.submit({name: value for name, value in body.items() if value})
