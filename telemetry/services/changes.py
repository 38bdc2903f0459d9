"""The one way to write down that somebody changed something people are governed by.

Telemetry stands below everything, so everybody may call this; the app that keeps the log of
decisions listens (see `routing.apps`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.dispatch import Signal

# Sent with `change`. Whoever listens writes in the sender's transaction, and fails with it.
changed = Signal()


@dataclass(frozen=True, slots=True)
class Change:
    """What was changed by whom; `org_id` None: it is the house's.

    `what` is budget, policy, key, member, model, ...; `before` None: it is new; `after` None: it
    is gone. Neither ever holds a secret.
    """

    what: str
    name: str
    actor: str
    at: datetime
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    org_id: int | None = None
    team_id: int | None = None
    version: int | None = None


def record_change(
    what: str,
    name: str,
    *,
    actor: str,
    at: datetime,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    org_id: int | None,
    team_id: int | None = None,
    version: int | None = None,
) -> None:
    """Write a change into the log of decisions, in the caller's transaction.

    Call it last: the log's head stays locked until the transaction ends.
    """
    change = Change(what, name, actor, at, _plain(before), _plain(after), org_id, team_id, version)
    changed.send(Change, change=change)


def _plain(value: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return what JSON makes of it, so that dates and ids may be given as they are."""
    if value is None:
        return None
    plain: Mapping[str, Any] = json.loads(json.dumps(dict(value), cls=DjangoJSONEncoder))
    return plain
