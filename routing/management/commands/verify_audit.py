"""Prove that the log of decisions is whole, or name the first decision that is not."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from budgets.models import Org
from routing.management.arguments import org_named
from routing.models.decision import HOUSE
from routing.services.audit import Anchor, ChainReport, chain_report, chains


class Command(BaseCommand):
    """Walk the chain of one organisation, or of all."""

    help = (
        "Walk the hash chain of decisions and name the first one that was changed, removed, "
        "inserted or moved. Ends with status 1 where there is one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("org", nargs="?", help="slug of an organisation; default: all")
        parser.add_argument(
            "--anchor",
            type=_anchor,
            metavar="POSITION:HASH",
            help="a head that was printed here before: it must still stand at its place",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        org, anchor = options["org"], options["anchor"]
        if anchor is not None and org is None:
            raise CommandError("--anchor belongs to one organisation: name it.")
        which = chains() if org is None else [org_named(org).pk]
        names = {HOUSE: "the house"} | dict(Org.objects.values_list("pk", "slug"))
        bad = 0
        for org_id in which:
            report = chain_report(org_id, anchor=anchor)
            self.stdout.write(f"{names.get(org_id, f'org {org_id}')}: {_said(report)}")
            bad += not report.whole
        if bad:
            raise CommandError(f"{bad} of {len(which)} chains cannot be trusted.")


def _said(report: ChainReport) -> str:
    if report.broken is not None:
        broken = report.broken
        record = f" ({broken.record})" if broken.record else ""
        return f"BROKEN at decision {broken.position}{record}: {broken.reason}."
    said = f"{report.length} decisions, whole. Head {report.length}:{report.head}"
    if not report.guarded:
        return f"{said}. But the triggers that refuse changes are MISSING from the database."
    return said


def _anchor(text: str) -> Anchor:
    position, _, kept = text.partition(":")
    if not position.isdecimal() or len(kept) != 64:
        raise ValueError(text)
    return int(position), kept
