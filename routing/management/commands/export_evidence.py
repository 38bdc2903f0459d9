"""Write the decisions of a period, with what proves them, into one file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from budgets.models import Team
from routing.management.arguments import moment, org_named
from routing.services.evidence import export_evidence


class Command(BaseCommand):
    """Export the evidence pack of one organisation."""

    help = "Write the decisions of a period as CSV and JSON, with hashes and policies, into a zip."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("org", help="slug of the organisation")
        parser.add_argument("--from", dest="since", required=True, help="first day, or time")
        parser.add_argument("--to", dest="until", required=True, help="up to here, exclusively")
        parser.add_argument("--out", type=Path, help="default: evidence-ORG-FROM-TO.zip")

    def handle(self, *args: Any, **options: Any) -> None:
        org = org_named(options["org"])
        since, until = moment(options["since"]), moment(options["until"])
        if since >= until:
            raise CommandError("--from must lie before --to.")
        path = options["out"] or Path(f"evidence-{org.slug}-{since:%Y%m%d}-{until:%Y%m%d}.zip")
        teams = dict(Team.objects.filter(org=org).values_list("pk", "slug"))
        try:
            report = export_evidence(org.pk, since, until, path, lambda team: teams.get(team, ""))
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self.stdout.write(f"{path}\nsha256 {digest}\nhead {report.length}:{report.head}")
        if not report.whole:
            raise CommandError("The chain is broken: see chain.json, and verify_audit.")
