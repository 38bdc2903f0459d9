"""A figure with the ends of its interval, and how the three are written as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Range:
    """An estimate with the ends of its 80 % interval."""

    value: float
    low: float
    high: float


def range_json(name: str, found: Range) -> dict[str, float]:
    """Return a range as three figures, such as `saving_low_nanousd`."""
    return dict(zip(_ends_of(name), astuple(found), strict=True))


def range_from(plain: Mapping[str, Any], name: str) -> Range:
    """Return the range of that name from plain data."""
    return Range(*(plain[each] for each in _ends_of(name)))


def _ends_of(name: str) -> tuple[str, str, str]:
    stem = name.removesuffix("_nanousd")
    unit = name[len(stem) :]
    return name, f"{stem}_low{unit}", f"{stem}_high{unit}"
