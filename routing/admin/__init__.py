"""Routing in the back office."""

from __future__ import annotations

from routing.admin import decisions, house

__all__ = ["decisions", "house"]
