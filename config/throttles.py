"""How many requests one caller may make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:  # that module imports this one, by the settings
    from rest_framework.views import APIView


class CallerThrottle(SimpleRateThrottle):
    """Counts per API key or person, in this process's memory: a guard against runaway loops.

    Requests without a caller were refused before, or are of the open pages.
    """

    scope = "caller"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if not request.user or not request.user.is_authenticated:
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.user.pk}
