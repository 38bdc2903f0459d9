"""How well providers and models are: errors by origin, latencies, breakers and their history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from routing.models import Breaker
from routing.selectors import known_models
from runs.selectors.usage.asked import Asked
from telemetry.core.totals import Totals
from telemetry.models import Event
from telemetry.selectors.rollups import totals

CHANGED = "breaker.changed"
# The last so many changes in the house are looked through.
MAX_CHANGES = 500


@dataclass(frozen=True, slots=True)
class Change:
    """Hold one change of a breaker."""

    at: datetime
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class ModelHealth:
    """Hold one model's figures, its breaker (None: nothing bad was ever seen), and its changes.

    `changes` begin with the latest, and reach back to the start of the window.
    """

    provider: str
    model: str
    totals: Totals
    breaker: Breaker | None
    changes: Sequence[Change]

    @property
    def state(self) -> str:
        """Return CLOSED, OPEN or HALF_OPEN."""
        return "CLOSED" if self.breaker is None else self.breaker.state


def provider_health(asked: Asked) -> list[ModelHealth]:
    """Return the health of every model that was called or is known, by provider and name.

    Breakers are of the whole house, figures of what is asked for.
    """
    found = totals(asked.where, asked.window.span, ("provider", "model"))
    called = {place: figures for place, figures in found.items() if figures.calls}
    breakers = {row.model: row for row in Breaker.objects.all()}
    known = {(spec.provider, name) for name, spec in known_models().models.items()}
    sick = {place for place in known if place[1] in breakers}
    changes = _changes(asked.window.starts_at)
    return [
        ModelHealth(
            provider,
            model,
            called.get((provider, model), Totals()),
            breakers.get(model),
            changes.get(model, ()),
        )
        for provider, model in sorted(called.keys() | _asked_for(sick, asked))
    ]


def _asked_for(places: set[tuple[str, str]], asked: Asked) -> set[tuple[str, str]]:
    providers, models = asked.where.providers, asked.where.models
    return {
        (provider, model)
        for provider, model in places
        if (not providers or provider in providers) and (not models or model in models)
    }


def _changes(since: datetime) -> dict[str, list[Change]]:
    events = Event.objects.filter(org_id__isnull=True, type=CHANGED).order_by("-seq")
    found: dict[str, list[Change]] = {}
    for at, payload in events.values_list("at", "payload")[:MAX_CHANGES]:
        if at >= since:
            change = Change(at, str(payload.get("to", "")), str(payload.get("reason", "")))
            found.setdefault(str(payload.get("model", "")), []).append(change)
    return found
