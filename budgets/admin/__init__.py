"""Budgets in the back office."""

from __future__ import annotations

from budgets.admin import keys, limits, members, money, people

__all__ = ["keys", "limits", "members", "money", "people"]
