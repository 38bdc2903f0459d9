"""Live push: who watches gets events as they become visible."""

from __future__ import annotations

from telemetry.push.hub import Hub, Sight
from telemetry.push.mailbox import Letter, Mailbox
from telemetry.push.news import News

__all__ = ["Hub", "Letter", "Mailbox", "News", "Sight"]
