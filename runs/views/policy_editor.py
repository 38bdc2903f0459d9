"""The editor of a policy: as a form or as YAML, judged while one writes, replayed, and saved."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from budgets.core.access import Action, Caller
from routing.core.policy_words import MODE_WORDS
from routing.models import Policy
from routing.services import policies
from runs.core.refusals import InvalidSubmission
from runs.selectors.policy_target import lacking, require, target_of
from runs.services.policy_saving import may_change, policy_get, save_target
from runs.views.asking import caller_of, page, wants_part
from runs.views.policy_conflict import conflict_of
from runs.views.policy_form import LISTS
from runs.views.policy_replaying import PERIODS, USUAL, may_replay, replay_part
from runs.views.policy_writing import Writing, start_from, written_by

CONFLICT, UNPROCESSABLE = 409, 422


@require_http_methods(["GET", "HEAD", "POST"])
@page
def policy_new(request: HttpRequest) -> HttpResponse:
    """Write a policy that is not there yet."""
    caller = caller_of(request)
    require(caller, Action.READ_POLICIES)
    return _edit(request, caller, None)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def policy_edit(request: HttpRequest, policy_id: int) -> HttpResponse:
    """Write the next version of a policy."""
    caller = caller_of(request)
    return _edit(request, caller, policy_get(caller, policy_id))


def _edit(request: HttpRequest, caller: Caller, row: Policy | None) -> HttpResponse:
    may_save = may_change(caller, row) if row else _may_write(caller)
    if request.method != "POST":
        return _opened(request, start_from(request, caller, row), may_save)
    writing = written_by(request, caller, row)
    do = request.POST.get("do", "save")
    if do == "check":
        return render(request, "policies/parts/findings.html", _findings(writing))
    if do == "replay":
        return _replayed(request, writing, may_save)
    if do in ("form", "yaml", "open"):
        return _shown(request, writing.turned(do), may_save)
    if not may_save:
        raise PermissionDenied(lacking(caller, Action.WRITE_POLICIES))
    return _saved(request, writing)


def _opened(request: HttpRequest, writing: Writing, may_save: bool) -> HttpResponse:
    """Show the editor; an address may ask for a replay at once."""
    also = replay_part(writing, request.GET["replay"]) if request.GET.get("replay") else {}
    return _shown(request, writing, may_save, **also)


def _replayed(request: HttpRequest, writing: Writing, may_save: bool) -> HttpResponse:
    part = replay_part(writing, request.POST.get("days", ""))
    if wants_part(request):
        return render(request, "policies/parts/replay.html", part)
    return _shown(request, writing, may_save, **part)


def _saved(request: HttpRequest, writing: Writing) -> HttpResponse:
    """Save; whatever stands against it is said above what was written, which stays."""
    caller = writing.caller
    try:
        target = target_of(caller, writing.plain(), Action.WRITE_POLICIES)
        row = save_target(caller, writing.row, target, timezone.now())
    except PermissionDenied as error:
        # Somewhere they may, or they would not be here: the draft stays, to be placed there.
        writing.refuse({"scope": [str(error)]})
    except InvalidSubmission as error:
        writing.refuse(error.errors)
    except policies.NameTaken as error:
        writing.refuse({"name": [str(error)]})
    except policies.Contradictory:
        return _shown(request, writing, True, status=UNPROCESSABLE, refused=True)
    except policies.Outdated as error:
        conflict = conflict_of(writing, error.version)
        return _shown(request, writing, True, status=CONFLICT, conflict=conflict)
    else:
        messages.success(request, _said(row, writing), extra_tags="ok")
        return redirect("policy", row.pk)
    return _shown(request, writing, True, status=UNPROCESSABLE)


def _said(row: Policy, writing: Writing) -> str:
    if writing.row is not None and row.version == writing.row.version:
        return f"Nothing was changed: it is still version {row.version}."
    state = "It holds from the next call on." if row.enabled else "It is not in force."
    return f"Saved as version {row.version}. {state}"


def _shown(
    request: HttpRequest, writing: Writing, may_save: bool, *, status: int = 200, **also: Any
) -> HttpResponse:
    form = writing.form
    context = {
        "writing": writing,
        "may_save": may_save,
        "sees_decisions": may_replay(writing.caller),
        "lists": [form[name] for name in LISTS],
        "modes": [(box, MODE_WORDS[box.data["value"]]) for box in form["mode"]],
        "periods": PERIODS,
        "days": USUAL,
    }
    context |= _findings(writing) | also
    return render(request, "policies/editor.html", context, status=status)


def _findings(writing: Writing) -> dict[str, Any]:
    """Return what is wrong with the draft, or that it cannot be read yet."""
    target, errors = writing.target()
    if target is None:
        return {"unread": errors}
    found = policies.check_policy(target.org.pk, target.draft, target.team, timezone.now())
    ordered = sorted(found, key=lambda one: not one.blocking)
    return {"findings": ordered, "blocked": any(one.blocking for one in found)}


def _may_write(caller: Caller) -> bool:
    wide = any(Action.WRITE_POLICIES in granted for granted in caller.org_actions.values())
    return wide or bool(caller.team_ids(Action.WRITE_POLICIES))
