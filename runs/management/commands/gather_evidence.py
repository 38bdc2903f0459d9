"""Let routing learn from stored attempts that it has not learned from yet."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from runs.services.warm_start import gather_evidence


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{gather_evidence()} evaluated attempts became evidence.")
