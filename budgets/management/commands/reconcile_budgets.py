"""`manage.py reconcile_budgets`: prove that no money was lost, doubled or made up."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from budgets.core.money import format_usd, format_usd_or_none
from budgets.services.reconciliation import Check, Difference, reconcile


class Command(BaseCommand):
    """Print every equality with the number of rows it holds for; exit 1 on any difference."""

    help = "Prove that counters = ledger lines = costs of calls; exit 1 on any difference."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises: CommandError, which exits 1, naming how many differences there are."""
        checks = reconcile()
        width = max(len(check.name) for check in checks)
        for check in checks:
            self.stdout.write(_row(check, width))
        differences = [each for check in checks for each in check.differences]
        if differences:
            raise CommandError(f"{len(differences)} differences found", returncode=1)
        self.stdout.write(self.style.SUCCESS("Everything adds up."))


def _row(check: Check, width: int) -> str:
    verdict = f"{len(check.differences)} differ" if check.differences else "ok"
    lines = [f"{check.name:<{width}}  {check.rows:>9} rows  {verdict}"]
    return "\n".join([*lines, *(f"    {_sentence(each)}" for each in check.differences)])


def _sentence(difference: Difference) -> str:
    found = format_usd_or_none(difference.found_nanousd) or "nothing"
    return f"{difference.what}: ${format_usd(difference.counter_nanousd)} here, {found} there"
