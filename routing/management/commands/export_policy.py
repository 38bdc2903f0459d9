"""Write a policy as YAML."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from budgets.models import Team
from routing.core.policy_yaml import draft_as_yaml
from routing.management.arguments import org_named
from routing.models import Policy
from routing.selectors.policies import draft_of


class Command(BaseCommand):
    """Export one policy, or one of its versions."""

    help = "Write a policy as YAML, as import_policy reads it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("org", help="slug of the organisation")
        parser.add_argument("name")
        parser.add_argument(
            "--policy-version", type=int, metavar="N", help="default: the one that holds"
        )

    def handle(self, *args: Any, org: str, name: str, **options: Any) -> None:
        row = Policy.objects.filter(org_id=org_named(org).pk, name=name).first()
        if row is None:
            raise CommandError(f"{org} has no policy {name}.")
        number = options["policy_version"] or row.version
        text = row.versions.filter(version=number).first()
        if text is None:
            raise CommandError(f"{name} has no version {number}, the last one is {row.version}.")
        team = Team.objects.filter(pk=text.team_id).first() if text.team_id else None
        draft = draft_of(row.name, text, team.slug if team else "")
        self.stdout.write(draft_as_yaml(draft), ending="")
