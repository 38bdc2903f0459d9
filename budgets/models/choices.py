"""Enumerations of the pure core as Django wants them."""

from __future__ import annotations

from enum import StrEnum


def choices_of(enum: type[StrEnum]) -> list[tuple[str, str]]:
    """Return the values with labels that a person reads."""
    return [(member.value, member.value.replace("_", " ").capitalize()) for member in enum]
