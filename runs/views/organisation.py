"""Settings: what an organisation is, and its teams."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from budgets.core.access import Action, Caller
from budgets.core.errors import InvalidChange
from budgets.models import Team
from budgets.selectors import teams_of
from budgets.services.access import can
from budgets.services.tenants import archive_team, change_org, change_team, create_team
from routing.selectors import known_models
from routing.selectors.profiles import shares
from runs.core.refusals import NotVisible
from runs.selectors.org_pages import OrgPlace, org_place
from runs.selectors.runs import refusal
from runs.views.asking import caller_of, page
from runs.views.refusing import put_errors
from runs.views.tenant_forms import NewTeamForm, OrgForm, TeamForm


@require_http_methods(["GET", "HEAD", "POST"])
@page
def organisation(request: HttpRequest) -> HttpResponse:
    """Show what an organisation is, or change it; members of nothing have settings of their own."""
    caller = caller_of(request)
    if not caller.org_ids:
        return redirect("sessions")
    place = _place(request, caller)
    form = OrgForm(place.org, _posted(request, place))
    if form.is_valid() and (changed := _change_org(place, form)) is not None:
        said = "Changed." if changed else "It says that already."
        messages.success(request, said, extra_tags="ok")
        return redirect(reverse("organisation") + _query(place))
    context = {
        "place": place,
        "query": _query(place),
        "form": form,
        "shares": shares(place.org.pk),
        "may_share": can(place.caller, Action.SHARE_LEARNING, place.org),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "settings/organisation.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def teams(request: HttpRequest) -> HttpResponse:
    """Show the teams of an organisation, or add one."""
    place = _place(request, caller_of(request))
    known = sorted(known_models(place.org.pk).models)
    form = NewTeamForm(known, _posted(request, place))
    if form.is_valid() and (made := _create_team(place, form)) is not None:
        said = f"{made.name} is there: give it a budget and a key."
        messages.success(request, said, extra_tags="ok")
        return redirect(reverse("teams") + _query(place))
    own = list(teams_of(place.caller).filter(org=place.org).order_by("name", "pk"))
    own.sort(key=lambda one: one.archived_at is not None)
    may = place.caller.team_ids(Action.MANAGE_ORG)
    context: dict[str, Any] = {
        "place": place,
        "query": _query(place),
        "form": form,
        "lines": [(team, team.pk in may) for team in own],
        "models": known,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "settings/teams.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def team(request: HttpRequest, team_id: int) -> HttpResponse:
    """Show what a team is to whoever may change it, or change it."""
    caller = caller_of(request)
    one = _managed(caller, team_id)
    known = sorted(known_models(one.org_id).models)
    form = TeamForm(known, request.POST if request.method == "POST" else None, team=one)
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_team(one, form.traits, by=caller, now=timezone.now())
        except InvalidChange as refused:
            put_errors(form, refused)
        else:
            said = "Changed, from the next calls on." if changed else "It says that already."
            messages.success(request, said, extra_tags="ok")
            return redirect(f"{reverse('teams')}?org={one.org_id}")
    context = {"team": one, "form": form, "models": known}
    status = 422 if request.method == "POST" else 200
    return render(request, "settings/team.html", context, status=status)


@require_POST
@page
def team_archive(request: HttpRequest, team_id: int) -> HttpResponse:
    """Let a team take no more runs and its keys open nothing, or both again."""
    caller = caller_of(request)
    one, archived = _managed(caller, team_id), request.POST.get("on") == "1"
    archive_team(one, archived, by=caller, now=timezone.now())
    said = "takes no more runs, and its keys open nothing" if archived else "takes runs again"
    messages.success(request, f"{one.name} {said}.", extra_tags="ok")
    return redirect(f"{reverse('teams')}?org={one.org_id}")


def _managed(caller: Caller, team_id: int) -> Team:
    """Return a team that the caller may change. Raises: NotVisible, PermissionDenied."""
    one = teams_of(caller).filter(pk=team_id).first()
    if one is None:
        raise NotVisible("There is no such team.")
    if not can(caller, Action.MANAGE_ORG, one):
        raise PermissionDenied(refusal(caller, Action.MANAGE_ORG))
    return one


def _place(request: HttpRequest, caller: Caller) -> OrgPlace:
    return org_place(caller, request.GET.get("org", "")[:20], Action.MANAGE_ORG)


def _posted(request: HttpRequest, place: OrgPlace) -> Any:
    """Return what was filled in; None: nothing was. Raises: PermissionDenied."""
    if request.method != "POST":
        return None
    place.require()
    return request.POST


def _query(place: OrgPlace) -> str:
    return f"?org={place.org.pk}" if place.others else ""


def _change_org(place: OrgPlace, form: OrgForm) -> bool | None:
    """Return whether that changed anything; None: it was refused."""
    given = form.cleaned_data
    try:
        return change_org(
            place.org,
            name=given["name"],
            time_zone=given["time_zone"],
            default_run_budget_nanousd=given["default_run_budget_usd"],
            by=place.caller,
            now=timezone.now(),
        )
    except InvalidChange as refused:
        put_errors(form, refused)
        return None


def _create_team(place: OrgPlace, form: NewTeamForm) -> Team | None:
    slug = form.cleaned_data["slug"]
    try:
        return create_team(place.org, slug, form.traits, by=place.caller, now=timezone.now())
    except InvalidChange as refused:
        put_errors(form, refused)
        return None
