"""The log of decisions: what was allowed, denied and warned of, and each decision whole."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from budgets.core.access import Action
from routing.core.policy_yaml import draft_as_yaml
from routing.models.decision import Kind
from routing.selectors.decisions import DecisionFilters, decision_get, decision_list, rule_behind
from routing.selectors.policies import policy_list
from runs.core.refusals import NotVisible
from runs.selectors.policy_target import require
from runs.views.asking import caller_of, page, wants_part
from runs.views.decision_facts import facts_of, turns_of
from runs.views.decision_rows import KINDS, OUTCOMES, decision_rows
from runs.views.filter_bar import FilterBar
from runs.views.policy_list import lines_of
from runs.views.policy_versions import draft_now
from runs.views.why import explain

PAGE_SIZE = 50
FIELDS = ("team", "model", "policy_outcome")
OWN = ("kind", "policy", "version", "run")
OFFERS: Mapping[str, Collection[str]] = {"kind": [*Kind]}
# What a list leaves in the database: candidates with all their figures.
WHOLE = ("inputs", "candidates")


@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    url: str
    current: bool


@require_safe
@page
def decisions(request: HttpRequest) -> HttpResponse:
    """Show the decisions that fit the filter, newest first."""
    caller = caller_of(request)
    require(caller, Action.READ_DECISIONS)
    bar = FilterBar(request, caller, FIELDS, action=Action.READ_DECISIONS, own=OWN, offers=OFFERS)
    own = dict(bar.own)
    before = bar.place(request)
    found = decision_list(caller, _asked(bar, own)).defer(*WHOLE).order_by("-id")
    if before is not None:
        found = found.filter(pk__lt=before)
    window = list(found[: PAGE_SIZE + 1])
    context: dict[str, Any] = {
        "bar": bar,
        "own": own,
        "rows": decision_rows(window[:PAGE_SIZE]),
        "part_url": bar.url(before=str(before or "")),
        "older_url": bar.url(before=str(window[-2].pk)) if len(window) > PAGE_SIZE else "",
        "newer_url": bar.url() if before is not None else "",
        "hidden": [pair for pair in bar.filters.pairs() if pair[1]],
        "choices": _choices(bar),
        "kinds": KINDS,
        "policies": sorted({one.name for one in policy_list(caller).only("name")}),
        "is_odd": _is_odd(own),
    }
    template = "decisions/parts/rows.html" if wants_part(request) else "decisions/list.html"
    return render(request, template, context)


@require_safe
@page
def decision(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Show one decision whole: the rule, inputs, candidates, actor, and the way to its step."""
    caller = caller_of(request)
    found = decision_get(caller, decision_id)
    if found is None:
        raise NotVisible("There is no such decision.")
    version = rule_behind(found)
    draft = draft_now(version.policy, version) if version else None
    context: dict[str, Any] = {
        "row": decision_rows([found])[0],
        "decision": found,
        "version": version,
        "lines": lines_of(version) if version else None,
        "rule_yaml": draft_as_yaml(draft) if draft else "",
        "why": explain(found),
        "facts": facts_of(found),
        "turns": turns_of(found),
        "inputs": json.dumps(found.inputs, indent=2, ensure_ascii=False) if found.inputs else "",
        "policy_id": policy_list(caller).filter(pk=version.policy_id).exists() and version.policy_id
        if version
        else None,
    }
    return render(request, "decisions/page.html", context)


def _asked(bar: FilterBar, own: dict[str, str]) -> DecisionFilters:
    filters = bar.filters
    kind = own.get("kind", "")
    return DecisionFilters(
        outcome=filters.policy_outcome,
        kind=(kind,) if kind else (),
        policy=own.get("policy", ""),
        version=_version(own.get("version", "")),
        # Of a team that is not there, nothing.
        teams=(tuple(team.pk for team in bar.teams) or (0,)) if filters.team else (),
        models=filters.model,
        run=_uuid_or_none(own.get("run", "")),
        since=bar.window.starts_at,
        until=None if bar.window.is_unfinished else bar.window.ends_at,
    )


def _choices(bar: FilterBar) -> list[Choice]:
    """Return the outcomes, as the quick way to the commonest question."""
    chosen = bar.filters.policy_outcome
    named = [("All", ()), *((label, (str(one),)) for one, (label, _, _) in OUTCOMES.items())]
    return [
        Choice(label, bar.url(bar.filters.having(policy_outcome=value)), value == chosen)
        for label, value in named
    ]


def _is_odd(own: dict[str, str]) -> list[str]:
    """Return what of the address makes no sense, in sentences."""
    said = []
    if own.get("run") and _uuid_or_none(own["run"]) is None:
        said.append("A run is named by its id, as its page shows it: all runs are shown.")
    if own.get("version") and _version(own["version"]) is None:
        said.append("A version is a whole number: all versions are shown.")
    return said


def _version(text: str) -> int | None:
    number = text.removeprefix("v")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else None


def _uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
