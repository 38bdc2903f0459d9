"""What a validator answers; changes with what the engine must know of a validation."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

_MESSAGE_CHARACTERS: Final = 2_000
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Status(enum.StrEnum):
    """UNAVAILABLE says that nothing was judged; it is never a pass."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True)
class ValidatorResult:
    """One validator's answer; the message is plain text of at most 2,000 characters."""

    name: str
    status: Status
    message: str


@dataclass(frozen=True)
class Verdict:
    """What a check found, before it is known under which name it was asked for."""

    status: Status
    message: str

    def named(self, name: str) -> ValidatorResult:
        """Return the answer that leaves the package, its text made safe to store and show."""
        return ValidatorResult(name, self.status, _shortened(_UNPRINTABLE.sub("", self.message)))


def passed(message: str) -> Verdict:
    """Return that the output is what was asked for."""
    return Verdict(Status.PASSED, message)


def failed(message: str) -> Verdict:
    """Return what is wrong with the output, in words that help to mend it."""
    return Verdict(Status.FAILED, message)


def unavailable(message: str) -> Verdict:
    """Return why the output could not be judged."""
    return Verdict(Status.UNAVAILABLE, message)


def _shortened(text: str) -> str:
    text = text.strip()
    if len(text) <= _MESSAGE_CHARACTERS:
        return text
    # errors stand first or last, so both ends are kept
    half = _MESSAGE_CHARACTERS // 2 - 10
    return f"{text[:half]}\n[...]\n{text[-half:]}"
