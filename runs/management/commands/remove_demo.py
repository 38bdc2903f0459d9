"""`manage.py remove_demo`: takes the made-up history out again, and nothing else."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from runs.services.demo import remove_demo


class Command(BaseCommand):
    help = "Removes the history that seed_demo made up; the demo org and real runs stay."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Removed the demo's history and {remove_demo()} runs of it.")
