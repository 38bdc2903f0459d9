"""The validators by name. To add one: write a module with `check`, and name it here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from . import json_schema, latex, length, pytest, python_syntax, ruff
from .result import ValidatorResult, Verdict, failed, unavailable
from .sandbox.files import UnsafeFiles
from .sandbox.launch import SandboxUnavailable

_Check = Callable[[str, Mapping[str, Any]], Awaitable[Verdict]]

_CHECKS: Final[Mapping[str, _Check]] = {
    "json_schema": json_schema.check,
    "latex": latex.check,
    "length": length.check,
    "pytest": pytest.check,
    "python_syntax": python_syntax.check,
    "ruff": ruff.check,
}
KNOWN: Final = frozenset(_CHECKS)
# Far above what a call may write; keeps a runaway text out of the parsers.
_MOST_CHARACTERS: Final = 1_000_000


class UnknownValidator(ValueError):
    """No validator has this name."""


async def validate(
    name: str, output: str, *, options: Mapping[str, Any] | None = None
) -> ValidatorResult:
    """Judge an output. `options`: `schema` for json_schema; others take none.

    Raises: UnknownValidator. A missing tool or sandbox is an answer, UNAVAILABLE.
    """
    check = _CHECKS.get(name)
    if check is None:
        raise UnknownValidator(name)
    if len(output) > _MOST_CHARACTERS and name != "length":
        return failed(f"longer than {_MOST_CHARACTERS:,} characters").named(name)
    try:
        verdict = await check(output, options or {})
    except SandboxUnavailable as error:
        verdict = unavailable(str(error))
    except UnsafeFiles as error:
        verdict = failed(str(error))
    except OSError as error:
        verdict = unavailable(f"the machine could not run it: {error}")
    return verdict.named(name)
