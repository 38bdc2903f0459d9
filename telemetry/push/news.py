"""One event as watchers get it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class News:
    """One event; the fields are the table's columns, in this order."""

    seq: int
    at: datetime
    org_id: int | None
    team_id: int | None
    run_id: UUID | None
    type: str
    payload: dict[str, Any]

    @cached_property
    def text(self) -> str:
        """Return the event as JSON, written once for all who get it."""
        return json.dumps(
            {
                "seq": self.seq,
                "type": self.type,
                "at": self.at.isoformat().replace("+00:00", "Z"),
                "run": str(self.run_id) if self.run_id else None,
                "payload": self.payload,
            },
            separators=(",", ":"),
        )
