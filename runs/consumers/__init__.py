"""WebSockets: what happens, as it happens, for who may see it."""

from __future__ import annotations

from runs.consumers.sockets import NoSuchSocket, OrgSocket, RunSocket

__all__ = ["NoSuchSocket", "OrgSocket", "RunSocket"]
