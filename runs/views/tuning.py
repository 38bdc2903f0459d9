"""The pages on what models keep failing at, and on what tuning one would bring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from budgets.core.access import Action, Caller
from runs.core.rules import TaskType
from runs.core.tasks import VALIDATORS
from runs.models.tuning import JobState
from runs.selectors.runs import refusal
from runs.selectors.tuning.examples import Kind
from runs.selectors.tuning.places import Place, place_named, places_of
from runs.selectors.tuning.stored import newest_analyses, patterns_of, proposals_of
from runs.services.tuning.analysis import WINDOW, ask_for_analysis
from runs.services.tuning.proposals import evidence_of, propose, reckon
from runs.views.asking import caller_of, page, wants_part
from runs.views.tuning_figures import OfferCard, left_out_of

PROPOSALS = 20


@require_safe
@page
def patterns(request: HttpRequest) -> HttpResponse:
    """Show what keeps failing in one place, and what was proposed against it."""
    caller = caller_of(request)
    place = chosen_place(caller, request)
    newest, done = newest_analyses(place)
    texts = place.allows(caller, Action.READ_TEXTS)
    context: dict[str, Any] = {
        "places": places_of(caller),
        "place": place,
        "newest": newest,
        "waits": newest is not None and newest.state == JobState.QUEUED,
        "done": done,
        "patterns": patterns_of(done, texts=texts) if done else [],
        "texts": texts,
        "days": WINDOW.days,
        "proposals": proposals_of([place])[:PROPOSALS],
        "task_types": [kind.value for kind in TaskType],
    }
    part = wants_part(request)
    return render(request, f"tuning/{'parts/patterns' if part else 'patterns'}.html", context)


@require_POST
@page
def look(request: HttpRequest) -> HttpResponse:
    """Have a worker look for patterns."""
    caller = caller_of(request)
    place = place_named(caller, request.POST.get("place", ""))
    require(caller, Action.READ_TEXTS, place)
    ask_for_analysis(place, actor=caller.name, now=timezone.now())
    return redirect(f"{reverse('tuning')}?{urlencode({'place': place.key})}")


@require_safe
@page
def reckoning(request: HttpRequest) -> HttpResponse:
    """Show what tuning for a kind of task would bring, base model by base model."""
    caller = caller_of(request)
    place = chosen_place(caller, request)
    kind, notes = kind_of(request.GET)
    reckoned = reckon(place, kind, timezone.now())
    context: dict[str, Any] = {
        "place": place,
        "kind": kind,
        "notes": notes,
        "reckoned": reckoned,
        "cards": [(one, OfferCard(evidence_of(reckoned, one))) for one in reckoned.offers],
        "left_out": left_out_of({why.value: n for why, n in reckoned.examples.left_out.items()}),
        "keeps": place.allows(caller, Action.STEER_ROUTING),
    }
    return render(request, "tuning/reckoning.html", context)


@require_POST
@page
def proposal_new(request: HttpRequest) -> HttpResponse:
    """Keep one base model's figures as a proposal."""
    caller, now = caller_of(request), timezone.now()
    place = place_named(caller, request.POST.get("place", ""))
    require(caller, Action.STEER_ROUTING, place)
    kind, notes = kind_of(request.POST)
    if notes:
        messages.error(request, f"Nothing was kept. {' '.join(notes)}", extra_tags="bad")
        return redirect(f"{reverse('tuning')}?{urlencode({'place': place.key})}")
    reckoned = reckon(place, kind, now)
    base = request.POST.get("base", "")
    offer = next((one for one in reckoned.offers if one.base.name == base), None)
    if offer is None or not offer.is_sure:
        messages.error(
            request, "Nothing was kept: by today's figures it saves nothing for sure.",
            extra_tags="bad",
        )  # fmt: skip
        return redirect(reckoning_url(place, kind))
    made = propose(reckoned, offer, actor=caller.name, now=now)
    messages.success(request, "Kept, with the figures of today.", extra_tags="ok")
    return redirect("tuning-proposal", made.pk)


def reckoning_url(place: Place, kind: Kind) -> str:
    """Return the address of the figures of a kind of task."""
    asked = {"place": place.key, "task_type": kind.task_type, "validator": kind.validator}
    return f"{reverse('tuning-reckoning')}?{urlencode({k: v for k, v in asked.items() if v})}"


def kind_of(given: Any) -> tuple[Kind, list[str]]:
    """Return the kind of task that an address or a form names, and what of it there is not.

    An unknown type is taken for the first, an unknown validator for none.
    """
    types = [kind.value for kind in TaskType]
    task_type, type_note = _one_of("task_type", types, given)
    validator, validator_note = _one_of("validator", VALIDATORS, given)
    notes = [note for note in (type_note, validator_note) if note]
    return Kind(task_type or TaskType.CODE_GENERATION.value, validator), notes


def _one_of(name: str, known: Iterable[str], given: Any) -> tuple[str, str]:
    """Return what is given if there is such a thing, and what to say if there is not."""
    value, words = given.get(name, ""), list(known)
    if not value or value in words:
        return value, ""
    return "", f"{name}: there is no {value[:40]!r}, only {', '.join(words)}."


def require(caller: Caller, action: Action, place: Place) -> None:
    """Raises: PermissionDenied where the caller may not do this in the place."""
    if not place.allows(caller, action):
        raise PermissionDenied(refusal(caller, action))


def chosen_place(caller: Caller, request: HttpRequest) -> Place:
    """Return the place that an address names, by default the widest. Raises: NotVisible."""
    key = request.GET.get("place", "")
    if key:
        return place_named(caller, key)
    places = places_of(caller)
    if not places:
        raise PermissionDenied(refusal(caller, Action.READ_USAGE))
    return places[0]
