from __future__ import annotations

import pytest

from runs.validators.python_source import NoPython, python_files

TICKS = "```"


def block(text: str, info: str = "python") -> str:
    return f"{TICKS}{info}\n{text}\n{TICKS}\n"


def test_bare_text_is_one_file():
    assert python_files("x = 1") == {"test_output.py": "x = 1\n"}


def test_nameless_blocks_become_one_file():
    files = python_files(block("a = 1") + "and\n" + block("b = 2"))
    assert files == {"test_output.py": "a = 1\n\nb = 2\n"}


def test_nameless_blocks_can_be_kept_apart():
    files = python_files(block("a = 1") + block("b = 2"), joined=False)
    assert files == {"test_output.py": "a = 1\n", "test_output_2.py": "b = 2\n"}


def test_named_blocks_keep_their_names():
    files = python_files(block("a = 1", "python app.py") + block("# file: test_app.py\nimport app"))
    assert files == {"app.py": "a = 1\n", "test_app.py": "# file: test_app.py\nimport app\n"}


def test_shell_commands_and_sample_output_are_not_code():
    files = python_files(block("pip install x", "bash") + block("a = 1") + block("1", "text"))
    assert files == {"test_output.py": "a = 1\n"}


def test_unmarked_blocks_are_code_where_none_is_marked():
    assert python_files(block("a = 1", "")) == {"test_output.py": "a = 1\n"}


def test_a_nameless_block_does_not_replace_a_named_one():
    files = python_files(block("# file: test_output.py\na = 1") + block("b = 2"))
    assert len(files) == 2


def test_data_files_are_kept_beside_code():
    files = python_files(block("{}", "json data.json") + block("a = 1", "python app.py"))
    assert set(files) == {"data.json", "app.py"}


def test_an_answer_in_another_language_holds_no_python():
    with pytest.raises(NoPython):
        python_files(block("let a = 1", "js"))


def test_unfenced_files_are_split_at_their_comments():
    assert set(python_files("# file: a.py\nx = 1\n# file: test_a.py\nimport a")) == {
        "a.py",
        "test_a.py",
    }
