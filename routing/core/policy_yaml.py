"""A policy as a YAML file that people keep beside their code.

Invariant: a text is read whole or refused with the line that is wrong; nothing in it is executed.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from routing.core.policy_draft import Draft, draft_from
from routing.core.policy_text import InvalidPolicy

MAX_CHARS = 64_000
DEEPEST = 8
_KEPT = "tag:yaml.org,2002:"


class InvalidYaml(ValueError):
    """Tell which line of a YAML text is wrong, counted from 1, and how."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class _Loader(yaml.SafeLoader):
    """Reads money exactly, and refuses what could be read in two ways."""

    depth = 0

    def compose_node(self, parent: Any, index: int) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise InvalidYaml(line, "aliases are not used here")
        if self.depth == DEEPEST:
            raise InvalidYaml(line, "this is nested too deeply")
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None or name in seen:
                reason = f"{name} is there twice" if name else "a key is a single word"
                raise InvalidYaml(key.start_mark.line + 1, reason)
            seen.add(name)
        return super().construct_mapping(node, deep)

    def construct_exact(self, node: Any) -> Decimal:
        try:
            number = Decimal(str(self.construct_scalar(node)).replace("_", ""))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise InvalidYaml(node.start_mark.line + 1, "this is no number")
        return number


_Loader.add_constructor(f"{_KEPT}float", _Loader.construct_exact)


def draft_from_yaml(text: str) -> Draft:
    """Return the draft that a YAML text describes.

    Raises: InvalidYaml, with the line; InvalidPolicy, with the field and, where it is known, the
    line.
    """
    if len(text) > MAX_CHARS:
        raise InvalidYaml(1, f"a policy has at most {MAX_CHARS} characters")
    try:
        data = yaml.load(text, _Loader)  # noqa: S506  # a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InvalidYaml(mark.line + 1 if mark else 1, str(error.problem)) from error
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, InvalidYaml):
            raise
        raise InvalidYaml(1, "this cannot be read as YAML") from error
    try:
        return draft_from(data)
    except InvalidPolicy as error:
        raise InvalidPolicy(_with_lines(text, error.errors)) from error


def draft_as_yaml(draft: Draft) -> str:
    """Return the YAML text of a draft."""
    written: str = yaml.safe_dump(draft.as_json(), sort_keys=False, allow_unicode=True)
    return written


def _with_lines(text: str, errors: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the errors with the line of each field that the text holds."""
    lines = [line.strip() for line in text.splitlines()]
    found = {}
    for field, reasons in errors.items():
        key = f"{field.rpartition('.')[2]}:"
        line = next((number for number, one in enumerate(lines, 1) if one.startswith(key)), None)
        found[field] = reasons if line is None else [f"line {line}: {one}" for one in reasons]
    return found
