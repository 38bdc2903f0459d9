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
