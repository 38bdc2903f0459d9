"""`manage.py rebuild_rollups`: the figures of all dashboards, anew from the calls."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from runs.services.figures import rebuild_figures


class Command(BaseCommand):
    help = (
        "Makes the hourly and daily figures anew from calls and scores. Workers wait meanwhile. "
        "Needed after restoring calls by hand, never in ordinary use."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = rebuild_figures(timezone.now())
        self.stdout.write(f"Rebuilt from {done.calls} calls and {done.scores} scores.")
