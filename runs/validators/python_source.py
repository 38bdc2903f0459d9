"""Finds the Python files in a model's answer; changes with how answers name their files."""

from __future__ import annotations

from typing import Final

from . import fences

_PYTHON: Final = frozenset({"py", "py3", "python", "python3", "pycon"})
SINGLE: Final = "test_output.py"


class NoPython(Exception):
    """The answer holds code, but none in Python."""


def python_files(output: str) -> dict[str, str]:
    """Return file name -> source. Code without a name is one file, `test_output.py`.

    Files of other kinds are kept where they are named: tests may read them.
    Raises: NoPython.
    """
    blocks = fences.fenced_blocks(output)
    if not blocks:
        return fences.files_in_comments(output) or {SINGLE: output.strip() + "\n"}
    files: dict[str, str] = {}
    for block in blocks:
        if block.name is not None:
            files[block.name] = block.text + "\n"
    unnamed = _unnamed_python(blocks)
    if unnamed:
        files[_free_name(files)] = "\n\n".join(unnamed) + "\n"
    if not any(name.endswith(".py") for name in files):
        raise NoPython
    return files


def _unnamed_python(blocks: list[fences.Block]) -> list[str]:
    nameless = [block for block in blocks if block.name is None]
    marked = [block.text for block in nameless if block.language in _PYTHON]
    if marked or any(block.name for block in blocks):
        return marked  # what is neither marked nor named is a command line or sample output
    return [block.text for block in nameless if not block.language]


def _free_name(files: dict[str, str]) -> str:
    return SINGLE if SINGLE not in files else "test_output_unnamed.py"
