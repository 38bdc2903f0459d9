"""A metric reads no column that it does not name."""

from __future__ import annotations

import pytest

from runs.core.metrics import METRICS, Metric, weight
from telemetry.core.histogram import Histogram, cell_of
from telemetry.core.totals import SUMS, Totals

FULL = Totals(
    **{name: 40 + place for place, name in enumerate(SUMS)} | {"score_sumsq_e8": 10_000},
    latency=Histogram(cell_of(800)),
)


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_a_metric_comes_out_the_same_from_its_own_columns_alone(metric: Metric):
    own = {name: getattr(FULL, name) for name in metric.sums}
    part = Totals(**own, latency=FULL.latency if metric.timed else Histogram())
    assert metric.of(part) == metric.of(FULL)
    assert weight(metric, part) == weight(metric, FULL)
    assert metric.of(FULL) is not None


def test_groups_of_a_mean_are_ranked_by_how_much_was_seen():
    assert weight(METRICS["quality"], FULL) == FULL.calls + FULL.attempts
    assert weight(METRICS["cost"], FULL) == FULL.cost_nanousd
