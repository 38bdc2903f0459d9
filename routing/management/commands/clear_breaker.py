"""Close a model's circuit breaker, once an operator has put right what opened it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from routing.management.arguments import operator
from routing.models import Breaker
from routing.services.health import ClearBreaker
from telemetry.services.journal import apply_now


class Command(BaseCommand):
    """Clear one breaker by name."""

    help = "Close the circuit breaker of a model, so that it is called again at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("model", help="the model's name, as in sim/gpt-6-luna")

    def handle(self, *args: Any, model: str, **options: Any) -> None:
        (was_open,) = apply_now(ClearBreaker(model, operator(), timezone.now()))
        if was_open:
            self.stdout.write(f"{model}: cleared.")
        elif Breaker.objects.filter(model=model).exists():
            self.stdout.write(f"{model}: nothing to clear.")
        else:
            raise CommandError(f"{model}: no breaker has ever counted anything of this model.")
