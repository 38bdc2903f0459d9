from __future__ import annotations

from runs.core.plain_text import excerpt


def test_an_excerpt_is_one_short_line():
    assert excerpt("a\n b\t\tc\x00") == "a b c\ufffd"
    assert excerpt("x" * 60) == "x" * 60
    assert excerpt("x" * 61) == "x" * 59 + "…"
    assert excerpt("x" * 10_000_000, 5) == "xxxx…"
