"""Keeping, opening and deleting views."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from budgets.selectors import teams_of
from runs.forms import SavedViewForm
from runs.models import SavedView
from runs.services.saved_views import TooManyViews, view_delete, view_save
from runs.views.asking import caller_of, page

# Where a list was left off, and what a poll had seen, are no part of a view.
PASSING = ("before", "seen")


def address_of(view: SavedView) -> str:
    """Return where a view leads; one of a page that is gone leads to the runs."""
    try:
        path = reverse(view.page)
    except NoReverseMatch:
        path = reverse("runs")
    return f"{path}?{view.query}" if view.query else path


@require_POST
@page
def view_new(request: HttpRequest) -> HttpResponse:
    """Keep the state of a page under a name, and go back to it."""
    caller = caller_of(request)
    form = SavedViewForm(request.POST)
    team = teams_of(caller).first()
    if not form.is_valid() or team is None:
        errors = [str(error) for found in form.errors.values() for error in found]
        messages.error(request, f"The view was not kept. {' '.join(errors)}", extra_tags="bad")
        return redirect("runs")
    given = form.cleaned_data
    pairs = [pair for pair in parse_qsl(given["query"]) if pair[0] not in PASSING]
    try:
        view = view_save(
            caller,
            team.org,
            name=given["name"],
            page=given["page"],
            query=urlencode(pairs)[:4000],
            shared=given["shared"],
            now=timezone.now(),
        )
    except TooManyViews as refused:
        messages.error(request, str(refused), extra_tags="bad")
        return redirect(f"{reverse(given['page'])}?{urlencode(pairs)}")
    messages.success(request, f"“{view.name}” is kept among your views.", extra_tags="ok")
    return redirect(address_of(view))


@require_POST
@page
def view_gone(request: HttpRequest, view_id: int) -> HttpResponse:
    """Delete one of the person's own views."""
    view_delete(caller_of(request), view_id)
    messages.success(request, "The view is deleted.", extra_tags="ok")
    return redirect("runs")
