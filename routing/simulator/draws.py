"""Reproducible chance: every draw is a pure function of a key and the draw's own name.

Draws are named, not taken in turn, so that adding one never moves the others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def digest(*parts: str) -> str:
    """Return a short stable name of the parts, as 16 hexadecimal digits."""
    return blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=8).hexdigest()


class Draws:
    """Hand out draws that belong to one key."""

    __slots__ = ("_key",)

    def __init__(self, *key: str) -> None:
        joined = "\x1f".join(key).encode("utf-8", "replace")
        self._key = blake2b(joined, digest_size=16).digest()

    def integer(self, name: str) -> int:
        """Return 64 even bits."""
        return int.from_bytes(blake2b(name.encode(), digest_size=8, key=self._key).digest())

    def unit(self, name: str) -> float:
        """Return a number in [0, 1)."""
        return (self.integer(name) >> 11) * 2.0**-53

    def normal(self, name: str) -> float:
        """Return a number of the standard normal distribution.

        Source: Box and Muller, 1958.
        """
        bits = self.integer(name)
        first, second = ((bits >> 32) + 1) * 2.0**-32, (bits & 0xFFFFFFFF) * 2.0**-32
        return math.sqrt(-2.0 * math.log(first)) * math.cos(math.tau * second)

    def pick(self, name: str, options: Sequence[T]) -> T:
        """Return one of the options, each as likely as the others."""
        return options[self.integer(name) % len(options)]

    def shuffle(self, name: str, options: Sequence[T]) -> list[T]:
        """Return the options in a drawn order; even for up to 50 of them."""
        left = int.from_bytes(blake2b(name.encode(), digest_size=64, key=self._key).digest())
        shuffled = list(options)
        for last in range(len(shuffled) - 1, 0, -1):
            left, drawn = divmod(left, last + 1)
            shuffled[last], shuffled[drawn] = shuffled[drawn], shuffled[last]
        return shuffled
