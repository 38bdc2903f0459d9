from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.core.fences import Block, blocks, prose


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("no fence ``` here", []),
        ("```\na\n```", [Block("", "a\n", "")]),
        ("```python\na\n\nb\n```", [Block("python", "a\n\nb\n", "")]),
        ("Say:\n\n``` py  title \na\n```\nend", [Block("py  title", "a\n", "Say:")]),
        ("~~~\n```\n~~~", [Block("", "```\n", "")]),
        ("````md\n```\nin\n```\n````", [Block("md", "```\nin\n```\n", "")]),
        ("```\na\n`````", [Block("", "a\n", "")]),
        ("```\n```", [Block("", "", "")]),
        ("```js\nnever closed", [Block("js", "never closed\n", "")]),
        ("x\n```\na\n```\n```\nb\n```", [Block("", "a\n", "x"), Block("", "b\n", "")]),
        ("    ```\nindented code is no fence", []),
        ("```\na\n``` not an end\n```", [Block("", "a\n``` not an end\n", "")]),
    ],
)
def test_fenced_blocks_are_found(text, expected):
    assert blocks(text) == expected


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        ("", ""),
        ("just text\n", "just text"),
        ("```\na\n```\n", ""),
        ("one\n```\na\n```\ntwo", "one\ntwo"),
        ("one\n~~~\na", "one"),
    ],
)
def test_prose_is_what_stands_outside_the_fences(text, outside):
    assert prose(text) == outside


@given(st.text(alphabet="`~a\n ", max_size=60))
def test_no_line_is_lost(text):
    inside = sum(block.body.count("\n") for block in blocks(text))
    assert inside <= len(text.splitlines())
    assert (not blocks(text)) <= (prose(text) == "\n".join(text.splitlines()).strip())
