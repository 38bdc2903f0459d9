"""Make the quality profiles anew from the stored evidence."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from routing.services.rebuilding import rebuild_profiles


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--org", type=int, help="only this organisation's")

    def handle(self, *args: Any, **options: Any) -> None:
        count = rebuild_profiles(options["org"])
        self.stdout.write(f"{count} profiles were rebuilt from the evidence.")
