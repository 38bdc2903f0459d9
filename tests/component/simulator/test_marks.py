from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.simulator.draws import Draws
from routing.simulator.marks import mark, marked_quality, quality_of


@given(st.floats(0, 1), st.text(max_size=8))
def test_a_mark_is_read_back_within_a_step(quality, key):
    assert marked_quality(f"Before. {mark(quality, Draws(key))} After.") == pytest.approx(
        quality, abs=0.001
    )


def test_a_quality_out_of_range_is_marked_as_the_nearest():
    assert marked_quality(mark(1.7, Draws("k"))) == 1.0
    assert marked_quality(mark(-1.0, Draws("k"))) == 0.0


def test_a_mark_survives_other_line_breaks():
    assert marked_quality("This covers\nthe  usual cases one\nby one.") is not None


def test_the_last_mark_counts():
    text = f"{mark(0.2, Draws('a'))} {mark(0.9, Draws('b'))}"
    assert marked_quality(text) == pytest.approx(0.9, abs=0.001)


def test_a_text_without_a_mark_has_none():
    assert marked_quality("It covers all the cases.") is None


def test_a_text_that_is_cut_off_is_worth_less():
    text = f"```python\n# {mark(0.9, Draws('a'))}\nx = 1\n"
    assert quality_of(text) == pytest.approx(0.54, abs=0.001)
    assert quality_of(text + "```") == pytest.approx(0.9, abs=0.001)


def test_a_foreign_text_is_estimated_by_what_it_offers():
    rich = "# Answer\n\n" + "\n\n".join(
        f"- point {number}: " + " ".join(f"word{number}{index}" for index in range(20))
        for number in range(15)
    )
    assert quality_of("") < quality_of("I can't help with that.") < quality_of("ok")
    assert quality_of("ok") < quality_of(rich) <= 1


@given(st.text(max_size=400))
def test_an_estimate_is_stable_and_in_range(text):
    assert quality_of(text) == quality_of(text)
    assert 0 <= quality_of(text) <= 1
