"""What the filter of a request says: what a page asks for, and where each change leads.

Its fields are `runs.core.filters`; what of it is shown is `runs.views.filter_bar`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from types import MappingProxyType
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from budgets.core.access import Action, Caller
from budgets.models import Team
from runs.core.filters import Filters, read_filters
from runs.core.window import Window
from runs.selectors.filter_options import Seen, seen_by
from runs.selectors.usage import Asked
from runs.views.filter_parts import statuses_of
from telemetry.core.scope import Where

USAGE_FIELDS = ("team", "task_type", "model", "provider", "outcome")


class FilterState:
    """The filter of one request.

    `fields` are those that the page makes use of, by their names in an address. `own` names what
    else the page keeps in its address, such as which metric is shown; where `offers` names values
    for one of them, others are left out. `odd` says what was, in sentences.
    """

    def __init__(
        self,
        request: HttpRequest,
        caller: Caller,
        fields: Sequence[str] = USAGE_FIELDS,
        *,
        action: Action = Action.READ_USAGE,
        own: Sequence[str] = (),
        offers: Mapping[str, Collection[str]] = MappingProxyType({}),
    ) -> None:
        self.caller = caller
        self.now: datetime = timezone.now()
        self.seen: Seen = seen_by(caller, action)
        self.zone: tzinfo = self.seen.teams[0].org.zone if self.seen.teams else UTC
        query = dict(request.GET.lists())
        self.filters: Filters = read_filters(query, self.now, self.zone)
        self.window: Window = self.filters.window
        self.path = request.path
        self.page = request.resolver_match.url_name if request.resolver_match else ""
        self.fields = tuple(fields)
        given = {name: query[name][-1].replace("\0", "")[:100] for name in own if name in query}
        named = [(name, value) for name, value in given.items() if value]
        self.own = [(name, value) for name, value in named if value in offers.get(name, (value,))]
        self.odd: list[str] = [
            f"{name}: there is no {value[:40]!r}."
            for name, value in named
            if (name, value) not in self.own
        ]

    def place(self, request: HttpRequest) -> UUID | None:
        """Return the row that a page of a list goes on after; None: it is the first page."""
        text = request.GET.get("before", "")
        try:
            return UUID(text) if text else None
        except ValueError:
            self.odd.append(f"before: there is no {text[:40]!r}.")
            return None

    @property
    def teams(self) -> list[Team]:
        """Return the teams that count: those chosen, or all of the caller's."""
        chosen = self.filters.team
        return [team for team in self.seen.teams if not chosen or self.slug_of(team) in chosen]

    @property
    def statuses(self) -> tuple[str, ...]:
        """Return the statuses of runs that count; none: all of them."""
        return statuses_of(self.filters.status)

    def where(self, phases: Sequence[str] = ()) -> Where:
        """Return which series count, as the selectors of figures want it."""
        filters, used = self.filters, self.fields
        return Where(
            org_ids=tuple({team.org_id for team in self.teams}),
            team_ids=tuple(team.pk for team in self.teams),
            providers=filters.provider if "provider" in used else (),
            models=filters.model if "model" in used else (),
            task_types=filters.task_type if "task_type" in used else (),
            phases=tuple(phases),
            outcomes=filters.outcome if "outcome" in used else (),
        )

    def ask(self, phases: Sequence[str] = ()) -> Asked:
        """Return what the page asks of the selectors of figures."""
        teams = {team.pk: self.slug_of(team) for team in self.teams}
        return Asked(self.where(phases), self.window, teams)

    @property
    def query(self) -> str:
        """Return the whole state of the page's address, without a question mark."""
        return urlencode([*self.filters.pairs(), *self.own])

    def url(self, filters: Filters | None = None, path: str = "", **own: str) -> str:
        """Return an address: of this page or of another path, with its own fields changed."""
        kept = [(name, value) for name, value in self.own if name not in own and not path]
        pairs = [*(filters or self.filters).pairs(), *kept, *own.items()]
        query = urlencode([(name, value) for name, value in pairs if value])
        return (path or self.path) + (f"?{query}" if query else "")

    @cached_property
    def _doubled(self) -> set[str]:
        """Return slugs that teams of several orgs have."""
        slugs = [team.slug for team in self.seen.teams]
        return {slug for slug in slugs if slugs.count(slug) > 1}

    def slug_of(self, team: Team) -> str:
        return f"{team.org.slug}/{team.slug}" if team.slug in self._doubled else team.slug
