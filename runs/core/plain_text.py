"""Text that any of the databases can hold."""

from __future__ import annotations

import re
from typing import Final

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Return the text with NUL and lone surrogates replaced by U+FFFD.

    PostgreSQL refuses the first, and no UTF-8 exists for the second; a model can write both.
    """
    return _UNSTORABLE.sub("\ufffd", text)


def excerpt(text: str, limit_chars: int = 60) -> str:
    """Return a short single line fit to be quoted in a message."""
    line = " ".join(storable(text[: 4 * limit_chars]).split())
    return line if len(line) <= limit_chars else line[: limit_chars - 1] + "…"
