"""Settings: pricing history anew, looked at first, then carried out by a worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from budgets.core.errors import InvalidChange
from budgets.models import Team
from routing.models import Repricing
from routing.selectors.known_models import every_model
from runs.selectors.org_pages import OrgPlace
from runs.services.repricing import Asked, Preview, ask, preview
from runs.views.asking import page, wants_part
from runs.views.budget_forms import LOCAL, MomentField
from runs.views.budget_words import moment_in
from runs.views.market_place import actor_of, place_of, query_of
from runs.views.refusing import put_errors

SHOWN = 50
# What a preview asked for, and its correction asks for again.
KEPT = ("model", "starts_at", "ends_at")


class RepriceForm(forms.Form):
    """Which calls to price anew, and why."""

    model = forms.ChoiceField()
    starts_at = MomentField(label="Calls from")
    ends_at = MomentField(label="Until")
    reason = forms.CharField(max_length=200, required=False)

    def __init__(self, place: OrgPlace, data: Any = None) -> None:
        super().__init__(data, auto_id="reprice_%s", initial=_usual(place))
        model = self.fields["model"]
        assert isinstance(model, forms.ChoiceField)
        names = sorted(every_model(place.org.pk).models)
        model.choices = [(name, name) for name in names]
        for name in ("starts_at", "ends_at"):
            field = self.fields[name]
            assert isinstance(field, MomentField)
            field.zone = place.org.zone

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = given.get("starts_at"), given.get("ends_at")
        if start and end and start >= end:
            self.add_error("ends_at", "It must end after it begins.")
        return given


def _usual(place: OrgPlace) -> dict[str, str]:
    now = timezone.now().astimezone(place.org.zone)
    later = now + timedelta(minutes=1)
    return {"starts_at": now.strftime("%Y-%m-01T00:00"), "ends_at": later.strftime(LOCAL)}


@require_http_methods(["GET", "HEAD", "POST"])
@page
def repricing(request: HttpRequest) -> HttpResponse:
    """Show what pricing anew would change, or have it done; its progress is a part of the page."""
    place = place_of(request)
    if request.method == "POST":
        return _ask(request, place)
    if wants_part(request):
        return render(request, "market/parts/repriced.html", _done(place))
    form = RepriceForm(place, request.GET if "model" in request.GET else None)
    seen: Preview | None = None
    if form.is_bound and form.is_valid():
        seen = preview(_asked(place, form))
    return _show(request, place, form, seen)


def _ask(request: HttpRequest, place: OrgPlace) -> HttpResponse:
    actor = actor_of(place, timezone.now())
    form = RepriceForm(place, request.POST)
    reason = request.POST.get("reason", "").strip()
    if form.is_valid() and not reason:
        form.add_error("reason", "Say why: a price was corrected, an invoice said so.")
    if not form.is_valid():
        return _show(request, place, form, None, status=422)
    try:
        made = ask(_asked(place, form), reason=reason, actor=actor.name, now=actor.now)
    except InvalidChange as refused:
        put_errors(form, refused)
        return _show(request, place, form, None, status=422)
    said = f"A worker goes through {made.total:,} calls of {made.model}; this page may be left."
    messages.success(request, said, extra_tags="ok")
    return redirect(reverse("reprice") + query_of(place))


def _asked(place: OrgPlace, form: RepriceForm) -> Asked:
    given = form.cleaned_data
    return Asked(place.org, given["model"], given["starts_at"], given["ends_at"])


def _done(place: OrgPlace) -> dict[str, Any]:
    done = list(Repricing.objects.filter(org_id=place.org.pk)[:SHOWN])
    going = any(one.is_going_on for one in done)
    return {"done": done, "going": going, "query": query_of(place)}


def _show(
    request: HttpRequest,
    place: OrgPlace,
    form: RepriceForm,
    seen: Preview | None,
    status: int = 200,
) -> HttpResponse:
    teams = dict(Team.objects.filter(org=place.org).values_list("pk", "name"))
    zone, now = place.org.zone, timezone.now()
    parts = [
        (
            teams.get(part.team_id, "–"),
            moment_in(part.period[0], zone),
            part.period[1] is not None and part.period[1] <= now,
            part,
        )
        for part in (seen.parts if seen else ())
    ]
    context = {
        "place": place, "form": form, "seen": seen, "parts": parts,
        "asked": [(name, form.data.get(name, "")) for name in KEPT],
    }  # fmt: skip
    return render(request, "market/reprice.html", context | _done(place), status=status)
