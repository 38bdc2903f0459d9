"""The filter bar of a page: what it offers, and what is set.

Its state is `runs.views.filter_state`; every page that shows figures or runs has the same bar.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property

from budgets.core.access import Action
from runs.core.filters import NAMES, PRESETS, read_moment
from runs.models import SavedView
from runs.selectors.saved_views import views_of
from runs.views.filter_parts import LABELS, Chip, Menu, Option, Preset, labels_of
from runs.views.filter_state import FilterState

_A_MOMENT = timedelta(seconds=1)


class FilterBar(FilterState):
    """The bar of one request."""

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
        return [*self.filters.notes, *self.odd, *unknown]

    @cached_property
    def menus(self) -> list[Menu]:
        found = [self._menu(name) for name in self.fields if name != "status"]
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
            unused=name not in self.fields,
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
        return labels_of(self.seen, self.slug_of)
