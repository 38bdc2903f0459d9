"""The worker: django-q2's cluster, made to survive the death of any of its processes."""

from __future__ import annotations

import gc
import importlib
import logging
import multiprocessing
import os
import signal
import time
from argparse import ArgumentParser
from multiprocessing.context import ForkProcess
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections

from routing.services import gateway
from runs.management.lifeline import find_prctl
from runs.management.sentinel import STOP_SECONDS, run_sentinel

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
SOUND_AFTER_SECONDS = 60.0  # a pool that lived this long failed anew, not again
TICK_SECONDS = 0.1


class Command(BaseCommand):
    help = "Carries out queued runs until SIGTERM or Ctrl-C. Start as many as there are machines."
    requires_system_checks = []  # the web process makes them; here they would cost a second
    stopping = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-preload",
            action="store_true",
            help="load the providers' library on first use: starts faster, takes more memory",
        )

    def handle(self, *args: Any, no_preload: bool, **options: Any) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # until there is something to stop in order
        if find_prctl() is None:
            self.stderr.write(
                "This system has no parent-death signal: after kill -9 of the worker's main "
                "process its children go on for up to a second."
            )
        if not no_preload:
            preload()
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        connections.close_all()  # none may be shared across the fork
        self._keep_alive()

    def stop(self, *_: object) -> None:
        self.stopping = True

    def _keep_alive(self) -> None:
        """Run one sentinel after the other until told to stop."""
        pause = FIRST_PAUSE_SECONDS
        while not self.stopping:
            started_at = time.monotonic()
            exitcode = self._guard()
            if time.monotonic() - started_at > SOUND_AFTER_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            if not self.stopping:
                logger.error("The sentinel ended with %s; the next starts in %ss.", exitcode, pause)
            self._rest(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _guard(self) -> int | None:
        """Run one sentinel until it ends or has to; return its exit code."""
        sentinel = multiprocessing.get_context("fork").Process(
            target=run_sentinel, args=(os.getpid(),), name="q-sentinel"
        )
        sentinel.start()
        while sentinel.is_alive() and not self.stopping:
            sentinel.join(TICK_SECONDS)
        if self.stopping:
            end(sentinel)
        return sentinel.exitcode

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < until:
            time.sleep(TICK_SECONDS)


def end(sentinel: ForkProcess) -> None:
    """Ask the sentinel to end in good order; make it end when it does not."""
    sentinel.terminate()
    sentinel.join(STOP_SECONDS + 0.2)
    sentinel.kill()
    sentinel.join()


def preload() -> None:
    """Load before the fork what every worker needs, once for all of them.

    Frozen, the collector never touches these pages, so that they stay shared.
    """
    importlib.import_module("runs.engine.carry")
    gateway.preload()
    gc.collect()
    gc.freeze()
