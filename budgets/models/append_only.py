"""Rows that are written once, for good: code refuses to change them, and so does the database."""

from __future__ import annotations

from typing import Any

from django.db import models

from telemetry.models.append_only import Guard, Kept


class AppendOnly(models.Model):
    """A row that can be added, and neither changed nor deleted."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new row. Raises: TypeError for one that stands already."""
        if not self._state.adding:
            raise TypeError(f"a {self._meta.verbose_name} is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raises: TypeError, always."""
        raise TypeError(f"a {self._meta.verbose_name} is never deleted")


KEPT = Guard(
    "budgets_refuse_change",
    {
        # What is made up, to look around in, can be removed again.
        "budgets_ledgerline": Kept((("id",), ("call_id", "revision")), removable="demo"),
        # A person who is gone is taken out of it; their name stays.
        "budgets_budgetchange": Kept(
            fixed=("id", "budget_id", "at", "kind", "actor", "before", "after", "reason")
        ),
    },
)
