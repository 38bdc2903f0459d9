"""Figures are plain data, small, and draw gaps as gaps."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from telemetry.figures import (
    BEFORE_INK,
    OTHERS_INK,
    Line,
    Spot,
    Unit,
    ink_of,
    time_chart,
    tradeoff_chart,
)

DAYS = [date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 26)]
LINES = [
    Line("sim/gpt-6-luna", [0.5, None, 0.25], ink_of(0)),
    Line("<b>a & %{y}</b>", [1, 2, None], OTHERS_INK),
]
USD = Unit(prefix="$")


@pytest.mark.parametrize("stacked", [True, False])
def test_a_figure_is_small_json_and_keeps_gaps(stacked: bool) -> None:
    figure = json.loads(json.dumps(time_chart(DAYS, LINES, USD, stacked=stacked, unfinished=False)))

    first, _ = figure["data"]
    assert first["y"] == [0.5, None, 0.25]
    assert first["x"] == ["2026-11-24", "2026-11-25", "2026-11-26"]
    assert first["type"] == ("bar" if stacked else "scatter")
    assert first.get("connectgaps", False) is False
    assert first["meta"] == {"ink": "ink-1"}
    assert "template" not in figure["layout"]
    assert figure["layout"]["uirevision"]
    assert len(json.dumps(figure)) < 3_000


def test_no_name_is_read_as_markup_or_as_a_template() -> None:
    figure = time_chart(DAYS, LINES, USD, stacked=True, unfinished=False)

    name = figure["data"][1]["name"]
    assert "<b>" not in name
    assert "%{" not in name


def test_the_last_bucket_is_drawn_as_unfinished() -> None:
    bars = time_chart(DAYS, LINES, USD, stacked=True, unfinished=True)["data"][0]
    points = time_chart(DAYS, LINES, USD, stacked=False, unfinished=True)["data"][0]

    assert list(bars["marker"]["pattern"]["shape"]) == ["", "", "/"]
    assert list(points["marker"]["symbol"]) == ["circle", "circle", "circle-open"]


def test_the_time_before_is_a_line_of_its_own() -> None:
    before = Line("before", [1, 1, 1], BEFORE_INK)
    figure = time_chart(DAYS, LINES, USD, stacked=True, unfinished=False, before=before)

    assert [trace["type"] for trace in figure["data"]] == ["bar", "bar", "scatter"]


def test_hours_are_moments_in_utc_and_no_data_is_an_empty_figure() -> None:
    hour = datetime(2026, 11, 26, 5, tzinfo=UTC)
    line = Line("x", [1], ink_of(9))

    figure = time_chart([hour], [line], USD, stacked=False, unfinished=True)
    assert figure["data"][0]["x"] == ["2026-11-26T05:00:00Z"]
    assert figure["data"][0]["meta"]["ink"] == OTHERS_INK
    assert time_chart([], [], USD, stacked=True, unfinished=True)["data"] == []


def test_two_figures_are_points_with_a_line_along_the_best() -> None:
    spots = [Spot("sim/<b>a", 0.001, 0.7, ink_of(0)), Spot("sim/b", 0.01, 0.9, ink_of(1))]
    edge = [(0.001, 0.7), (0.01, 0.9)]
    figure = json.loads(json.dumps(tradeoff_chart(spots, edge, USD, Unit(".2f"))))

    line, first, second = figure["data"]
    assert (line["x"], line["y"]) == ([0.001, 0.01], [0.7, 0.9])
    assert (first["x"], first["y"], second["meta"]) == ([0.001], [0.7], {"ink": "ink-2"})
    assert "<b>a" not in first["name"]
    axis = figure["layout"]["xaxis"]
    assert axis["type"] == "log"
    assert dict(zip(axis["ticktext"], axis["tickvals"], strict=True)).items() >= {
        ("$0.001", 0.001), ("$0.002", 0.002), ("$0.005", 0.005), ("$0.01", 0.01), ("$0.05", 0.05),
    }  # fmt: skip
    empty = tradeoff_chart([], [], USD, Unit(".2f"))["layout"]["xaxis"]
    assert empty["tickvals"] == empty["ticktext"] == []
    assert "template" not in figure["layout"]
