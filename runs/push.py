"""The hub of this process, with the rights of those who watch."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakKeyDictionary

from django.utils import timezone

from budgets.core.access import Action, Caller
from budgets.services.access import callers_now
from budgets.services.sessions import people_of
from runs.core.feed import may_see
from telemetry.push import Hub, News, Sight


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who watches what. `session_key` None: by an API key. `run_id` None: all it may see.

    `team_id` is the run's, which never changes.
    """

    user_id: int | None
    api_key_id: int | None
    session_key: str | None = None
    run_id: UUID | None = None
    team_id: int | None = None

    @property
    def who(self) -> Caller:
        """Return the caller by its id alone; what it may do is always looked up."""
        return Caller("", self.user_id, self.api_key_id)


def judge(viewers: Collection[Viewer]) -> Mapping[Viewer, Sight | None]:
    """Return what each viewer may see by what holds now, in six queries however many there are."""
    now = timezone.now()
    callers = callers_now([viewer.who for viewer in viewers], now)
    sessions = {viewer.session_key for viewer in viewers if viewer.session_key is not None}
    people = people_of(sessions, now)
    feeds = {name: _feed(caller) for name, caller in callers.items()}
    found: dict[Viewer, Sight | None] = {}
    for viewer in viewers:
        caller = callers.get(viewer.who.pk)
        if viewer.session_key is not None:
            person = people.get(viewer.session_key)
            caller = caller if person is not None and person.pk == viewer.user_id else None
        found[viewer] = None if caller is None else _sight(viewer, caller, feeds)
    return found


def _sight(viewer: Viewer, caller: Caller, feeds: Mapping[str, Sight]) -> Sight | None:
    if viewer.run_id is None:
        return feeds[caller.pk] if caller.org_ids else None
    if Action.READ_RUNS not in caller.team_actions.get(viewer.team_id or 0, ()):
        return None
    return lambda news: [each for each in news if each.run_id == viewer.run_id]


def _feed(caller: Caller) -> Sight:
    """Return a sight that works out one caller's news once, whatever number of sockets it has."""
    last: tuple[Sequence[News], Sequence[News]] | None = None

    def see(news: Sequence[News]) -> Sequence[News]:
        nonlocal last
        if last is None or last[0] is not news:
            mine = [one for one in news if may_see(caller, one.type, one.org_id, one.team_id)]
            last = (news, mine)
        return last[1]

    return see


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub[Viewer]] = WeakKeyDictionary()


def hub() -> Hub[Viewer]:
    """Return the hub of the running event loop; a server has one loop, tests have many."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub(judge))
