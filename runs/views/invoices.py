"""Settings: a provider's invoice beside our calls, and pricing history anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from budgets.core.errors import InvalidChange
from budgets.models import Team
from routing.core.invoice import InvalidInvoice
from routing.models import InvoiceCheck, Repricing
from routing.selectors.known_models import every_model
from routing.services.invoices import check_invoice
from runs.core.refusals import NotVisible
from runs.selectors.org_pages import OrgPlace
from runs.services.repricing import Asked, Preview, preview, reprice
from runs.views.asking import page
from runs.views.budget_forms import LOCAL, MomentField
from runs.views.budget_words import moment_in
from runs.views.formats import usd
from runs.views.market import actor_of, place_of, query_of

SHOWN = 50
# What a preview asked for, and its correction asks for again.
KEPT = ("model", "starts_at", "ends_at")


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

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if bool(given.get("first_day")) != bool(given.get("last_day")):
            self.add_error("last_day", "Give both days, or neither.")
        return given


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
            given["file"].read(), given["file"].name, given["provider"], days, actor
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


@require_http_methods(["GET", "HEAD", "POST"])
@page
def repricing(request: HttpRequest) -> HttpResponse:
    """Show what pricing anew would change; on POST, do it."""
    place = place_of(request)
    asked = request.GET if "model" in request.GET else None
    asked = request.POST if request.method == "POST" else asked
    form = RepriceForm(place, asked)
    seen: Preview | None = None
    if request.method == "POST":
        actor = actor_of(place, timezone.now())
        if form.is_valid() and not form.cleaned_data["reason"].strip():
            form.add_error("reason", "Say why: a price was corrected, an invoice said so.")
    if asked is not None and form.is_valid():
        given = form.cleaned_data
        wanted = Asked(place.org, given["model"], given["starts_at"], given["ends_at"])
        try:
            if request.method == "POST":
                made = reprice(
                    wanted, reason=given["reason"].strip(), actor=actor.name, now=actor.now
                )
                change = usd(made.after_nanousd - made.before_nanousd)
                said = f"{made.calls} calls are corrected, by {change} in all."
                messages.success(request, said, extra_tags="ok")
                return redirect(reverse("reprice") + query_of(place))
            seen = preview(wanted)
        except InvalidChange as refused:
            for field, sentences in refused.errors.items():
                form.add_error(field, sentences[0])
    status = 422 if request.method == "POST" else 200
    return render(
        request, "market/reprice.html", _reprice_context(place, form, seen), status=status
    )


def _reprice_context(place: OrgPlace, form: RepriceForm, seen: Preview | None) -> dict[str, Any]:
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
    done = Repricing.objects.filter(org_id=place.org.pk)[:SHOWN]
    return {
        "place": place, "query": query_of(place), "form": form, "seen": seen, "parts": parts,
        "done": done, "asked": [(name, form.data.get(name, "")) for name in KEPT],
    }  # fmt: skip


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
