"""`manage.py create_api_key TEAM --scopes all`: make a key and show it once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from budgets.core.access import Caller, Scope, parse_scopes
from budgets.core.errors import InvalidScope, UnknownTeam
from budgets.selectors import any_team_named
from budgets.services.keys import create_key, note_made

LONGEST_DAYS = 3_650


class Command(BaseCommand):
    """Print a new key alone on the last line, so that a script can take it from there."""

    help = "Make an API key for a team; the key is the last line of the output."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare team, scopes, name and limits."""
        scopes = ", ".join(Scope)
        parser.add_argument("team", help="the team's slug, or org/slug where several have it")
        parser.add_argument("--scopes", required=True, help=f"'all', or some of: {scopes}")
        parser.add_argument("--name", default="command line", help="what the key is called")
        parser.add_argument("--models", help="only these, separated by commas; default: the team's")
        parser.add_argument("--days", type=int, help="how long it works; default: until revoked")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises: CommandError for an unknown team or scope, or a limit that makes no sense."""
        try:
            team = any_team_named(options["team"])
            scopes = parse_scopes(options["scopes"])
        except (UnknownTeam, InvalidScope) as error:
            raise CommandError(str(error)) from error
        if team.archived_at is not None:
            raise CommandError(f"the team {team.slug} is archived: restore it at Settings, Teams")
        models, end = _names(options["models"]), _end(options["days"])
        with transaction.atomic():
            key, raw = create_key(
                team=team,
                name=options["name"],
                scopes=scopes,
                allowed_models=models,
                expires_at=end,
            )
            note_made(key, Caller(name="command line"), timezone.now())
        granted = ", ".join(key.scopes)
        self.stdout.write(f"Key “{key.name}” for {team.org.slug}/{team.slug}: {granted}")
        self.stdout.write(raw)


def _names(text: str | None) -> list[str] | None:
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise CommandError("--models names no model; without it the key may use the team's")
    return names


def _end(days: int | None) -> datetime | None:
    if days is None:
        return None
    if not 0 < days <= LONGEST_DAYS:
        raise CommandError(f"--days is from 1 to {LONGEST_DAYS}")
    return timezone.now() + timedelta(days=days)
