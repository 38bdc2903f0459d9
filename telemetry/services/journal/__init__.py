"""The one writer of the engine: callers' changes gathered for a moment, then one transaction.

A process has one journal, with one thread and one database connection. What a caller was told
is written *is* written: `write` returns after the commit, never before.
"""

from __future__ import annotations

from telemetry.services.journal.batch import apply_now
from telemetry.services.journal.command import Command, Guard
from telemetry.services.journal.thread import GATHER_SECONDS, Journal

__all__ = ["GATHER_SECONDS", "Command", "Guard", "Journal", "apply_now"]
