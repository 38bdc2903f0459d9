from __future__ import annotations

from statistics import mean, pstdev

from hypothesis import given
from hypothesis import strategies as st

from routing.simulator.draws import Draws, digest


def test_a_draw_depends_on_key_and_name_only():
    first, second = Draws("a", "b"), Draws("a", "b")
    first.unit("other")
    assert first.unit("x") == second.unit("x")
    assert first.unit("x") != first.unit("y")
    assert first.unit("x") != Draws("a", "c").unit("x")


def test_parts_of_a_key_do_not_run_into_each_other():
    assert digest("ab", "c") != digest("a", "bc")


def test_units_fill_the_interval_evenly():
    draws = [Draws("k").unit(str(number)) for number in range(2000)]
    assert 0 <= min(draws) < 0.01
    assert 0.99 < max(draws) < 1
    assert 0.48 < mean(draws) < 0.52


def test_normals_have_mean_zero_and_deviation_one():
    draws = [Draws("k").normal(str(number)) for number in range(2000)]
    assert abs(mean(draws)) < 0.08
    assert 0.93 < pstdev(draws) < 1.07


@given(st.lists(st.integers(), max_size=50), st.text(max_size=20))
def test_a_shuffle_keeps_every_option(options, name):
    assert sorted(Draws("k").shuffle(name, options)) == sorted(options)


def test_every_option_comes_first_at_times():
    firsts = {Draws(str(key)).shuffle("x", "abcde")[0] for key in range(100)}
    assert firsts == set("abcde")


def test_every_option_is_picked_at_times():
    assert {Draws(str(key)).pick("x", "abc") for key in range(50)} == set("abc")


def test_text_that_is_no_unicode_is_drawn_from_all_the_same():
    assert digest("\ud800") == digest("\ud800")
