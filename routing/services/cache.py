"""Replies kept for a day, so that a team does not pay twice for the same answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self

from routing.core.request import Reply, Usage
from routing.models import CachedReply
from telemetry.services.journal import Command

KEPT = timedelta(hours=24)


@dataclass(frozen=True)
class FindReply(Command):
    """Ask for a team's kept reply; the result is the reply, or None.

    A command, although it only reads, so that many coroutines' questions are one query.
    """

    rank: ClassVar[int] = 5
    team_id: int
    key: str
    at: datetime

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[Reply | None]:
        found = _find({one.team_id for one in commands}, {one.key for one in commands})
        return [_fresh(found.get((one.team_id, one.key)), one.at) for one in commands]


@dataclass(frozen=True)
class StoreReply(Command):
    """Keep a reply; a newer one replaces an older one of the same team and key."""

    rank: ClassVar[int] = 45
    team_id: int
    key: str
    reply: Reply
    at: datetime

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[None]:
        rows = {(one.team_id, one.key): one for one in commands}
        CachedReply.objects.bulk_create(
            [
                CachedReply(team_id=team, key=key, reply=asdict(one.reply), created_at=one.at)
                for (team, key), one in sorted(rows.items(), key=lambda item: item[0])
            ],
            update_conflicts=True,
            unique_fields=["team_id", "key"],
            update_fields=["reply", "created_at"],
        )
        return [None] * len(commands)


def prune_replies(now: datetime) -> int:
    """Delete what is too old to be used; return how many rows that were."""
    return CachedReply.objects.filter(created_at__lte=now - KEPT).delete()[0]


def _find(teams: Collection[int], keys: Collection[str]) -> dict[tuple[int, str], CachedReply]:
    rows = CachedReply.objects.filter(team_id__in=teams, key__in=keys)
    return {(row.team_id, row.key): row for row in rows}


def _fresh(row: CachedReply | None, now: datetime) -> Reply | None:
    if row is None or row.created_at <= now - KEPT:
        return None
    data = row.reply
    usage = Usage(**data["usage"]) if data["usage"] else None
    return Reply(data["text"], usage, data["finish_reason"], data["latency_ms"])
