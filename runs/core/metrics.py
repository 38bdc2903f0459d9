"""What charts and tables can show of figures, each with its unit.

Invariant: a metric that adds up over groups has `adds_up`; of the others "the rest" is made from
the figures of the rest, never from their metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from telemetry.core.totals import Totals

Value = int | float | None
# By what groups are ranked where a metric does not add up.
SEEN: Final = ("calls", "attempts")
_COST = ("cost_nanousd", "unpriced_calls")
_SCORE = ("score_n", "score_sum_e4", "score_sumsq_e8")
_ERRORS = ("errors_provider", "errors_policy", "errors_budget", "errors_us")


@dataclass(frozen=True, slots=True)
class Metric:
    """Say how to read one metric from figures. The unit is nanousd, calls, tokens, ms or ratio.

    `reads` names the columns that `of` reads besides SEEN; latencies are `timed`.
    """

    name: str
    label: str
    unit: str
    of: Callable[[Totals], Value]
    adds_up: bool = False
    timed: bool = False
    reads: tuple[str, ...] = ()

    @property
    def sums(self) -> tuple[str, ...]:
        """Return the columns to read: nobody adds up all others for one metric."""
        return tuple(dict.fromkeys((*SEEN, *self.reads)))


def _score(totals: Totals) -> Value:
    return totals.score.mean if totals.score else None


def _tokens(totals: Totals) -> Value:
    return totals.input_tokens + totals.output_tokens


_ALL = (
    Metric(
        "cost", "Cost", "nanousd", lambda t: t.known_cost_nanousd, adds_up=True, reads=_COST
    ),
    Metric("calls", "Calls", "calls", lambda t: t.calls, adds_up=True),
    Metric("errors", "Errors", "calls", lambda t: t.errors, adds_up=True, reads=_ERRORS),
    Metric(
        "tokens", "Tokens", "tokens", _tokens, adds_up=True, reads=("input_tokens", "output_tokens")
    ),
    Metric("quality", "Quality", "ratio", _score, reads=_SCORE),
    Metric("success", "Success rate", "ratio", lambda t: t.success_ratio, reads=("accepted",)),
    Metric("error_rate", "Error rate", "ratio", lambda t: t.error_ratio, reads=_ERRORS),
    Metric(
        "cost_per_accepted", "Cost per accepted task", "nanousd",
        lambda t: t.cost_per_accepted_nanousd, reads=("attempt_cost_nanousd", "accepted"),
    ),
    Metric("latency_p50", "Latency, median", "ms", lambda t: t.latency_ms(0.5)[0], timed=True),
    Metric("latency_p95", "Latency, p95", "ms", lambda t: t.latency_ms(0.95)[0], timed=True),
)  # fmt: skip
METRICS: Final[Mapping[str, Metric]] = MappingProxyType({metric.name: metric for metric in _ALL})
GROUPS: Final = ("model", "task_type", "team", "provider", "phase")
OTHERS: Final = "Others"
# A colour each is all that an eye tells apart.
TOP: Final = 8


def weight(metric: Metric, totals: Totals) -> Value:
    """Return by what groups are ranked: the metric where it adds up, else how much was seen."""
    return metric.of(totals) or 0 if metric.adds_up else totals.calls + totals.attempts
