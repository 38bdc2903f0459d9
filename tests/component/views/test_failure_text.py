"""What kept a run from success."""

from __future__ import annotations

from runs.views.glance import failure_text


def test_reasons_come_first_and_then_what_is_missing():
    failure = {"reasons": ["the budget is used up", "Ask ada."], "tasks": ["edges", "summary"]}
    assert failure_text(failure) == (
        "The budget is used up. Ask ada. Not completed: edges, summary."
    )


def test_nothing_recorded_says_nothing():
    assert failure_text({"reasons": [], "tasks": []}) == ""
    assert failure_text({}) == ""


def test_a_plain_text_stays_as_it_is():
    assert failure_text("odd") == "odd"
