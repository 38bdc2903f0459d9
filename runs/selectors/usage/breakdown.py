"""A metric by group and sub-group, beside the time before: what made the money go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from runs.core.metrics import OTHERS, TOP, Metric, weight
from runs.selectors.usage.asked import Asked
from runs.selectors.usage.chart import COLUMNS, label_of
from telemetry.core.totals import Totals
from telemetry.selectors.rollups import totals


@dataclass(frozen=True, slots=True)
class Part:
    """Hold one group's figures, those of the time before (None: not kept), and its parts."""

    name: str
    now: Totals
    before: Totals | None
    parts: Sequence[Part] = ()


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Hold the whole, split into its parts, the largest first and the others last."""

    metric: Metric
    whole: Part


def breakdown(
    asked: Asked, metric: Metric, group: str, sub_group: str = "", *, top: int = TOP
) -> Breakdown:
    """Return a metric by one or two of `runs.core.metrics.GROUPS`, with the previous period."""
    groups = [name for name in (group, sub_group) if name]
    columns = [COLUMNS.get(name, name) for name in groups]
    read = partial(totals, asked.where, group_by=columns, sums=metric.sums, timed=metric.timed)
    previous = asked.window.previous
    now = read(span=asked.window.span)
    before = None if previous is None else read(span=previous.span)
    return Breakdown(metric, _part("", now, before, asked, metric, groups, top))


def _part(
    name: str,
    now: Mapping[tuple[Any, ...], Totals],
    before: Mapping[tuple[Any, ...], Totals] | None,
    asked: Asked,
    metric: Metric,
    groups: Sequence[str],
    top: int,
) -> Part:
    whole = sum(now.values(), Totals())
    whole_before = None if before is None else sum(before.values(), Totals())
    if not groups:
        return Part(name, whole, whole_before)
    split = _split(now)
    split_before = None if before is None else _split(before)
    # What was there before and is no more is a part, too: that is where the money went.
    keys = list(dict.fromkeys([*split, *(split_before or ())]))
    sums = {key: sum(split.get(key, {}).values(), Totals()) for key in keys}
    keys.sort(key=lambda key: (-(weight(metric, sums[key]) or 0), str(key)))
    shown = keys if len(keys) <= top + 1 else keys[:top]
    parts = [
        _part(
            label_of(asked, groups[0], key),
            split.get(key, {}),
            None if split_before is None else split_before.get(key, {}),
            asked,
            metric,
            groups[1:],
            top,
        )
        for key in shown
    ]
    if rest := keys[len(shown) :]:
        parts.append(_others(rest, split, split_before))
    return Part(name, whole, whole_before, parts)


def _others(
    keys: Sequence[Any],
    now: Mapping[Any, Mapping[tuple[Any, ...], Totals]],
    before: Mapping[Any, Mapping[tuple[Any, ...], Totals]] | None,
) -> Part:
    def together(split: Mapping[Any, Mapping[tuple[Any, ...], Totals]]) -> Totals:
        return sum((each for key in keys for each in split.get(key, {}).values()), Totals())

    return Part(OTHERS, together(now), None if before is None else together(before))


def _split(
    found: Mapping[tuple[Any, ...], Totals],
) -> dict[Any, dict[tuple[Any, ...], Totals]]:
    split: dict[Any, dict[tuple[Any, ...], Totals]] = {}
    for (key, *rest), figures in found.items():
        split.setdefault(key, {})[tuple(rest)] = figures
    return split
