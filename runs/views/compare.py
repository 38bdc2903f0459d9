"""How figures stand against those of the time before."""

from __future__ import annotations

from dataclasses import dataclass

from runs.core.metrics import Metric, Value
from runs.views import formats

NO_CHANGE = 0.0005


@dataclass(frozen=True, slots=True)
class Change:
    """A change in words: +12 %, or a new one; empty where there is nothing to compare with."""

    text: str
    direction: str = ""  # up | down | ""


def change_of(now: Value, before: Value, *, absolute: bool = False) -> Change:
    """Compare; `absolute`: by the difference itself, as of scores, not by its share."""
    if now is None or before is None:
        return Change("")
    if absolute:
        return _signed(round(now - before, 2), f"{now - before:+.2f}")
    if not before:
        return Change("new", "up") if now else Change("")
    share = now / before - 1
    if share >= 10:
        return Change(f"×{now / before:,.0f}", "up")
    return _signed(round(share, 2), f"{share:+.0%}".replace("%", " %"))


def value_text(metric: Metric, value: Value) -> str:
    """Write a metric with its unit. None: nothing was seen, or nothing is known."""
    if value is None:
        return "–"
    if metric.unit == "nanousd":
        return formats.usd(int(value))
    if metric.unit == "ms":
        return formats.milliseconds(round(value))
    if metric.unit == "ratio":
        return percent(value) if metric.name in ("success", "error_rate") else f"{value:.2f}"
    return formats.compact(int(value))


def percent(share: float | None) -> str:
    """Write a share of a whole: 0.4 %, 12 %. None: there is no whole."""
    if share is None:
        return "–"
    return (
        f"{share:.1%}".replace("%", " %") if 0 < share < 0.1 else f"{share:.0%}".replace("%", " %")
    )


def _signed(amount: float, text: str) -> Change:
    if abs(amount) < NO_CHANGE:
        return Change("no change")
    return Change(text.replace("-", "−"), "up" if amount > 0 else "down")
