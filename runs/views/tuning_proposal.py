"""The page of one proposal to tune: figures, data sets, the model that came of it, its return."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from budgets.core.access import Action
from routing.models.recommendation import State
from runs.core.refusals import NotVisible
from runs.core.tuning.dataset import FORMATS, Part
from runs.models import TuningDataset
from runs.models.tuning import JobState
from runs.selectors.tuning.examples import Kind
from runs.selectors.tuning.stored import dataset_get, datasets_of, proposal_get
from runs.services.tuning.datasets import ask_for_dataset
from runs.services.tuning.returns import (
    NotRegistrable,
    keep_returns,
    register_model,
    returns_of,
    tuned_of,
)
from runs.views.asking import caller_of, page, wants_part
from runs.views.budget_forms import AmountField
from runs.views.tuning import require
from runs.views.tuning_download import download
from runs.views.tuning_figures import OfferCard, interval_text, left_out_of

DATASETS = 10
LINKABLE = (State.PROPOSED, State.APPLIED)


class OptionalAmountField(AmountField):
    """An amount that may be left out: None."""

    def clean(self, value: Any) -> Any:
        return super().clean(value) if str(value or "").strip() else None


class ModelForm(forms.Form):
    """The model that was tuned. `training_usd` empty: what was estimated."""

    model = forms.CharField(
        max_length=128, label="Name of the tuned model",
        help_text="As routing knows it: add it under Settings, Models first.",
    )  # fmt: skip
    training_usd = OptionalAmountField(required=False, label="What training it cost")


@require_safe
@page
def proposal(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Show one proposal."""
    caller = caller_of(request)
    row, place = proposal_get(caller, proposal_id)
    may_decide = place.allows(caller, Action.STEER_ROUTING)
    found = datasets_of(caller).filter(recommendation_id=row.pk)[:DATASETS]
    context: dict[str, Any] = {
        "row": row,
        "place": place,
        "card": OfferCard(row.evidence),
        "left_out": left_out_of(row.evidence.get("left_out", {})),
        "datasets": [DatasetCard(one) for one in found],
        "waits": any(one.state == JobState.QUEUED for one in found),
        "texts": place.allows(caller, Action.READ_TEXTS),
        "tuned": tuned_of(row),
        "returns": [(one, interval_text(one.saving)) for one in returns_of(row, timezone.now())],
        "form": ModelForm() if may_decide and row.state in LINKABLE else None,
        "may_dismiss": may_decide and row.state == State.PROPOSED,
        "may_revert": may_decide and row.state == State.APPLIED,
    }
    part = wants_part(request)
    return render(request, f"tuning/{'parts/datasets' if part else 'proposal'}.html", context)


@require_POST
@page
def dataset_new(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Have a worker choose the examples of a data set."""
    caller = caller_of(request)
    row, place = proposal_get(caller, proposal_id)
    require(caller, Action.READ_TEXTS, place)
    kind = Kind(row.task_type, row.evidence.get("validator", ""))
    ask_for_dataset(place, kind, actor=caller.name, now=timezone.now(), recommendation=row.pk)
    return redirect("tuning-proposal", row.pk)


@require_POST
@page
def model_register(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Link the model that was tuned to its proposal."""
    caller, now = caller_of(request), timezone.now()
    row, place = proposal_get(caller, proposal_id)
    require(caller, Action.STEER_ROUTING, place)
    form = ModelForm(request.POST)
    if not form.is_valid():
        messages.error(request, _first(form), extra_tags="bad")
        return redirect("tuning-proposal", row.pk)
    given = form.cleaned_data
    try:
        made = register_model(
            row, given["model"], given["training_usd"], actor=caller.name, now=now
        )
        keep_returns(made, now)
    except NotRegistrable as refused:
        messages.error(request, str(refused), extra_tags="bad")
    else:
        messages.success(request, "Linked. What it brings is counted from now.", extra_tags="ok")
    return redirect("tuning-proposal", row.pk)


@require_safe
@page
def dataset_file(request: HttpRequest, dataset_id: UUID, form: str, part: str) -> HttpResponseBase:
    """Write one file of a data set, line by line."""
    caller = caller_of(request)
    dataset = dataset_get(caller, dataset_id)
    if form not in FORMATS or part not in set(Part):
        raise NotVisible("There is no such file.")
    return download(request, dataset, form, Part(part), actor=caller.name)


class DatasetCard:
    """A data set: how many examples, what was left out and hidden, and where its files are."""

    def __init__(self, row: TuningDataset) -> None:
        self.row = row
        self.left_out = left_out_of(row.left_out)
        self.hidden = [(kind.replace("_", " "), n) for kind, n in row.redactions.items()]

    @property
    def is_done(self) -> bool:
        return self.row.state == JobState.DONE

    @property
    def files(self) -> list[tuple[str, str, int, str]]:
        """Return format, part, number of lines and digest of each file that has any."""
        counts = {Part.TRAIN: self.row.train, Part.VALIDATION: self.row.validation}
        return [
            (form, part.value, counts[part], self.row.digests.get(form, {}).get(part.value, ""))
            for form in FORMATS
            for part in Part
            if counts[part]
        ]


def _first(form: forms.Form) -> str:
    name, errors = next(iter(form.errors.items()))
    return f"{form.fields[name].label}: {errors[0]}"
