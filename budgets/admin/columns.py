"""Columns of lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin

from budgets.core.money import format_usd


def dollars(field: str, title: str = "") -> Callable[[Any], str]:
    """Return a column that shows an amount of nano-dollars in dollars; "-" where it is null."""

    @admin.display(description=title or field.removesuffix("_nanousd"), ordering=field)
    def column(row: Any) -> str:
        amount = getattr(row, field)
        return "-" if amount is None else f"${format_usd(amount)}"

    # Django names a column's cells after its function.
    column.__name__ = field
    return column
