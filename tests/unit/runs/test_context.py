from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.core.context import MIN_CONTEXT_CHARS, Excerpt, context_chars, cut, fit_outputs


def test_a_text_that_fits_is_left_alone():
    assert cut("x" * 100, 100) == "x" * 100
    assert fit_outputs([("a", "one"), ("b", "")], 100) == (Excerpt("a", "one"), Excerpt("b", ""))
    assert fit_outputs([], 100) == ()


def test_a_cut_text_keeps_head_and_tail_and_says_how_much_is_gone():
    text = "".join(chr(97 + n % 26) for n in range(10_000))
    result = cut(text, 1_000)
    found = re.fullmatch(r"(\w+)\n\[\.\.\. (\d+) characters left out here \.\.\.\]\n(\w+)", result)
    assert found is not None
    head, count, tail = found.groups()
    assert text.startswith(head)
    assert text.endswith(tail)
    assert len(head) > len(tail) > 300
    assert int(count) == len(text) - len(head) - len(tail)


@given(st.text(max_size=300), st.integers(60, 200))
def test_a_cut_text_keeps_to_its_limit(text, limit):
    assert len(cut(text, limit)) <= max(limit, 0)


@pytest.mark.parametrize("limit", [0, 1, 20])
def test_a_limit_too_small_for_any_text_still_says_what_is_gone(limit):
    assert cut("x" * 1_000, limit) == "\n[... 1000 characters left out here ...]\n"


@given(st.lists(st.integers(0, 3_000), min_size=1, max_size=8), st.integers(1_000, 6_000))
def test_outputs_together_keep_to_the_limit_and_short_ones_stay_whole(lengths, limit):
    outputs = [(f"t{n}", "x" * length) for n, length in enumerate(lengths)]
    excerpts = fit_outputs(outputs, limit)
    assert [excerpt.key for excerpt in excerpts] == [key for key, _ in outputs]
    assert sum(len(excerpt.text) for excerpt in excerpts) <= limit
    fair = limit // len(lengths)
    for (_, text), excerpt in zip(outputs, excerpts, strict=True):
        assert (excerpt.cut_chars == 0) == (excerpt.text == text)
        assert len(text) > fair or excerpt.cut_chars == 0
    if sum(lengths) <= limit:
        assert not any(excerpt.cut_chars for excerpt in excerpts)


def test_long_outputs_share_what_short_ones_leave():
    short, one, two = fit_outputs([("s", "x" * 100), ("a", "y" * 5_000), ("b", "z" * 9_000)], 2_100)
    assert len(short.text) == 100
    assert 900 < len(one.text) <= 1_000
    assert 900 < len(two.text) <= 1_000
    assert two.cut_chars > one.cut_chars > 0


@pytest.mark.parametrize(
    ("window", "output", "prompt", "chars"),
    [
        (128_000, 8_000, 10_000, 350_000),
        (8_000, 4_000, 2_000, 10_000),
        (4_000, 4_000, 0, MIN_CONTEXT_CHARS),
        (4_000, 8_000, 50_000, MIN_CONTEXT_CHARS),
    ],
)
def test_the_context_is_what_the_window_leaves(window, output, prompt, chars):
    assert context_chars(window, output, prompt) == chars
