from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from runs.views.lanes import ROW_HEIGHT, draw_timeline
from telemetry.models import Call

START = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
END = START + timedelta(seconds=100)


def call(task: str, at: float, seconds: float, **fields: Any) -> Call:
    """A call of a task that ended so many seconds after the start."""
    values: dict[str, Any] = {"phase": "generation", "model": "sim/one", "outcome": "ok"} | fields
    latency = round(seconds * 1000)
    return Call(at=START + timedelta(seconds=at), task_key=task, latency_ms=latency, **values)


def drawn(*calls: Call):
    return draw_timeline(calls, START, END, lambda key: f"?task={key}")


def test_a_call_stands_where_it_was_made_and_is_as_wide_as_it_was_long():
    (lane,) = drawn(call("a", 30, 20)).lanes
    (bar,) = lane.bars
    assert (lane.url, bar.x, bar.width) == ("?task=a", "10.00%", "20.00%")


def test_lanes_come_in_the_order_of_their_first_call():
    found = drawn(call("late", 90, 5), call("early", 20, 5), call("late", 95, 1))
    assert [lane.key for lane in found.lanes] == ["early", "late"]


def test_calls_at_the_same_time_stand_below_each_other_and_later_ones_move_up():
    (lane,) = drawn(call("a", 20, 10), call("a", 21, 10), call("a", 40, 10)).lanes
    assert [bar.y for bar in lane.bars] == [2, 2 + ROW_HEIGHT, 2]
    assert lane.height == 2 * ROW_HEIGHT


def test_a_call_of_no_length_is_seen_and_stays_inside():
    (lane,) = drawn(call("a", 100, 0)).lanes
    (bar,) = lane.bars
    assert float(bar.width[:-1]) > 0
    assert float(bar.x[:-1]) + float(bar.width[:-1]) <= 100


def test_a_failed_call_is_counted_and_an_unknown_cost_adds_nothing():
    (lane,) = drawn(call("a", 10, 1, outcome="error"), call("a", 20, 1, cost_nanousd=7)).lanes
    assert (lane.failed, lane.cost, lane.bars[0].ink) == (1, 7, "bad")
    assert lane.label == "a: 2 calls, 1 failed"


def test_a_cached_call_is_pale_and_not_failed():
    (lane,) = drawn(call("", 10, 0, outcome="cached")).lanes
    assert (lane.failed, lane.bars[0].ink, lane.label) == (0, "p2 cached", "whole run: 1 call")


def test_calls_before_the_start_widen_the_time():
    found = drawn(call("a", -50, 50))
    assert found.lanes[0].bars[0].x == "0.00%"
    assert found.ticks[-1].label == "3m 20s"


def test_no_calls_are_no_lanes():
    assert drawn().lanes == []
