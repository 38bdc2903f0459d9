"""`manage.py create_api_key TEAM --scopes all`: make a key and show it once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from budgets.core.access import Scope, parse_scopes
from budgets.core.errors import InvalidScope, UnknownTeam
from budgets.selectors import any_team_named
from budgets.services.keys import create_key


class Command(BaseCommand):
    """Print a new key alone on the last line, so that a script can take it from there."""

    help = "Make an API key for a team; the key is the last line of the output."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare team, scopes and name."""
        scopes = ", ".join(Scope)
        parser.add_argument("team", help="the team's slug, or org/slug where several have it")
        parser.add_argument("--scopes", required=True, help=f"'all', or some of: {scopes}")
        parser.add_argument("--name", default="command line", help="what the key is called")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises: CommandError for an unknown team or scope."""
        try:
            team = any_team_named(options["team"])
            scopes = parse_scopes(options["scopes"])
        except (UnknownTeam, InvalidScope) as error:
            raise CommandError(str(error)) from error
        key, raw = create_key(team=team, name=options["name"], scopes=scopes)
        granted = ", ".join(key.scopes)
        self.stdout.write(f"Key “{key.name}” for {team.org.slug}/{team.slug}: {granted}")
        self.stdout.write(raw)
