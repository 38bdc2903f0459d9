"""Doing several things at the same moment, in threads or in processes."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, connections


def at_once(functions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start all in threads together; return what each returned or raised."""
    barrier = threading.Barrier(len(functions))
    results: list[Any] = [None] * len(functions)

    def work(place: int, function: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            results[place] = function()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [
        threading.Thread(target=work, args=(place, function))
        for place, function in enumerate(functions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def in_processes(count: int, function: Callable[[int], Any]) -> list[Any]:
    """Run a function in several processes; each has a connection of its own."""
    connections.close_all()  # a connection must not be shared by a fork
    with multiprocessing.get_context("fork").Pool(count) as pool:
        return pool.map_async(function, range(count)).get(timeout=60)
