"""The filter bar and the URL say the same, and nonsense in it does no harm."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.core.filters import PRESETS, Filters, carried, read_filters, read_moment
from runs.core.window import named_window

NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)


def read(query: str) -> Filters:
    return read_filters(parse_qs(query), NOW, UTC)


def again(filters: Filters) -> Filters:
    return read(urlencode(filters.pairs()))


def test_nothing_chosen_is_the_last_seven_days_of_everything() -> None:
    filters = read("")

    assert filters.pairs() == []
    assert (filters.window.first, filters.window.last) == (date(2026, 11, 20), date(2026, 11, 26))
    assert (filters.start, filters.end) == (datetime(2026, 11, 20, tzinfo=UTC), NOW)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_named_range_can_be_shown(preset: str) -> None:
    filters = read(f"range={preset}")

    assert filters == read("").over(preset) == again(filters)
    assert filters.notes == ()


def test_an_empty_field_asks_for_nothing() -> None:
    filters = read_filters({"range": [""], "from": [""], "model": [""]}, NOW, UTC)

    assert (filters, filters.notes) == (read(""), ())


def test_what_is_written_is_read_again() -> None:
    filters = read(
        "from=2026-11-01&to=2026-11-20T05:00:00Z&team=eng&team=acme/ops&task_type=summarization"
        "&model=sim/gpt-6-luna&model=a+model+%26+more&status=SUCCESS&outcome=ok"
        "&policy_outcome=deny&other=1"
    )

    assert filters.model == ("sim/gpt-6-luna", "a model & more")
    assert filters.notes == ()
    assert again(filters) == filters
    assert carried(parse_qs(urlencode([*filters.pairs(), ("page", "2")]))) == filters.pairs()


def test_values_come_repeated_or_with_commas_and_once() -> None:
    assert read("model=a,b&model=b&model=,c").model == ("a", "b", "c")


def test_one_value_can_be_taken_away_and_a_field_set() -> None:
    filters = read("model=a,b&team=x")

    assert filters.without("model", "a").model == ("b",)
    assert filters.having(team=()).pairs(leave_out={"model"}) == []


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("range=10y", "range: there is no '10y'."),
        ("from=yesterday", "from: 'yesterday' is no date."),
        ("to=2026-11-26T10:00:00", "to: '2026-11-26T10:00:00' is no date."),
        ("model=a%00b", "model: there is no 'a\\x00b'."),
        ("model=" + "x" * 200, "model: there is no"),
        ("&".join(f"model=m{n}" for n in range(60)), "model: at most 50 values"),
        ("from=2026-11-20&to=2026-11-10", "The range must begin before it ends"),
        ("from=2010-01-01", "A range holds at most 400 days."),
        ("from=0001-01-01", "A year is between"),
    ],
)
def test_nonsense_is_left_out_and_noted(query: str, note: str) -> None:
    filters = read(query)

    assert filters.notes[0].startswith(note)
    assert again(filters).notes == ()
    assert filters.window == named_window("7d", UTC, NOW)


def test_days_win_over_names() -> None:
    filters = read("range=24h&from=2026-11-20")

    assert (filters.preset, filters.from_text) == ("", "2026-11-20")


@given(
    st.dictionaries(
        st.sampled_from(["range", "from", "to", "team", "model", "status"]),
        st.lists(st.text(max_size=200), min_size=1, max_size=3),
    )
)
def test_any_text_at_all_can_be_read(query: dict[str, list[str]]) -> None:
    filters = read_filters(query, NOW, UTC)

    assert again(filters) == filters
    carried(query)


def test_moments_have_an_offset_or_are_days() -> None:
    assert read_moment("2026-11-26T10:00:00 02:00") == datetime(2026, 11, 26, 8, tzinfo=UTC)
    assert read_moment("2026-11-26") == date(2026, 11, 26)
    assert read_moment("2026-11-26T10:00") is None
    assert read_moment("2026-13-26") is None
