"""The page of one policy: what it says, who changed what when, what it decided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from budgets.models import Team
from routing.core.policy_draft import Draft
from routing.core.policy_yaml import draft_as_yaml
from routing.models import Policy
from routing.models.decision import Kind
from routing.selectors.decisions import DecisionFilters, decision_list
from routing.services import policies
from runs.core.refusals import NotVisible
from runs.services.policy_saving import may_change, policy_get, require_change
from runs.views.asking import caller_of, page
from runs.views.decision_rows import decision_rows
from runs.views.policy_list import rows_of
from runs.views.policy_replaying import may_replay
from runs.views.policy_versions import draft_now, version_lines

DECISIONS = 20
FILE_TYPE = "application/yaml; charset=utf-8"


@require_safe
@page
def policy(request: HttpRequest, policy_id: int) -> HttpResponse:
    """Show one policy."""
    caller = caller_of(request)
    row = policy_get(caller, policy_id)
    draft = draft_now(row)
    filters = DecisionFilters(kind=(Kind.POLICY,), policy=row.name)
    made = decision_list(caller, filters).filter(org_id=row.org_id).order_by("-id")
    context: dict[str, Any] = {
        "row": rows_of(caller, [row])[0],
        "policy": row,
        "yaml": draft_as_yaml(draft) if draft else "",
        "versions": version_lines(row),
        "may_write": may_change(caller, row),
        "sees_decisions": may_replay(caller),
        "decisions": decision_rows(list(made.defer("inputs", "candidates")[:DECISIONS])),
    }
    return render(request, "policies/page.html", context)


@require_safe
@page
def policy_file(request: HttpRequest, policy_id: int) -> HttpResponse:
    """Answer a policy, or one of its versions, as a YAML file."""
    row = policy_get(caller_of(request), policy_id)
    number = request.GET.get("version", "")
    wanted = int(number) if number.isdecimal() and len(number) < 10 else row.version
    version = row.versions.filter(version=wanted).first()
    draft = draft_now(row, version) if version else None
    if draft is None:
        raise NotVisible("There is no such version, or it cannot be read.")
    response = HttpResponse(draft_as_yaml(draft), content_type=FILE_TYPE)
    name = f"{row.name.replace(' ', '-')}-v{wanted}.yaml"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
@page
def policy_retire(request: HttpRequest, policy_id: int) -> HttpResponse:
    """Take a policy out of force; its versions and decisions stay."""
    return _switch(request, policy_id, enabled=False)


@require_POST
@page
def policy_restore(request: HttpRequest, policy_id: int) -> HttpResponse:
    """Put a retired policy in force again, unless it contradicts what came since."""
    return _switch(request, policy_id, enabled=True)


def _switch(request: HttpRequest, policy_id: int, *, enabled: bool) -> HttpResponse:
    caller = caller_of(request)
    row = policy_get(caller, policy_id)
    require_change(caller, row)
    draft = draft_now(row)
    if draft is None:
        said = "Its rules cannot be read: mend them in the editor first."
        messages.error(request, said, extra_tags="bad")
        return redirect("policy", row.pk)
    try:
        _switched(row, draft, enabled, caller.name)
    except policies.Contradictory as error:
        messages.error(request, f"It was not restored. {error}", extra_tags="bad")
    else:
        said = "It holds again from the next call on." if enabled else "Retired: it holds no more."
        messages.success(request, said, extra_tags="ok")
    return redirect("policy", row.pk)


def _switched(row: Policy, draft: Draft, enabled: bool, actor: str) -> None:
    team = Team.objects.filter(pk=row.team_id).first() if row.team_id else None
    wanted = replace(draft, enabled=enabled)
    policies.change_policy(row, wanted, team=team, actor=actor, now=timezone.now())
