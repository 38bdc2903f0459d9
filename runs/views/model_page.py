"""Settings: one model of an organisation, what is said of it, and its dated prices."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from routing.selectors.market import OfferedModel, price_history
from routing.services.market import add_price, change_model
from runs.selectors.org_pages import OrgPlace
from runs.views.asking import page
from runs.views.market_forms import ModelForm, PriceForm
from runs.views.market_place import actor_of, existing_model, place_of, query_of
from runs.views.model_lines import ModelLine, rates_of


@require_http_methods(["GET", "HEAD", "POST"])
@page
def model_settings(request: HttpRequest, name: str) -> HttpResponse:
    """Show a model with its history of prices, or change what is said of it."""
    place, now = place_of(request), timezone.now()
    one = existing_model(place, name)
    if request.method != "POST":
        return _show(request, place, one, now)
    actor, form = actor_of(place, now), ModelForm(request.POST)
    if not form.is_valid():
        return _show(request, place, one, now, form=form)
    changed = change_model(name, form.traits, actor)
    said = "Changed, from the next calls on." if changed else "It says that already."
    messages.success(request, said, extra_tags="ok")
    return redirect(reverse("model-settings", args=[name]) + query_of(place))


@require_POST
@page
def price_add(request: HttpRequest, name: str) -> HttpResponse:
    """Enter what a model costs from a moment on."""
    place, now = place_of(request), timezone.now()
    actor, one = actor_of(place, now), existing_model(place, name)
    form = PriceForm(place.org.zone, now, request.POST)
    if not form.is_valid():
        return _show(request, place, one, now, price_form=form)
    given = form.cleaned_data
    row = add_price(name, given["starts_at"], form.usd, given["reason"].strip(), actor)
    if row.starts_at < now:
        said = "Entered. Calls since then keep what they were charged until history is priced anew."
    else:
        said = "Entered. It counts from then on."
    messages.success(request, said, extra_tags="ok")
    return redirect(reverse("model-settings", args=[name]) + query_of(place))


def _show(
    request: HttpRequest,
    place: OrgPlace,
    one: OfferedModel,
    now: datetime,
    form: ModelForm | None = None,
    price_form: PriceForm | None = None,
) -> HttpResponse:
    spec, wrong = one.known.spec, form is not None or price_form is not None
    history = price_history(place.org.pk, spec.name, now)
    context: dict[str, Any] = {
        "place": place,
        "query": query_of(place),
        "line": ModelLine(one),
        "spec": spec,
        "form": form or ModelForm.of(spec),
        "price_form": price_form or PriceForm(place.org.zone, now, prices=one.price.prices),
        "history": [(past, rates_of(past.prices)) for past in history],
        "now": now,
    }
    return render(request, "market/model.html", context, status=422 if wrong else 200)
