"""The filter bar: what it says stands in the URL, the same on every page.

Invariant: reading never fails. What makes no sense is left out, and a note says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from types import MappingProxyType
from typing import Any, Final, Self

from runs.core.window import (
    DEFAULT_RANGE,
    InvalidRange,
    Moment,
    Window,
    named_window,
    window_between,
)

# What can be chosen by name: how it is said, and shortly.
PRESETS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "24h": ("24 hours", "24 h"),
        "48h": ("48 hours", "48 h"),
        "7d": ("7 days", "7 d"),
        "30d": ("30 days", "30 d"),
        "90d": ("90 days", "90 d"),
        "365d": ("12 months", "12 m"),
    }
)
NAMES: Final = ("team", "task_type", "model", "provider", "status", "outcome", "policy_outcome")
# What policies said of a run, by the worst they said of any of its calls.
POLICY_OUTCOMES: Final = ("allow", "warn", "deny")
MAX_VALUES: Final = 50
MAX_VALUE_CHARS: Final = 128
MAX_NOTES: Final = 5
_INSTEAD: Final = f"Shown are the last {PRESETS[DEFAULT_RANGE][0]}."


@dataclass(frozen=True, slots=True)
class Filters:
    """Hold what is chosen; empty means all. `preset` is empty where from or to are given.

    `status` is how runs ended, `outcome` how calls did, `policy_outcome` one of POLICY_OUTCOMES.
    """

    window: Window
    preset: str = DEFAULT_RANGE
    from_text: str = ""
    to_text: str = ""
    team: tuple[str, ...] = ()
    task_type: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    provider: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    policy_outcome: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def start(self) -> datetime:
        """Return when the time chosen begins."""
        return self.window.starts_at

    @property
    def end(self) -> datetime:
        """Return when the time chosen ends; now, where it is still going on."""
        return self.window.ends_at

    def values(self, name: str) -> tuple[str, ...]:
        """Return what is chosen of one field."""
        chosen: tuple[str, ...] = getattr(self, name)
        return chosen

    def having(self, **chosen: Any) -> Self:
        """Return the filters with these fields set to other values."""
        return replace(self, **chosen)

    def without(self, name: str, value: str) -> Self:
        """Return the filters with one value taken away."""
        return self.having(**{name: tuple(one for one in self.values(name) if one != value)})

    def over(self, preset: str) -> Self:
        """Return the filters over a named time."""
        window = named_window(preset, self.window.zone, self.window.now)
        return self.having(window=window, preset=preset, from_text="", to_text="")

    def pairs(self, leave_out: Collection[str] = ()) -> list[tuple[str, str]]:
        """Return names and values as they stand in a query string; a default is left out."""
        found = [
            ("range", self.preset if self.preset != DEFAULT_RANGE else ""),
            ("from", self.from_text),
            ("to", self.to_text),
            *((name, value) for name in NAMES for value in self.values(name)),
        ]
        return [(name, value) for name, value in found if value and name not in leave_out]


def read_filters(query: Mapping[str, Sequence[str]], now: datetime, zone: tzinfo) -> Filters:
    """Read the fields of a query string; names that are no filters are somebody else's."""
    notes: list[str] = []
    chosen = {name: _values(name, query.get(name, ()), notes) for name in NAMES}
    texts = {name: _moment_text(name, query.get(name, ()), notes) for name in ("from", "to")}
    preset = "" if any(texts.values()) else _preset(query.get("range", ()), notes)
    try:
        if preset:
            window = named_window(preset, zone, now)
        else:
            start, end = (read_moment(text) for text in texts.values())
            window = window_between(start, end, zone, now)
    except InvalidRange as error:
        preset, texts = DEFAULT_RANGE, {"from": "", "to": ""}
        window = named_window(preset, zone, now)
        notes.insert(0, f"{error} {_INSTEAD}")
    shown = tuple(notes[:MAX_NOTES])
    return Filters(window, preset, texts["from"], texts["to"], **chosen, notes=shown)


def carried(query: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return what of a query string goes along to another page: the filter, and no more."""
    times = [(name, query[name][-1]) for name in ("range", "from", "to") if query.get(name)]
    named = [(name, value) for name in NAMES for value in _values(name, query.get(name, ()), [])]
    return [(name, value) for name, value in times if _is_sane(value)] + named


def read_moment(text: str) -> Moment | None:
    """Read a day, or a moment with its offset; None: it is neither.

    A moment without an offset is UTC's no more than anybody's: it is none.
    """
    try:
        if len(text) == len("2026-11-26"):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _values(name: str, texts: Iterable[str], notes: list[str]) -> tuple[str, ...]:
    # Written once each or with commas; a name of a model may hold any other character.
    given = dict.fromkeys(part.strip() for text in texts for part in text.split(","))
    good = [value for value in given if _is_sane(value)]
    notes += [f"{name}: there is no {v[:40]!r}." for v in given if v and not _is_sane(v)]
    if len(good) > MAX_VALUES:
        notes.append(f"{name}: at most {MAX_VALUES} values; the rest was left out.")
    return tuple(good[:MAX_VALUES])


def _is_sane(value: str) -> bool:
    return 0 < len(value) <= MAX_VALUE_CHARS and value.isprintable()


def _preset(texts: Sequence[str], notes: list[str]) -> str:
    if not texts or not texts[-1]:
        return DEFAULT_RANGE
    if texts[-1] in PRESETS:
        return texts[-1]
    notes.append(f"range: there is no {texts[-1][:40]!r}. {_INSTEAD}")
    return DEFAULT_RANGE


def _moment_text(name: str, texts: Sequence[str], notes: list[str]) -> str:
    if not texts or not texts[-1]:
        return ""
    if read_moment(texts[-1]) is None:
        notes.append(f"{name}: {texts[-1][:40]!r} is no date.")
        return ""
    return texts[-1]
