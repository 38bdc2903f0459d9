"""Counting tokens without a tokenizer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing.core.request import Message
from routing.core.tokens import TOKENS_PER_MESSAGE, TOKENS_PER_REQUEST, count_text, count_tokens

TEXT = st.text(st.characters(codec=None), max_size=200)


def test_letters_marks_and_other_scripts_count_differently() -> None:
    assert count_text("a" * 300) == 101
    assert count_text("1" * 270) == 201
    assert count_text("я" * 100) == 101
    assert count_text("") == 1


def test_every_message_and_request_has_its_overhead() -> None:
    messages = [Message("system", "aaa"), Message("user", "aaa")]
    assert count_tokens(messages) == TOKENS_PER_REQUEST + 2 * (TOKENS_PER_MESSAGE + 2)
    assert count_tokens([]) == TOKENS_PER_REQUEST


@given(TEXT, TEXT)
def test_any_text_has_a_count_and_more_text_never_has_less(one: str, other: str) -> None:
    assert 1 <= count_text(one) <= count_text(one + other) <= count_text(one) + count_text(other)
