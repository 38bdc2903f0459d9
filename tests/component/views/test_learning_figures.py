"""How what was learned is drawn."""

from __future__ import annotations

from runs.core.tradeoff import Stretch
from runs.views.learning_figures import inks_of, legend_of


def test_a_model_has_one_ink_on_the_whole_page():
    over_time = ["sim/a", "sim/b", "sim/c"]
    chosen = [Stretch(model, 0.5, 1, 0, 1, ()) for model in ("sim/c", "sim/new", "sim/a", "sim/c")]
    legend = dict(legend_of(chosen, over_time))
    before = dict(inks_of(over_time))
    assert list(legend) == ["sim/c", "sim/new", "sim/a"]
    assert (legend["sim/a"], legend["sim/c"]) == (before["sim/a"], before["sim/c"])
    assert len(set(legend.values())) == 3
