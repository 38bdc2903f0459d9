"""What is said over a socket. Every message is JSON with `seq` and `type`.

An event is sent as it stands in the list of events. What the socket itself says begins with
`live.`: `hello` first, `beat` while nothing happens, `gap` when events after `since` were left out
and must be read over REST, `events` for a page, which takes one message a look.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from telemetry.push import Letter, News

# A page that offers this gets its events together, and acknowledges each message.
BATCHES: Final = "batches.v1"


def said(kind: str, seq: int, **more: Any) -> str:
    return json.dumps({"seq": seq, "type": f"live.{kind}", **more}, separators=(",", ":"))


def instant(at: datetime) -> str:
    """Return a time as the REST API writes it."""
    return at.isoformat().replace("+00:00", "Z")


def messages(letter: Letter, head: int, *, together: bool) -> Iterator[str]:
    """Yield what a letter comes to: one message for each event, or one for all of them."""
    if letter.since is not None:
        yield said("gap", head, since=letter.since)
    elif together:
        yield _together(letter.news)
    else:
        yield from (news.text for news in letter.news)


def _together(news: Sequence[News]) -> str:
    last = max(each.seq for each in news)
    return (
        f'{{"seq":{last},"type":"live.events","events":[{",".join(each.text for each in news)}]}}'
    )


def acknowledges(text: str | None) -> bool:
    """Tell whether a viewer says that it has taken a message. Raises: ValueError."""
    message = json.loads(text or "")
    if not isinstance(message, dict):
        raise ValueError("not an object")
    return message.get("type") == "ack"
