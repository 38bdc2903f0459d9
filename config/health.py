"""Whether this installation lives, and whether it can do its work."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from runs import queue

logger = logging.getLogger(__name__)


@require_safe
@never_cache
def alive(request: HttpRequest) -> JsonResponse:
    """Answer that this process serves requests, whatever else is down."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, queue and a worker can be reached, else 503 naming what cannot."""
    checks = {name: _passes(name, check) for name, check in _CHECKS.items()}
    good = all(checks.values())
    return JsonResponse(
        {"status": "ok" if good else "unavailable", "checks": checks}, status=200 if good else 503
    )


def _passes(name: str, check: Callable[[], Any]) -> bool:
    try:
        return bool(check())
    except Exception:
        # What is wrong goes to the log: this page is open to anybody.
        logger.warning("Not ready: %s", name, exc_info=True)
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


_CHECKS: dict[str, Callable[[], Any]] = {
    "database": _database,
    "queue": lambda: queue.size() >= 0,
    "workers": queue.has_workers,
}
