"""How what was learned is drawn."""

from __future__ import annotations

import pytest

from routing.core.candidates import Candidate
from routing.core.quality import Estimate
from runs.core.tradeoff import Stretch
from runs.views.learning_figures import inks_of, interval_rows, legend_of


def test_a_model_has_one_ink_on_the_whole_page():
    over_time = ["sim/a", "sim/b", "sim/c"]
    chosen = [Stretch(model, 0.5, 1, 0, 1, ()) for model in ("sim/c", "sim/new", "sim/a", "sim/c")]
    legend = dict(legend_of(chosen, over_time))
    before = dict(inks_of(over_time))
    assert list(legend) == ["sim/c", "sim/new", "sim/a"]
    assert (legend["sim/a"], legend["sim/c"]) == (before["sim/a"], before["sim/c"])
    assert len(set(legend.values())) == 3


def test_a_belief_is_drawn_from_end_to_end_of_its_interval():
    sure, vague = interval_rows(
        [
            Candidate(model, "sim", Estimate(mean, sd, n, 0.1), 1_000, 1_000)
            for model, mean, sd, n in (("sim/vague", 0.7, 0.5, 0), ("sim/sure", 0.8, 0.05, 40))
        ]
    )
    assert sure.label == "0.80, 95 % interval 0.70 to 0.90, n 40"
    assert (float(sure.left), float(sure.width), float(sure.middle)) == pytest.approx(
        (702.0, 196.0, 800.0), abs=0.1
    )
    assert (vague.low, vague.high) == (0.0, 1.0), "no score lies beyond"
