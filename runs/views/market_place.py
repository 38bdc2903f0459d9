"""Whose models, prices and invoices a page of settings is about, and who may change them."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from routing.selectors.market import OfferedModel, offered_model
from routing.services.market import Actor
from runs.core.refusals import NotVisible
from runs.selectors.org_pages import OrgPlace, org_place
from runs.views.asking import caller_of


def place_of(request: HttpRequest) -> OrgPlace:
    """Return the organisation that the address names, or the reader's first."""
    return org_place(caller_of(request), request.GET.get("org", "")[:20])


def actor_of(place: OrgPlace, now: datetime) -> Actor:
    """Return who changes something. Raises: PermissionDenied."""
    return Actor(place.require().org.pk, place.caller.name, now)


def query_of(place: OrgPlace) -> str:
    """Return what keeps the organisation in addresses, where there are several."""
    return f"?org={place.org.pk}" if place.others else ""


def existing_model(place: OrgPlace, name: str) -> OfferedModel:
    """Return the organisation's model of that name. Raises: NotVisible."""
    one = offered_model(place.org.pk, name.replace("\0", ""), timezone.now())
    if one is None:
        raise NotVisible("There is no such model.")
    return one
