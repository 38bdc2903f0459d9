"""The versions of a policy, each with what it changed, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from budgets.models import Team
from routing.core.policy_draft import Draft
from routing.core.policy_text import InvalidPolicy
from routing.core.policy_words import Difference, differences
from routing.models import Policy, PolicyVersion
from routing.models.policy import PolicyText
from routing.selectors.policies import draft_of

LABELS: Mapping[str, str] = {
    "allowed_providers": "allowed providers",
    "blocked_providers": "blocked providers",
    "allowed_models": "allowed models",
    "blocked_models": "blocked models",
    "required_tags": "tags",
    "max_cost_per_call_usd": "cost per call",
    "max_cost_per_task_usd": "cost per task",
    "max_p95_latency_ms": "latency",
    "min_quality": "quality",
    "max_requests_per_minute": "requests a minute",
    "max_tokens_per_minute": "tokens a minute",
    "unknown_price_allowed": "unknown prices",
}


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version. `changes` empty: it is the first, or one of the two cannot be read."""

    version: int
    at: datetime
    by: str
    first: bool
    changes: tuple[Difference, ...]


def version_lines(row: Policy) -> list[VersionLine]:
    """Return a policy's versions, the newest first."""
    versions = list(row.versions.order_by("-version"))
    teams = _teams(versions)
    drafts = [_draft(row.name, one, teams) for one in versions]
    return [
        _line(one, drafts[place], drafts[place + 1] if place + 1 < len(versions) else None)
        for place, one in enumerate(versions)
    ]


def draft_now(row: Policy, text: PolicyText | None = None) -> Draft | None:
    """Return what a policy says, now or in one of its versions; None: it cannot be read."""
    shown = text or row
    return _draft(row.name, shown, _teams([shown]))


def _line(one: PolicyVersion, now: Draft | None, before: Draft | None) -> VersionLine:
    changed = differences(before, now) if now is not None and before is not None else ()
    named = tuple(
        Difference(LABELS.get(each.what, each.what), each.before, each.after) for each in changed
    )
    return VersionLine(one.version, one.at, one.by or "nobody named", one.version == 1, named)


def _teams(texts: list[PolicyVersion] | list[PolicyText]) -> dict[int, str]:
    ids = {one.team_id for one in texts if one.team_id is not None}
    return dict(Team.objects.filter(pk__in=ids).values_list("pk", "slug")) if ids else {}


def _draft(name: str, text: PolicyText, teams: Mapping[int, str]) -> Draft | None:
    try:
        return draft_of(name, text, teams.get(text.team_id or 0, ""))
    except (InvalidPolicy, ValueError):
        return None
