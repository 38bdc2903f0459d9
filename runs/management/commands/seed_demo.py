"""`manage.py seed_demo`: a month of made-up history in the demo org."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from budgets.services.demo import make_demo
from runs.services.demo import seed_demo


class Command(BaseCommand):
    help = "Makes up 30 days of history in the demo org, unless it is there; see remove_demo."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        made = seed_demo(make_demo(now).org, now)
        if made is None:
            self.stdout.write("The demo's history is there already.")
            return
        self.stdout.write(
            f"Made up {made.runs} runs with {made.calls} calls; {made.runs_stored} of the runs can "
            "be opened. `manage.py remove_demo` removes it all."
        )
