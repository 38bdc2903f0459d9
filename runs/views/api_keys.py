"""The page of API keys: made here, shown once, revoked, followed by new ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from budgets.core.access import Action, Caller, Scope
from budgets.core.errors import InvalidChange
from budgets.models import ApiKey, Team
from budgets.selectors import keys_of, teams_of
from budgets.services.keys import issue_key, opens, rotate_key, take_key
from routing.selectors import known_models
from runs.core.refusals import NotVisible
from runs.selectors.runs import refusal
from runs.views.asking import caller_of, page
from runs.views.budget_forms import KeyForm

SHOWN = 200
OVERLAPS = {"0": "at once", "1": "an hour", "24": "a day", "168": "a week"}


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key of the list. `state`: works, archived (its team is), expired or revoked."""

    key: ApiKey
    state: str

    @property
    def works(self) -> bool:
        return self.state == "works"

    @property
    def may_open(self) -> bool:
        """Tell whether it opens something, or would if its team were restored."""
        return self.state in ("works", "archived")


@dataclass(frozen=True, slots=True)
class Made:
    """A key that was just made; its text is never to be seen again. `follows`: the one before."""

    key: ApiKey
    raw: str
    follows: ApiKey | None = None


@require_http_methods(["GET", "HEAD", "POST"])
@page
def api_keys(request: HttpRequest) -> HttpResponse:
    """Show the keys of the teams whose keys the reader manages, or make one."""
    caller, now = caller_of(request), timezone.now()
    teams = _teams(caller)
    if request.method != "POST":
        return _show(request, caller, KeyForm(_taking(teams)), now)
    form = KeyForm(_taking(teams), request.POST)
    made = _make(caller, teams, form, now) if form.is_valid() else None
    if made is None:
        return _show(request, caller, form, now, status=422)
    return _show(request, caller, KeyForm(_taking(teams)), now, made=made, status=201)


@require_POST
@page
def key_revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    """Make a key open nothing from now on."""
    caller = caller_of(request)
    key = _key(caller, key_id)
    take_key(key, by=caller, now=timezone.now())
    messages.success(request, f"{key.name} opens nothing any more.", extra_tags="ok")
    return redirect("api-keys")


@require_POST
@page
def key_rotate(request: HttpRequest, key_id: int) -> HttpResponse:
    """Follow a key by a new one; the old one works until the overlap is over."""
    caller, now = caller_of(request), timezone.now()
    key, hours = _key(caller, key_id), request.POST.get("overlap", "24")
    try:
        overlap = timedelta(hours=int(hours) if hours in OVERLAPS else 24)
        new, raw = rotate_key(key, overlap=overlap, by=caller, now=now)
    except InvalidChange as refused:
        messages.error(request, str(refused), extra_tags="bad")
        return redirect("api-keys")
    key.refresh_from_db()
    made = Made(new, raw, follows=key)
    return _show(request, caller, KeyForm(_taking(_teams(caller))), now, made=made, status=201)


def _show(
    request: HttpRequest,
    caller: Caller,
    form: KeyForm,
    now: datetime,
    *,
    made: Made | None = None,
    status: int = 200,
) -> HttpResponse:
    keys = keys_of(caller).select_related("team__org", "created_by")[:SHOWN]
    context: dict[str, Any] = {
        "form": form,
        "made": made,
        "lines": sorted((_line(key, now) for key in keys), key=lambda line: not line.works),
        "models": sorted(known_models().models),
        "overlaps": OVERLAPS,
    }
    return render(request, "settings/keys.html", context, status=status)


def _line(key: ApiKey, now: datetime) -> KeyLine:
    if key.revoked_at is not None:
        return KeyLine(key, "revoked")
    if not opens(key, now):
        return KeyLine(key, "expired")
    return KeyLine(key, "works" if key.team.archived_at is None else "archived")


def _teams(caller: Caller) -> list[Team]:
    teams = list(teams_of(caller, Action.MANAGE_KEYS))
    if not teams:
        raise PermissionDenied(refusal(caller, Action.MANAGE_KEYS))
    return teams


def _taking(teams: list[Team]) -> list[Team]:
    """Return those for which a key can be made."""
    return [team for team in teams if team.archived_at is None]


def _key(caller: Caller, key_id: int) -> ApiKey:
    _teams(caller)
    key = keys_of(caller).select_related("team").filter(pk=key_id).first()
    if key is None:
        raise NotVisible("There is no such key.")
    return key


def _make(caller: Caller, teams: list[Team], form: KeyForm, now: datetime) -> Made | None:
    given = form.cleaned_data
    team = next(one for one in teams if str(one.pk) == given["team"])
    models = [part.strip() for part in given["models"].split(",") if part.strip()]
    unknown = [name for name in models if name not in known_models().models]
    if unknown:
        form.add_error("models", f"There is no model {unknown[0]!r}.")
        return None
    try:
        key, raw = issue_key(
            team=team,
            name=given["name"].strip(),
            scopes=[Scope(scope) for scope in given["scopes"]],
            allowed_models=models or None,
            expires_at=given["expires_at"],
            by=caller,
            now=now,
        )
    except InvalidChange as refused:
        for field, sentences in refused.errors.items():
            form.add_error(field, list(sentences))
        return None
    return Made(key, raw)
