"""What can be written, and on what condition; every app has kinds of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self


class Command:
    """One durable change. Its type knows how to apply a list of its kind.

    `rank` is the order in which kinds are applied inside a batch, which is the order in which
    rows are locked: run, then team, then organisation, the most contended last.
    """

    rank: ClassVar[int]

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[Any]:
        """Apply them all inside the open transaction; return one result each, in order."""
        raise NotImplementedError

    @classmethod
    def followed_by(cls, results: Sequence[Any]) -> Sequence[Command]:
        """Return what the results of `apply` entail, of kinds with a higher rank.

        It is applied with the batch's own commands of its kind, so that the rows of that kind are
        locked once and in one order.
        """
        return ()


class Guard:
    """What must hold for a unit of commands to be applied; hashable."""

    @classmethod
    def check(cls, guards: Sequence[Self]) -> Sequence[Exception | None]:
        """Lock what they stand on; return why each one fails, or None."""
        raise NotImplementedError
