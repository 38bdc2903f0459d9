"""Text of models as pages and messages show it."""

from __future__ import annotations

from telemetry.core.plain_text import storable

__all__ = ["excerpt", "storable"]


def excerpt(text: str, limit_chars: int = 60) -> str:
    """Return a short single line fit to be quoted in a message."""
    line = " ".join(storable(text[: 4 * limit_chars]).split())
    return line if len(line) <= limit_chars else line[: limit_chars - 1] + "…"
