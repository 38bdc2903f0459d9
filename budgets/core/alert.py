"""What an alert says, and where it can be sent.

Invariant: a message holds figures of budgets alone, never a prompt, an output or a key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from budgets.core.money import NANOUSD_PER_USD, format_usd, format_usd_or_none

MAX_ADDRESSES = 20
_ADDRESS = re.compile(r"[^\s@,;<>\"']+@[^\s@,;<>\"']+\.[^\s@,;<>\"']+")


class AlertKind(StrEnum):
    """What passed the threshold: what is spent, or what is forecast for the period's end."""

    ACTUAL = "actual"
    FORECAST = "forecast"


class ChannelKind(StrEnum):
    """How a message travels."""

    EMAIL = "email"
    SLACK = "slack"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What an alert is about. `scope_name` is the team's or the org's."""

    kind: AlertKind
    percent: int
    scope: str
    scope_name: str
    budget_id: int
    period: str
    period_starts_at: datetime
    period_ends_at: datetime | None
    limit_nanousd: int
    spent_nanousd: int
    held_nanousd: int
    projected_nanousd: int | None
    runs_out_at: datetime | None
    at: datetime
    url: str


def subject_of(facts: AlertFacts) -> str:
    """Return the alert in one line."""
    what = "is forecast to reach" if facts.kind is AlertKind.FORECAST else "has spent"
    return f"{facts.scope_name} {what} {facts.percent} % of its {_named(facts.period)} budget"


def text_of(facts: AlertFacts) -> str:
    """Return the alert in a few lines of plain text."""
    lines = [
        f"{subject_of(facts)}.",
        f"Limit {_usd(facts.limit_nanousd)}, spent {_usd(facts.spent_nanousd)}, "
        f"held by runs under way {_usd(facts.held_nanousd)}.",
    ]
    if facts.projected_nanousd is not None:
        lines.append(f"Forecast for the end of the period: {_usd(facts.projected_nanousd)}.")
    if facts.runs_out_at is not None:
        lines.append(f"At this pace it runs out on {facts.runs_out_at:%d %B %Y, %H:%M} UTC.")
    if facts.period_ends_at is not None:
        lines.append(f"It starts afresh on {facts.period_ends_at:%d %B %Y, %H:%M} UTC.")
    return "\n".join([*lines, facts.url])


def payload_of(facts: AlertFacts) -> dict[str, Any]:
    """Return the alert as webhooks carry it: money as decimal texts, times in RFC 3339."""
    return {
        "type": "budget.threshold",
        "kind": facts.kind.value,
        "percent": facts.percent,
        "text": text_of(facts),
        "subject": subject_of(facts),
        "budget": {
            "id": str(facts.budget_id),
            "scope": facts.scope,
            "name": facts.scope_name,
            "period": facts.period,
            "period_starts_at": _moment(facts.period_starts_at),
            "period_ends_at": _moment(facts.period_ends_at),
            "limit_usd": format_usd(facts.limit_nanousd),
            "spent_usd": format_usd(facts.spent_nanousd),
            "held_usd": format_usd(facts.held_nanousd),
            "projected_usd": format_usd_or_none(facts.projected_nanousd),
            "run_out_at": _moment(facts.runs_out_at),
        },
        "at": _moment(facts.at),
        "url": facts.url,
    }


def read_addresses(text: str) -> list[str]:
    """Return the e-mail addresses of a list with commas, each once. Raises: ValueError."""
    found = [part.strip() for part in re.split(r"[,;\s]+", text) if part.strip()]
    if not found:
        raise ValueError("Write at least one e-mail address.")
    if len(found) > MAX_ADDRESSES:
        raise ValueError(f"At most {MAX_ADDRESSES} addresses: use a mailing list for more.")
    for address in found:
        if not _ADDRESS.fullmatch(address):
            raise ValueError(f"{address[:60]!r} is no e-mail address.")
    return list(dict.fromkeys(found))


def _named(period: str) -> str:
    return {"day": "daily", "week": "weekly", "month": "monthly"}.get(period, period)


def _usd(nanousd: int) -> str:
    # To the cent, up: an alert is read, not reckoned with.
    return f"${-(-nanousd // (NANOUSD_PER_USD // 100)) / 100:,.2f}"


def _moment(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at is not None else None
