"""Reading a table whose numbers become visible out of order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from telemetry.core.tail import MOST_HOLES, PATIENCE_SECONDS, Tail


def test_numbers_after_the_highest_are_told_once_and_in_order():
    tail = Tail(10)

    assert tail.fresh([12, 11], 0.0) == [11, 12]
    assert tail.fresh([11, 12], 0.1) == []
    assert tail.fresh([13], 0.2) == [13]
    assert tail.highest == 13
    assert tail.holes == []


def test_what_was_there_before_the_beginning_is_not_told():
    assert Tail(10, [8, 9, 10]).fresh([9, 10], 0.0) == []


def test_a_number_that_becomes_visible_late_is_told_once():
    tail = Tail(10)
    assert tail.fresh([13], 0.0) == [13]
    assert tail.holes == [11, 12]

    assert tail.fresh([12], 1.0) == [12]
    assert tail.fresh([12], 1.1) == []
    assert tail.fresh([14, 11], 2.0) == [11, 14]
    assert tail.holes == []


def test_a_hole_from_before_the_beginning_is_waited_for():
    tail = Tail(10, [7, 8], 0.0)

    assert tail.holes == [9]
    assert tail.fresh([9], 1.0) == [9]


def test_a_number_that_was_rolled_back_is_given_up():
    tail = Tail(10)
    tail.fresh([12], 0.0)

    tail.fresh([], PATIENCE_SECONDS)
    assert tail.holes == [11]
    tail.fresh([], PATIENCE_SECONDS + 0.1)
    assert tail.holes == []
    assert tail.fresh([11], PATIENCE_SECONDS + 0.2) == []


def test_a_jump_leaves_a_bounded_number_of_holes():
    tail = Tail(0)

    assert tail.fresh([5_000_000, 5_000_200, 9_000_000], 0.0) == [5_000_000, 5_000_200, 9_000_000]
    assert len(tail.holes) == MOST_HOLES
    assert tail.holes[0] == 9_000_000 - MOST_HOLES
    assert Tail(7_000_000, [1]).holes[0] == 7_000_000 - MOST_HOLES


@given(st.permutations(range(1, 40)), st.lists(st.integers(1, 12), min_size=40, max_size=40))
def test_in_whatever_order_numbers_appear_each_is_told_once(order: list[int], sizes: list[int]):
    tail, told, visible = Tail(0), list[int](), set[int]()
    for size in sizes:
        visible |= set(order[:size])
        order = order[size:]
        told += tail.fresh({s for s in visible if s > tail.highest or s in tail.holes}, 0.0)

    assert sorted(told) == list(range(1, 40))
