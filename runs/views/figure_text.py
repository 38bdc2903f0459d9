"""Figures of a heatmap in words: a value, its change, and all that is known of it."""

from __future__ import annotations

from runs.core.heat import LESS_IS_BETTER, Figure, Metric, moved
from runs.views.formats import milliseconds, ratio, usd

UNCHANGED = "no change"


def value_text(metric: Metric, value: float) -> str:
    """Write one value with its unit."""
    if metric is Metric.COST:
        return usd(round(value))
    if metric is Metric.LATENCY:
        return milliseconds(round(value))
    return f"{100 * value:.0f} %" if metric is Metric.SUCCESS else ratio(value)


def change_text(metric: Metric, now: Figure, before: Figure | None) -> str:
    """Write how a figure moved; empty: nothing is known of the time before."""
    if before is None:
        return ""
    change = now.value - before.value
    if metric in LESS_IS_BETTER:
        return _signed(f"{100 * change / before.value:+.0f}", " %") if before.value else ""
    if metric is Metric.SUCCESS:
        return _signed(f"{100 * change:+.0f}", " points")
    return _signed(f"{change:+.2f}")


def detail_text(
    metric: Metric, now: Figure, before: Figure | None, counted: str, *, is_best: bool = False
) -> str:
    """Write all that is known of a figure, in one line."""
    said = [f"{_name(metric)} {value_text(metric, now.value)}"]
    if now.low is not None and now.high is not None:
        ends = f"{value_text(metric, now.low)} to {value_text(metric, now.high)}"
        said.append(f"95 % interval {ends}")
    said.append(f"n {now.n:,} {counted}")
    said.append(_trend(metric, now, before))
    if now.is_thin:
        said.append("too few to rely on")
    if is_best:
        said.append("the best of its column")
    return " · ".join(said)


def _signed(text: str, unit: str = "") -> str:
    if not text.strip("+-0."):
        return UNCHANGED
    return text.replace("-", "−") + unit


def _name(metric: Metric) -> str:
    return {
        Metric.QUALITY: "mean score",
        Metric.COST: "per accepted task",
        Metric.LATENCY: "median",
        Metric.SUCCESS: "accepted",
    }[metric]


def _trend(metric: Metric, now: Figure, before: Figure | None) -> str:
    change = change_text(metric, now, before)
    if before is None or not change:
        return "nothing known of the time before"
    chance = "" if change == UNCHANGED or moved(now, before) else ", within chance"
    return f"{change} on the same time before (n {before.n:,}{chance})"
