"""The page of what proposals take for granted."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from budgets.core.access import Action, Caller
from budgets.models import Org
from budgets.selectors import orgs_of
from budgets.services.access import can
from runs.core.tuning.assumptions import BASE_MONEY, InvalidAssumption, as_json
from runs.models import TuningAssumptions
from runs.selectors.runs import refusal
from runs.selectors.tuning.assumptions import assumptions_of
from runs.selectors.tuning.places import places_of
from runs.services.tuning.assumptions import change_assumptions
from runs.views.asking import caller_of, page
from runs.views.tuning_figures import RULES, is_first_guess

COLUMNS = {
    "name": "Base model",
    "provider": "Provider",
    "training_usd": "Training",
    "input_usd": "Input",
    "output_usd": "Output",
    "hosting_usd": "Hosting a month",
    "priced_at": "Prices of",
    "source": "Source",
    "known_as": "Known to routing as",
}
HINTS = {
    "epochs": "How often training goes over the examples; each is paid.",
    "min_examples": "Below this nothing is reckoned. Providers ask for 10, better 50 to 100.",
    "half_gap_examples": "So many close half of the gap between base model and examples.",
    "prompt_share": "1 is as long as now; a tuned model may do with less.",
    "volume_growth": "1 is as many tasks as now.",
    "labour_usd": "In dollars, added to what training costs.",
}


@require_http_methods(["GET", "HEAD", "POST"])
@page
def assumptions(request: HttpRequest) -> HttpResponse:
    """Show what an organisation assumes, or change it."""
    caller = caller_of(request)
    given = request.POST if request.method == "POST" else request.GET
    org = _org(caller, given.get("org", ""))
    writes = can(caller, Action.STEER_ROUTING, org)
    if request.method != "POST":
        return _show(request, org, as_json(assumptions_of(org.pk)), {}, writes=writes)
    if not writes:
        raise PermissionDenied(refusal(caller, Action.STEER_ROUTING))
    wanted = _wanted(given)
    try:
        change_assumptions(org, wanted, actor=caller.name, now=timezone.now())
    except InvalidAssumption as refused:
        shown = as_json(assumptions_of(org.pk)) | wanted
        return _show(request, org, shown, refused.errors, writes=writes, status=422)
    messages.success(request, "Saved. Proposals made from now on assume it.", extra_tags="ok")
    return redirect(f"{reverse('tuning-assumptions')}?{urlencode({'org': org.slug})}")


def _show(
    request: HttpRequest,
    org: Org,
    shown: dict[str, Any],
    errors: dict[str, str],
    *,
    writes: bool,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "org": org,
        "writes": writes,
        "rules": [
            (name, label, shown[name], HINTS[name], errors.get(name, ""))
            for name, label in RULES.items()
        ],
        "columns": list(COLUMNS.values()),
        "bases": [
            (is_first_guess(row),
             [(name, label, row.get(name, ""), name in BASE_MONEY)
              for name, label in COLUMNS.items()])
            for row in [*shown["base_models"], *([{}] if writes else [])]
        ],
        "guessed": any(is_first_guess(row) for row in shown["base_models"]),
        "bases_error": errors.get("base_models", ""),
        "changed": TuningAssumptions.objects.filter(org=org).first(),
    }  # fmt: skip
    return render(request, "tuning/assumptions.html", context, status=status)


def _org(caller: Caller, slug: str) -> Org:
    """Return the organisation that is meant, of those whose figures the caller may read."""
    ids = {place.org.pk for place in places_of(caller)}
    orgs = [org for org in orgs_of(caller).order_by("name") if org.pk in ids]
    if not orgs:
        raise PermissionDenied(refusal(caller, Action.READ_USAGE))
    return next((org for org in orgs if org.slug == slug), orgs[0])


def _wanted(given: Any) -> dict[str, Any]:
    """Return what a form holds; a base model without a name is none."""
    wanted: dict[str, Any] = {name: given[name] for name in RULES if name in given}
    columns = [given.getlist(f"base_{name}") for name in COLUMNS]
    rows = [dict(zip(COLUMNS, values, strict=True)) for values in zip(*columns, strict=False)]
    bases = [row | {"hosting_usd": row["hosting_usd"] or "0"} for row in rows if row["name"]]
    return wanted | ({"base_models": bases} if any(columns) else {})
