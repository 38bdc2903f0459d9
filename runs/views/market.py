"""Settings: providers and models of an organisation, switching them, and adding one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from budgets.core.errors import InvalidChange
from routing.selectors.market import offered_providers, suggested_models
from routing.services.market import add_model, switch_model, switch_provider
from runs.core.refusals import NotVisible
from runs.views.asking import page, wants_part
from runs.views.market_forms import AddModelForm
from runs.views.market_place import actor_of, existing_model, place_of, query_of
from runs.views.model_lines import ModelLine


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
        switch_model(existing_model(place, name).known.spec.name, on, actor)
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
