"""Settings: a provider's invoice beside our calls."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from routing.core.invoice import InvalidInvoice
from routing.models import InvoiceCheck
from routing.selectors.known_models import every_model
from routing.services.invoices import check_invoice
from runs.core.refusals import NotVisible
from runs.selectors.org_pages import OrgPlace
from runs.views.asking import page
from runs.views.market_place import actor_of, place_of, query_of

SHOWN = 50
# What a column may hold, as `routing.core.invoice.COLUMNS` names it, and as people do.
THINGS = {
    "model": "Model",
    "class": "Class of token",
    "tokens": "Tokens",
    "cost": "Cost in dollars",
    "day": "Day",
}


class InvoiceForm(forms.Form):
    """A file, whose it is, and its days."""

    provider = forms.ChoiceField()
    file = forms.FileField(
        label="CSV file",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"required": "Choose the file.", "empty": "The file is empty."},
    )
    first_day = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last_day = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Days of UTC; empty: those in the file.",
    )

    def __init__(self, providers: list[str], data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, auto_id="invoice_%s")
        provider = self.fields["provider"]
        assert isinstance(provider, forms.ChoiceField)
        provider.choices = [(name, name) for name in providers]
        for thing, label in THINGS.items():
            self.fields[f"column_{thing}"] = forms.CharField(
                label=label, max_length=100, required=False
            )

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        return [field for field in self if not field.name.startswith("column_")]

    @property
    def columns(self) -> list[forms.BoundField]:
        return [field for field in self if field.name.startswith("column_")]

    @property
    def named(self) -> dict[str, str]:
        """Return which column holds what, where that was filled in."""
        given = {thing: self.cleaned_data[f"column_{thing}"] for thing in THINGS}
        return {thing: name for thing, name in given.items() if name}

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if bool(given.get("first_day")) != bool(given.get("last_day")):
            self.add_error("last_day", "Give both days, or neither.")
        return given


@require_http_methods(["GET", "HEAD", "POST"])
@page
def invoices(request: HttpRequest) -> HttpResponse:
    """Show what was compared, or compare an invoice."""
    place = place_of(request)
    providers = sorted(every_model(place.org.pk).providers)
    if request.method != "POST":
        return _list(request, place, InvoiceForm(providers))
    actor, form = (
        actor_of(place, timezone.now()),
        InvoiceForm(providers, request.POST, request.FILES),
    )
    if not form.is_valid():
        return _list(request, place, form)
    given = form.cleaned_data
    days = (given["first_day"], given["last_day"]) if given["first_day"] else None
    try:
        made, invoice = check_invoice(
            given["file"].read(), given["file"].name, given["provider"], days, actor, form.named
        )
    except InvalidInvoice as refused:
        form.add_error("file", str(refused))
        return _list(request, place, form)
    for sentence in invoice.refused:
        messages.warning(request, sentence, extra_tags="warn")
    return redirect(reverse("invoice", args=[made.pk]) + query_of(place))


@require_safe
@page
def invoice(request: HttpRequest, check_id: Any) -> HttpResponse:
    """Show one invoice beside our calls."""
    place = place_of(request)
    orgs = [place.org.pk, *(org.pk for org in place.others)]
    made = InvoiceCheck.objects.filter(org_id__in=orgs, pk=check_id).first()
    if made is None:
        raise NotVisible("There is no such invoice.")
    drift = made.theirs_nanousd - made.ours_nanousd
    share = f"{100 * drift / made.ours_nanousd:+.1f} %" if made.ours_nanousd else "–"
    context = {"made": made, "drift": drift, "share": share, "query": query_of(place)}
    return render(request, "market/invoice.html", context)


def _list(request: HttpRequest, place: OrgPlace, form: InvoiceForm) -> HttpResponse:
    made = InvoiceCheck.objects.filter(org_id=place.org.pk).defer("lines")[:SHOWN]
    context = {
        "place": place,
        "query": query_of(place),
        "form": form,
        "made": [(one, one.theirs_nanousd - one.ours_nanousd) for one in made],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "market/invoices.html", context, status=status)
