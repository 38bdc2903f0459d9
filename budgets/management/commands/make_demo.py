"""`manage.py make_demo`: a first org, with a log-in and an API key that work."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from budgets.services.demo import make_demo


class Command(BaseCommand):
    """Print the log-in, and the API key alone on the last line."""

    help = "Make the demo org (or keep it) and print its log-in and API key."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing; running it again changes nothing."""
        demo = make_demo(timezone.now())
        password = demo.password or "the one you have set (manage.py changepassword to change it)"
        self.stdout.write(f"Org:      {demo.org.slug}, teams {', '.join(demo.teams)}")
        self.stdout.write(f"Log-in:   {demo.username}")
        self.stdout.write(f"Password: {password}")
        self.stdout.write(f"API key of team eng:\n{demo.api_key}")
