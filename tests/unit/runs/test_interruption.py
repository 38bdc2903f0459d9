"""What stops a run is a condition of its own kind, each caught by its name or by all."""

from __future__ import annotations

import pytest

from runs.core import interruption
from runs.core.interruption import Interruption

KINDS = [
    value
    for value in vars(interruption).values()
    if isinstance(value, type) and issubclass(value, Interruption) and value is not Interruption
]


@pytest.mark.parametrize("kind", KINDS)
def test_each_condition_is_an_interruption_and_keeps_its_words(kind: type[Interruption]) -> None:
    assert str(kind("the reason")) == "the reason"


def test_no_condition_stands_for_another() -> None:
    assert len(KINDS) == 7
    assert not [(a, b) for a in KINDS for b in KINDS if a is not b and issubclass(a, b)]
