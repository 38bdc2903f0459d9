from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from telemetry.core.plain_text import storable


def test_ordinary_text_is_left_alone():
    text = "naïve 🙂 tab\t line\r\n"
    assert storable(text) == text


@given(st.text(alphabet=st.characters()))
def test_any_text_can_be_stored_afterwards(text):
    result = storable(text)
    assert "\x00" not in result
    assert result.encode().decode() == result
    assert len(result) == len(text)


def test_nul_and_half_a_surrogate_pair_are_replaced():
    assert storable("a\x00b\ud800c\udfff") == "a\ufffdb\ufffdc\ufffd"
