from __future__ import annotations

import pytest

from runs.validators import fences

TICKS = "```"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\n", "x = 1"),
        (f"{TICKS}\nx = 1\n{TICKS}", "x = 1"),
        (f"{TICKS}python\nx = 1\n{TICKS}\n", "x = 1"),
        (f"Here:\n\n{TICKS}python\nx = 1\n{TICKS}\nThat is all.", "x = 1"),
        (f"{TICKS}python\nx = 1", "x = 1"),
        (f"{TICKS}a\n1\n{TICKS}\nand\n{TICKS}b\n2\n{TICKS}", "1\n\n2"),
        (f"~~~json\n{TICKS}\n~~~", TICKS),
        (f"`{TICKS}\n{TICKS}\nx\n{TICKS}\n`{TICKS}", f"{TICKS}\nx\n{TICKS}"),
        (f"    {TICKS}\nindented by four is text", f"{TICKS}\nindented by four is text"),
        (f"{TICKS}inline{TICKS} is no fence", f"{TICKS}inline{TICKS} is no fence"),
        ("", ""),
        (TICKS, ""),
    ],
)
def test_strip_fences_returns_what_stands_inside(text, expected):
    assert fences.strip_fences(text) == expected


def test_a_fence_inside_a_docstring_is_part_of_the_code():
    code = f'"""Add.\n\n{TICKS}\nadd(1, 2)\n{TICKS}\n"""\ndef add(:\n'
    assert fences.fenced_blocks(code) == []


@pytest.mark.parametrize(
    ("info", "first_line", "name"),
    [
        ("python app.py", "", "app.py"),
        ("python src/app.py", "", "src/app.py"),
        ("python:app.py", "", "app.py"),
        ('python title="app.py"', "", "app.py"),
        ("python {file=app.py}", "", "app.py"),
        ("app.py", "", "app.py"),
        ("python", "# file: app.py", "app.py"),
        ("python", "# filename: tests/test_app.py", "tests/test_app.py"),
        ("python", "# app.py", "app.py"),
        ("js", "// file: app.js", "app.js"),
        ("html", "<!-- index.html -->", "index.html"),
        ("python", "# This is app.py and more", None),
        ("python", "import app", None),
        ("python", "# file: ../../etc/passwd", "../../etc/passwd"),
    ],
)
def test_a_block_takes_its_name_from_the_info_string_or_first_comment(info, first_line, name):
    (block,) = fences.fenced_blocks(f"{TICKS}{info}\n{first_line}\n{TICKS}")
    assert block.name == name


@pytest.mark.parametrize(("info", "language"), [("Python app.py", "python"), ("app.py", "py")])
def test_a_block_knows_its_language(info, language):
    (block,) = fences.fenced_blocks(f"{TICKS}{info}\n{TICKS}")
    assert block.language == language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{TICKS}\nlong answer\n{TICKS}\n", "long answer"),
        (f"text\n{TICKS}\ncode\n{TICKS}", f"text\n{TICKS}\ncode\n{TICKS}"),
        (f"{TICKS}\na\n{TICKS}\n{TICKS}\nb\n{TICKS}", f"{TICKS}\na\n{TICKS}\n{TICKS}\nb\n{TICKS}"),
        (f"{TICKS}\ncode\n{TICKS}\nthen text", f"{TICKS}\ncode\n{TICKS}\nthen text"),
    ],
)
def test_unwrapped_removes_only_a_fence_around_everything(text, expected):
    assert fences.unwrapped(text) == expected


def test_files_in_comments_splits_an_unfenced_text():
    text = "intro\n# file: app.py\nx = 1\n# file: test_app.py\nimport app\n"
    assert fences.files_in_comments(text) == {"app.py": "x = 1", "test_app.py": "import app"}
