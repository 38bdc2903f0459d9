"""Let routing learn from stored attempts and verdicts that it has not learned from yet."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from runs.services.warm_start import gather_evidence, gather_verdicts


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{gather_evidence()} evaluated attempts became evidence.")
        self.stdout.write(f"{gather_verdicts()} verdicts of people became evidence.")
