"""Adding what happened to the figures by hour, in the transaction that records it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from telemetry.core.rollup import (
    SeriesKey,
    added,
    figures_of_call,
    figures_of_correction,
    figures_of_score,
    hour_of,
    series_of_call,
    series_of_score,
)
from telemetry.core.totals import CALL_SUMS, SCORE_SUMS
from telemetry.models import Call, CostCorrection, HourlyRollup, Score
from telemetry.services.rollup_rows import RowKey, add_rows
from telemetry.services.series import series_ids

Place = tuple[SeriesKey, int]


def add_calls(calls: Iterable[Call]) -> None:
    """Add calls to the figures of their hours."""
    _add(CALL_SUMS, sums_of_calls(calls))


def add_scores(scores: Iterable[Score]) -> None:
    """Add evaluated attempts to the figures of their hours."""
    _add(SCORE_SUMS, sums_of_scores(scores))


def sums_of_calls(calls: Iterable[Call]) -> dict[Place, list[int]]:
    """Return the figures of calls by series and hour."""
    return _summed((series_of_call(one), one.at, figures_of_call(one)) for one in calls)


def sums_of_scores(scores: Iterable[Score]) -> dict[Place, list[int]]:
    """Return the figures of evaluated attempts by series and hour."""
    return _summed((series_of_score(one), one.at, figures_of_score(one)) for one in scores)


def sums_of_corrections(corrections: Iterable[CostCorrection]) -> dict[Place, list[int]]:
    """Return what corrections change in the figures of their calls, by series and hour."""
    return _summed(
        (series_of_call(one.call), one.call.at, figures_of_correction(one)) for one in corrections
    )


def _summed(facts: Iterable[tuple[SeriesKey, datetime, list[int]]]) -> dict[Place, list[int]]:
    found: dict[Place, list[int]] = {}
    for series, at, figures in facts:
        place = (series, hour_of(at))
        found[place] = added(found[place], figures) if place in found else figures
    return found


def _add(sums: tuple[str, ...], found: Mapping[Place, Sequence[int]]) -> None:
    ids = series_ids(series for series, _ in found)
    rows: dict[RowKey, Sequence[int]] = {
        (series.org_id, hour, ids[series]): figures for (series, hour), figures in found.items()
    }
    add_rows(HourlyRollup, sums, rows)
