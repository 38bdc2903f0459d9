"""Settings: providers and models of an organisation, what they cost, and switching them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from budgets.core.errors import InvalidChange
from routing.core.breaker import CLOSED
from routing.core.pricing import Prices
from routing.selectors.market import (
    OfferedModel,
    offered_model,
    offered_providers,
    price_history,
    suggested_models,
)
from routing.services.market import (
    Actor,
    add_model,
    add_price,
    change_model,
    switch_model,
    switch_provider,
)
from runs.core.refusals import NotVisible
from runs.selectors.org_pages import OrgPlace, org_place
from runs.views.asking import caller_of, page, wants_part
from runs.views.market_forms import AddModelForm, ModelForm, PriceForm, dollars

SHOWN_CLASSES = {
    "input": "Input",
    "output": "Output",
    "cache_read": "Cache read",
    "cache_write": "Cache write",
    "reasoning": "Reasoning",
}
SOURCES = {
    "org": "your organisation",
    "house": "the house",
    "catalogue": "the catalogue",
    "list": "litellm's price list",
}


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model as it is shown: prices in dollars per million tokens, health in one word."""

    one: OfferedModel

    @property
    def name(self) -> str:
        return self.one.known.spec.name

    @property
    def source(self) -> str:
        return SOURCES[self.one.price.source]

    @property
    def health(self) -> str:
        state = self.one.breaker.state
        return "healthy" if state == CLOSED else "failing" if state == "OPEN" else "recovering"

    @property
    def rates(self) -> list[tuple[str, str]] | None:
        """Return label and price by class; None: no price is known."""
        return rates_of(self.one.price.prices)

    @property
    def steps(self) -> list[tuple[int, list[tuple[str, str]]]]:
        """Return what replaces the prices above so many input tokens."""
        prices = self.one.price.prices
        return [(at, _rates(rates)) for at, rates in prices.steps] if prices else []


def rates_of(prices: Prices | None) -> list[tuple[str, str]] | None:
    """Return label and price by class; None: unknown."""
    return None if prices is None else _rates(prices.base)


def _rates(rates: Any) -> list[tuple[str, str]]:
    return [(label, dollars(getattr(rates, name))) for name, label in SHOWN_CLASSES.items()]


def place_of(request: HttpRequest) -> OrgPlace:
    """Return the organisation that the address names, or the reader's first."""
    return org_place(caller_of(request), request.GET.get("org", "")[:20])


def actor_of(place: OrgPlace, now: datetime) -> Actor:
    """Return who changes something. Raises: PermissionDenied."""
    return Actor(place.require().org.pk, place.caller.name, now)


def query_of(place: OrgPlace) -> str:
    """Return what keeps the organisation in addresses, where there are several."""
    return f"?org={place.org.pk}" if place.others else ""


@require_safe
@page
def models_settings(request: HttpRequest) -> HttpResponse:
    """Show every provider and model of the organisation."""
    place = place_of(request)
    parts = [
        (provider, [ModelLine(one) for one in provider.models])
        for provider in offered_providers(place.org.pk, timezone.now())
    ]
    context = {
        "place": place,
        "query": query_of(place),
        "parts": parts,
    }
    return render(request, "market/list.html", context)


@require_POST
@page
def model_switch(request: HttpRequest, name: str) -> HttpResponse:
    """Let calls use a model, or not."""
    place, on = place_of(request), request.POST.get("on") == "1"
    actor = actor_of(place, timezone.now())
    try:
        switch_model(_existing(place, name).known.spec.name, on, actor)
    except InvalidChange as refused:
        messages.error(request, str(refused), extra_tags="bad")
    else:
        said = "can be chosen again" if on else "is not chosen any more, from the next calls on"
        messages.success(request, f"{name} {said}.", extra_tags="ok")
    return redirect(reverse("models-settings") + query_of(place))


@require_POST
@page
def provider_switch(request: HttpRequest, provider: str) -> HttpResponse:
    """Let calls go to a provider, or not."""
    place, on = place_of(request), request.POST.get("on") == "1"
    actor = actor_of(place, timezone.now())
    try:
        switch_provider(provider.replace("\0", ""), on, actor)
    except InvalidChange as refused:
        raise NotVisible(str(refused)) from refused
    said = "is called again" if on else "is not called any more, from the next calls on"
    messages.success(request, f"{provider} {said}.", extra_tags="ok")
    return redirect(reverse("models-settings") + query_of(place))


@require_http_methods(["GET", "HEAD", "POST"])
@page
def model_add(request: HttpRequest) -> HttpResponse:
    """Look for a model that litellm knows, and add it."""
    place = place_of(request).require()
    if wants_part(request):
        found = suggested_models(place.org.pk, request.GET.get("name", "")[:128])
        return render(request, "market/parts/suggested.html", {"found": found})
    form = AddModelForm(request.POST or None, initial={"name": request.GET.get("name", "")[:128]})
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"].strip()
        try:
            add_model(name, actor_of(place, timezone.now()))
        except InvalidChange as refused:
            form.add_error("name", refused.errors["name"][0])
        else:
            messages.success(request, f"{name} is there.", extra_tags="ok")
            return redirect(reverse("model-settings", args=[name]) + query_of(place))
    context = {"place": place, "query": query_of(place), "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "market/add.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def model_settings(request: HttpRequest, name: str) -> HttpResponse:
    """Show a model with its history of prices, or change what is said of it."""
    place, now = place_of(request), timezone.now()
    one = _existing(place, name)
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
    actor, one = actor_of(place, now), _existing(place, name)
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


def _existing(place: OrgPlace, name: str) -> OfferedModel:
    one = offered_model(place.org.pk, name.replace("\0", ""), timezone.now())
    if one is None:
        raise NotVisible("There is no such model.")
    return one


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
