"""What a proposal would bring where it comes otherwise than is assumed, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from runs.core.tuning.sensitivity import EXAMPLES, PRICES, UPLIFTS, VOLUMES
from runs.views.formats import usd

_EVEN: Final = 1.0
_Cases = Mapping[tuple[float, float], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class SensitiveCell:
    """One case: what is saved a month, and when that has paid for the training.

    `quality` empty: it is not what the table is about.
    """

    saving: str
    pays: str
    tone: str
    likely: bool
    quality: str = ""


@dataclass(frozen=True, slots=True)
class SensitiveRow:
    label: str
    cells: tuple[SensitiveCell, ...]


@dataclass(frozen=True, slots=True)
class SensitiveTable:
    """Cases by two quantities, each next to what is assumed: one in rows, one in columns."""

    title: str
    of_rows: str
    columns: tuple[str, ...]
    rows: tuple[SensitiveRow, ...]


def tables_of(estimate: Mapping[str, Any]) -> list[SensitiveTable]:
    """Return the tables of an estimate; one of long ago holds the first alone."""
    cases = _cases(estimate["sensitivity"], "volume", "price")
    title = "By volume, and by price of the tuned model"
    tables = [_table(title, ("Volume", "price"), cases, VOLUMES, PRICES)]
    if estimate.get("learning"):
        cases = _cases(estimate["learning"], "examples", "uplift")
        title = "By examples, and by how much of the expected gain in quality they bring"
        tables.append(_table(title, ("Examples", "gain"), cases, EXAMPLES, UPLIFTS))
    return tables


def money(nanousd: float) -> str:
    """Write money that was reckoned, to the nano-dollar at most."""
    return usd(round(nanousd))


def _table(
    title: str,
    of: tuple[str, str],
    cases: _Cases,
    rows: Sequence[float],
    columns: Sequence[float],
) -> SensitiveTable:
    return SensitiveTable(
        title,
        of[0],
        tuple(f"{of[1]} {column:g} ×" for column in columns),
        tuple(
            SensitiveRow(
                f"{row:g} ×",
                tuple(_cell(cases[row, column], likely=row == column == _EVEN)
                      for column in columns),
            )
            for row in rows
        ),
    )  # fmt: skip


def _cases(cells: Sequence[Mapping[str, Any]], of_rows: str, of_columns: str) -> _Cases:
    return {(one[of_rows], one[of_columns]): one for one in cells}


def _cell(case: Mapping[str, Any], *, likely: bool) -> SensitiveCell:
    months = case["months"]
    pays = "never pays" if months is None else f"pays in {_months(months)}"
    tone = "bad" if months is None else "ok"
    quality = f"quality {case['quality']:.2f}" if "quality" in case else ""
    return SensitiveCell(money(case["saving_nanousd"]), pays, tone, likely, quality)


def _months(months: float) -> str:
    if months < 1:
        days = max(1, round(months * 30))
        return f"{days} day{'s' if days > 1 else ''}"
    return f"{months:.1f} months" if months < 120 else "10 years or more"
