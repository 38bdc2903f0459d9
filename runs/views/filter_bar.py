"""The filter bar of a page: what it offers, what is set, and where each change leads.

Its state is `runs.core.filters`; every page that shows figures or runs has the same bar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone

from budgets.core.access import Action, Caller
from budgets.models import Team
from runs.core.filters import NAMES, PRESETS, Filters, read_filters, read_moment
from runs.core.window import Window
from runs.models import SavedView
from runs.selectors.filter_options import Seen, seen_by
from runs.selectors.saved_views import views_of
from runs.selectors.usage import Asked
from runs.views.filter_parts import (
    LABELS,
    Chip,
    Menu,
    Option,
    Preset,
    labels_of,
    statuses_of,
)
from telemetry.core.scope import Where

USAGE_FIELDS = ("team", "task_type", "model", "provider", "outcome")
_A_MOMENT = timedelta(seconds=1)


class FilterBar:
    """The bar of one request.

    `fields` are those that the page makes use of, by their names in an address. `own` names what
    else the page keeps in its address, such as which metric is shown.
    """

    def __init__(
        self,
        request: HttpRequest,
        caller: Caller,
        fields: Sequence[str] = USAGE_FIELDS,
        *,
        action: Action = Action.READ_USAGE,
        own: Sequence[str] = (),
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
        self._fields = tuple(fields)
        given = {name: query[name][-1].replace("\0", "")[:100] for name in own if name in query}
        self.own = [(name, value) for name, value in given.items() if value]

    # --- What the page asks for ---

    @property
    def teams(self) -> list[Team]:
        """Return the teams that count: those chosen, or all of the caller's."""
        chosen = self.filters.team
        return [team for team in self.seen.teams if not chosen or self._slug(team) in chosen]

    @property
    def statuses(self) -> tuple[str, ...]:
        """Return the statuses of runs that count; none: all of them."""
        return statuses_of(self.filters.status)

    def where(self, phases: Sequence[str] = ()) -> Where:
        """Return which series count, as the selectors of figures want it."""
        filters, used = self.filters, self._fields
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
        teams = {team.pk: self._slug(team) for team in self.teams}
        return Asked(self.where(phases), self.window, teams)

    # --- What the bar shows ---

    @property
    def label(self) -> str:
        """Return the time in words: the last 7 days, or from one day to another."""
        if self.filters.preset:
            return f"the last {PRESETS[self.filters.preset][0]}"
        start, end = (at.astimezone(self.zone) for at in (self.window.starts_at, self._last))
        if start.date() == end.date():
            return f"{start:%-d %b %Y, %H:%M} to {end:%H:%M}"
        year = "" if start.year == end.year else f" {start:%Y}"
        return f"{start:%-d %b}{year} to {end:%-d %b %Y}"

    @property
    def phrase(self) -> str:
        """Return the time as a sentence goes on with it."""
        return f"{'in' if self.filters.preset else 'from'} {self.label}"

    @property
    def may_submit(self) -> bool:
        return bool(self.caller.team_ids(Action.WRITE_RUNS))

    @property
    def _last(self) -> datetime:
        # The end of a day is the next day's beginning; people name the day.
        ends_at = self.window.ends_at
        return ends_at if self.window.by_hour else ends_at.replace(microsecond=0) - _A_MOMENT

    @property
    def presets(self) -> list[Preset]:
        return [
            Preset(label, self.url(self.filters.over(name)), name == self.filters.preset, short)
            for name, (label, short) in PRESETS.items()
        ]

    @property
    def custom_label(self) -> str:
        label = self.label
        return "Custom" if self.filters.preset else f"{label[:1].upper()}{label[1:]}"

    @property
    def ends(self) -> list[tuple[str, str, str, str]]:
        """Return name, label, type and value of the two fields of a time of one's own."""
        texts = (("from", "From", self.filters.from_text), ("to", "To", self.filters.to_text))
        return [
            # Moments come from addresses alone; a field for days could not show them.
            (name, label, "text" if isinstance(read_moment(text), datetime) else "date", text)
            for name, label, text in texts
        ]

    @property
    def notes(self) -> list[str]:
        """Return what is wrong with the filter, in sentences."""
        unknown = [
            f"Nothing is known of the {chip.field.lower()} “{chip.label}”: nothing fits it here."
            for chip in self.chips
            if chip.unknown and not chip.unused
        ]
        return [*self.filters.notes, *unknown]

    @cached_property
    def menus(self) -> list[Menu]:
        found = [self._menu(name) for name in self._fields if name != "status"]
        return [menu for menu in found if len(menu.options) > 1 or menu.count]

    @cached_property
    def chips(self) -> list[Chip]:
        return [self._chip(name, value) for name in NAMES for value in self.filters.values(name)]

    @property
    def clear_url(self) -> str:
        return self.url(self.filters.having(**dict.fromkeys(NAMES, ())))

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """Return what the form must say again, having no field for it."""
        shown = {"from", "to", *(menu.name for menu in self.menus)}
        return [*self.filters.pairs(leave_out=shown), *self.own]

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

    @property
    def org_name(self) -> str:
        return self.seen.teams[0].org.name if self.seen.teams else "your organisation"

    @cached_property
    def view_groups(self) -> list[tuple[str, list[SavedView]]]:
        """Return the views that can be opened, under their headings; empty ones left out."""
        found = views_of(self.caller)
        groups = [("Yours", found.own), ("Shared", found.shared)]
        return [(label, views) for label, views in groups if views]

    def _chip(self, name: str, value: str) -> Chip:
        labels = self._labels[name]
        return Chip(
            field=LABELS[name],
            label=labels.get(value, value),
            url=self.url(self.filters.without(name, value)),
            unknown=value not in labels,
            unused=name not in self._fields,
        )

    def _menu(self, name: str) -> Menu:
        chosen = self.filters.values(name)
        # What is set is offered even where nothing is known of it: else the form would drop it.
        labels = self._labels[name] | {
            value: value for value in chosen if value not in self._labels[name]
        }
        options = [Option(value, label, value in chosen) for value, label in labels.items()]
        return Menu(name, LABELS[name], options)

    @cached_property
    def _labels(self) -> Mapping[str, dict[str, str]]:
        return labels_of(self.seen, self._slug)

    @cached_property
    def _doubled(self) -> set[str]:
        """Return slugs that teams of several orgs have."""
        slugs = [team.slug for team in self.seen.teams]
        return {slug for slug in slugs if slugs.count(slug) > 1}

    def _slug(self, team: Team) -> str:
        return f"{team.org.slug}/{team.slug}" if team.slug in self._doubled else team.slug
