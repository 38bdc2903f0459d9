"""Judges whether an output is JSON and fits a JSON Schema; changes with the schema's dialect.

A schema can hold regular expressions and references that take for ever: it is applied in the
sandbox, where it has a time limit and reaches no address.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from . import fences
from .result import Status, Verdict, failed, passed, unavailable
from .sandbox import launch, runtime
from .sandbox.spec import MIB, Limits

_LIMITS: Final = Limits(wall_seconds=30, cpu_seconds=5, memory_bytes=256 * MIB, processes=8)
_BAD_SCHEMA: Final = 3
_ERRORS_SHOWN: Final = 10
# The registry is empty on purpose: no reference is ever fetched.
_APPLY: Final = f"""
import json, sys
sys.path.insert(0, {runtime.PACKAGES_FOLDER!r})
import jsonschema, referencing
schema = json.load(open("schema.json"))
instance = json.load(open("instance.json"))
try:
    kind = jsonschema.validators.validator_for(schema, jsonschema.Draft202012Validator)
    kind.check_schema(schema)
    errors = kind(schema, registry=referencing.Registry()).iter_errors(instance)
    found = sorted(errors, key=lambda error: str(error.json_path))[:{_ERRORS_SHOWN}]
except Exception as error:
    print(f"{{type(error).__name__}}: {{str(error)[:500]}}")
    sys.exit({_BAD_SCHEMA})
for error in found:
    print(f"{{error.json_path}}: {{error.message[:300]}}")
sys.exit(bool(found))
"""


async def check(output: str, options: Mapping[str, Any]) -> Verdict:
    """Judge the output against `options["schema"]`; without one, any JSON will do."""
    verdict, text = _as_json(output)
    schema = options.get("schema")
    if schema is None or verdict.status is not Status.PASSED:
        return verdict
    return await _apply(schema, text)


def _as_json(output: str) -> tuple[Verdict, str]:
    text = output.strip()
    blocks = fences.fenced_blocks(output)
    if blocks:
        marked = [block for block in blocks if block.language in {"json", "jsonc"}] or blocks
        if len(marked) > 1:
            return failed(f"{len(marked)} fenced blocks where one JSON value is expected"), ""
        text = marked[0].text
    try:
        json.loads(text, parse_constant=_refuse)
    except RecursionError:
        return failed("not valid JSON: nested too deeply"), ""
    except ValueError as error:
        return failed(f"not valid JSON: {error}"), ""
    return passed("valid JSON"), text


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")


async def _apply(schema: Any, text: str) -> Verdict:
    try:
        view = runtime.packages("jsonschema")
    except importlib.metadata.PackageNotFoundError:
        return unavailable("jsonschema is not installed")
    files = {"schema.json": json.dumps(schema), "instance.json": text}
    argv = [runtime.python_path(), "-I", "-B", "-c", _APPLY]
    result = await launch.run(argv, files, _LIMITS, view=view)
    if result.exit_code == 0:
        return passed("fits the schema")
    if result.exit_code == 1 and result.output.startswith("$"):
        return failed(f"does not fit the schema:\n{result.output}")
    if result.exit_code == _BAD_SCHEMA:
        return unavailable(f"the schema cannot be applied: {result.output}")
    return unavailable(f"the schema's check did not finish: {result.killed_by or result.output}")
