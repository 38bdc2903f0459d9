"""Save a policy from a YAML file, as a new one or as the next version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from routing.core.policy_draft import Draft
from routing.core.policy_text import InvalidPolicy
from routing.core.policy_yaml import InvalidYaml, draft_from_yaml
from routing.management.arguments import operator, org_named, team_named
from routing.services.policies import Contradictory, check_policy, save_policy


class Command(BaseCommand):
    """Import one policy."""

    help = "Save a policy from a YAML file; what is wrong with it is named with its line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("org", help="slug of the organisation")
        parser.add_argument("file", type=Path)
        parser.add_argument("--check", action="store_true", help="only say what is wrong with it")

    def handle(self, *args: Any, org: str, file: Path, check: bool, **options: Any) -> None:
        found, draft, now = org_named(org), _read(file), timezone.now()
        if draft.run is not None:
            raise CommandError("A policy of a single run is made over REST, which knows the run.")
        team = team_named(found, draft.team)
        findings = check_policy(found.pk, draft, team, now)
        for one in findings:
            self.stdout.write(f"{'error' if one.blocking else 'warning'}: {one.message}")
        if check:
            if any(one.blocking for one in findings):
                raise CommandError("It cannot be saved so.")
            return
        try:
            row = save_policy(found.pk, draft, team=team, actor=operator(), now=now)
        except Contradictory as error:
            raise CommandError("It was not saved.") from error
        self.stdout.write(f"{row.name} v{row.version}")


def _read(file: Path) -> Draft:
    try:
        return draft_from_yaml(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise CommandError(f"{file}: this is not UTF-8.") from error
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from error
    except InvalidYaml as error:
        raise CommandError(f"{file}, {error}") from error
    except InvalidPolicy as error:
        lines = [f"{field}: {' '.join(why)}" for field, why in error.errors.items()]
        raise CommandError("\n".join([f"{file}:", *lines])) from error
