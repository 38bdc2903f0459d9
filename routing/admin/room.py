"""The auditor's room: proving the chain, and exporting evidence."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import admin
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from budgets.models import Team
from routing.admin.denials import USUAL_DAYS, denials
from routing.core.chain import START, Link
from routing.selectors import office
from routing.selectors.office import ChainOf
from routing.services.audit import Walked, head_of, heads_of, off_anchor, walk_on
from routing.services.evidence import export_evidence

# How many decisions are walked before the page tells how far it is: some two seconds.
STEP = 20_000
SALT, HOUR_SECONDS = "routing.admin.room", 3600


class EvidenceForm(forms.Form):
    """Of which days evidence is wanted, the last one included."""

    since = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        """Refuse days that end before they begin."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("since") and given.get("until") and given["since"] > given["until"]:
            raise forms.ValidationError("The first day lies after the last one: swap them.")
        return given


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain as the room names it."""

    org: ChainOf
    length: int
    head: str


def urls(wrap: Callable[[Any], Any]) -> list[URLPattern]:
    """Return the room's addresses, below those of decisions."""
    return [
        path("verify/<int:org_id>/", wrap(verify), name="audit-verify"),
        path("head/<int:org_id>/", wrap(head), name="audit-head"),
        path("evidence/<int:org_id>/", wrap(evidence), name="audit-evidence"),
        path("denials/", wrap(denials), name="audit-denials"),
    ]


def room_of(request: HttpRequest) -> dict[str, Any]:
    """Return what the site's first page shows of the room; empty for who may read nothing."""
    if not office.reads_decisions(request.user):
        return {}
    owners = office.readable_chains(request.user)
    heads = heads_of([owner.pk for owner in owners])
    chains = [Chain(owner, *heads[owner.pk]) for owner in owners]
    return {"chains": chains, "days": USUAL_DAYS}


@require_POST
def verify(request: HttpRequest, org_id: int) -> HttpResponse:
    """Walk a chain, a step at a time where it is long, and tell what was found."""
    org = _org(request, org_id)
    seen, spent = _place(request.POST.get("place", ""), org_id)
    began = time.monotonic()
    walked = walk_on(org_id, seen, STEP)
    spent += time.monotonic() - began
    kept = request.POST.get("anchor", "").strip()
    position = walked.seen.position
    context = _page(request, f"The chain of {org.name}") | {
        "org": org,
        "walked": walked,
        "seconds": f"{spent:.1f}",
        "percent": 100 * position // max(1, walked.head.position),
        "place": _written(walked, org_id, spent),
        "anchor": kept,
        "anchor_said": _anchor_said(org_id, kept) if walked.done and kept else "",
    }
    return render(request, "admin/audit/verify.html", context)


@require_safe
def head(request: HttpRequest, org_id: int) -> HttpResponse:
    """Answer where a chain ends now, as a file to be kept elsewhere."""
    org = _org(request, org_id)
    position, digest = head_of(org_id)
    text = f"{position}:{digest}\n"
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    name = f"head-{org.slug}-{timezone.now():%Y%m%d}.txt"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def evidence(request: HttpRequest, org_id: int) -> Any:
    """Ask for a period, and answer its evidence as a zip."""
    org = _org(request, org_id)
    today = timezone.now().astimezone(org.zone).date()
    first = today - timedelta(days=USUAL_DAYS - 1)
    form = EvidenceForm(request.POST or None, initial={"since": first, "until": today})
    if request.method == "POST" and form.is_valid():
        return _pack(org, form.cleaned_data)
    context = _page(request, f"Evidence of {org.name}") | {"org": org, "form": form}
    return render(request, "admin/audit/evidence.html", context)


def _page(request: HttpRequest, title: str) -> dict[str, Any]:
    return admin.site.each_context(request) | {"title": title}


def _org(request: HttpRequest, org_id: int) -> ChainOf:
    if not office.reads_decisions(request.user):
        raise PermissionDenied
    found = office.readable_chain(request.user, org_id)
    if found is None:
        raise Http404("There is no such chain.")
    return found


def _place(text: str, org_id: int) -> tuple[Link, float]:
    """Return where a walk goes on, and how long it took; signed, so that none skips a part."""
    try:
        org, position, digest, spent = signing.loads(text, salt=SALT, max_age=HOUR_SECONDS)
    except signing.BadSignature:
        return START, 0.0
    return (Link(position, "", digest), spent) if org == org_id else (START, 0.0)


def _written(walked: Walked, org_id: int, spent: float) -> str:
    if walked.done:
        return ""
    return signing.dumps([org_id, walked.seen.position, walked.seen.hash, spent], salt=SALT)


def _anchor_said(org_id: int, text: str) -> str:
    """Return how a head that was kept fits the chain, in a sentence."""
    position, _, digest = text.partition(":")
    if not (position.isascii() and position.isdigit() and len(position) < 19 and len(digest) == 64):
        return "What was kept is no head: it is a place, a colon and a hash of 64 characters."
    broken = off_anchor(org_id, (int(position), digest))
    if broken is None:
        return "The head that was kept still stands where it stood."
    return f"At place {broken.position} {broken.reason}: the chain was written anew."


def _pack(org: ChainOf, given: dict[str, Any]) -> FileResponse:
    since = datetime.combine(given["since"], datetime.min.time(), org.zone)
    until = datetime.combine(given["until"] + timedelta(days=1), datetime.min.time(), org.zone)
    teams = dict(Team.objects.filter(org=org.pk).values_list("pk", "slug"))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "evidence.zip"
        export_evidence(org.pk, since, until, target, lambda team: teams.get(team, ""))
        # Open while it is still there; the folder may go, the file lives until it is closed.
        pack = target.open("rb")
    name = f"evidence-{org.slug}-{given['since']:%Y%m%d}-{given['until']:%Y%m%d}.zip"
    return FileResponse(pack, as_attachment=True, filename=name)
