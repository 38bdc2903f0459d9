"""The auditor's room: decisions and policies, to be looked at and never changed."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from budgets.models import Team
from routing.admin import room
from routing.admin.filters import ByChain, ByModel, ByOrg, ByPolicy, ByTeam, ByVersion
from routing.core.policy_yaml import draft_as_yaml
from routing.models import Decision, Policy, PolicyVersion
from routing.selectors.decisions import rule_behind
from routing.selectors.office import (
    readable_decisions,
    readable_policies,
    reads_decisions,
    reads_policies,
)
from routing.selectors.policies import draft_of
from telemetry.admin.kinds import LongAdmin, ReadOnlyAdmin, ReadOnlyRows


@admin.register(Decision)
class DecisionAdmin(LongAdmin):
    """Why calls went where they went, or nowhere, and who changed what."""

    list_display = ["at", "kind", "outcome", "policy", "version", "model", "reason", "actor"]
    list_filter = [
        "outcome", "kind", ByPolicy, ByVersion, ByChain, ByTeam, ByModel,
        ("at", admin.DateFieldListFilter),
    ]  # fmt: skip
    search_fields = ["=run_id", "=call_id", "=id"]
    search_help_text = "Id of a run, a call or a decision"
    date_hierarchy = "at"
    fieldsets = [
        (None, {"fields": ["at", "kind", "outcome", "reason", "actor"]}),
        ("Rule", {"fields": ["policy", "version", "rule_text"]}),
        ("Where", {"fields": ["org_id", "team", "step", "phase", "model", "call_id"]}),
        ("Grounds", {"fields": ["removed", "grounds", "inputs_text"]}),
        ("Chain", {"fields": ["position", "prev_hash", "hash", "id"]}),
    ]
    readonly_fields = ["rule_text", "team", "step", "removed", "grounds", "inputs_text"]
    list_before_template = "admin/audit/links.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the auditor's room."""
        return [*room.urls(self.admin_site.admin_view), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Decision]:
        """Leave out what the person may not read."""
        return readable_decisions(request.user).order_by("-id")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let in whose right, or whose role, it is."""
        return reads_decisions(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show it to the same."""
        return reads_decisions(request.user)

    @admin.display(description="rule")
    def rule_text(self, decision: Decision) -> str:
        """Show the version's text as it was when this was decided."""
        version = rule_behind(decision)
        return "-" if version is None else _pre(text_of(version))

    @admin.display(description="team")
    def team(self, decision: Decision) -> str:
        """Show the team's name."""
        return str(Team.objects.filter(pk=decision.team_id or 0).first() or "-")

    @admin.display(description="run step")
    def step(self, decision: Decision) -> str:
        """Lead to the run, at its task where there is one."""
        if decision.run_id is None:
            return "-"
        address = reverse("run", args=[decision.run_id])
        query = f"?task={decision.task_key}" if decision.task_key else ""
        label = f"{decision.run_id} {decision.task_key}"
        return format_html('<a href="{}{}">{}</a>', address, query, label)

    @admin.display(description="removed candidates")
    def removed(self, decision: Decision) -> str:
        """List who was removed by what."""
        rows = decision.candidates.get("removed", [])
        lines = format_html_join(
            "",
            "<li>{}: {} {}</li>",
            ((one.get("model"), one.get("reason"), one.get("detail", "")) for one in rows),
        )
        return format_html("<ul>{}</ul>", lines) if rows else "-"

    @admin.display(description="candidates")
    def grounds(self, decision: Decision) -> str:
        """Show the candidates with all their figures."""
        return _pre(json.dumps(decision.candidates.get("candidates", []), indent=1))

    @admin.display(description="inputs")
    def inputs_text(self, decision: Decision) -> str:
        """Show what else was known."""
        return _pre(json.dumps(decision.inputs, indent=1))


class Versions(ReadOnlyRows):
    """Every version, for good."""

    model = PolicyVersion
    fields = ("version", "mode", "scope", "enabled", "rules", "note", "at", "by")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show them to whoever sees the policy."""
        return reads_policies(request.user)


@admin.register(Policy)
class PolicyAdmin(ReadOnlyAdmin):
    """Policies as they hold; they are changed where contradictions are looked for."""

    list_display = [
        "name",
        "version",
        "mode",
        "scope",
        "org_id",
        "team_id",
        "enabled",
        "updated_at",
    ]
    list_filter = ["mode", "scope", "enabled", ByOrg]
    search_fields = ["name"]
    date_hierarchy = "updated_at"
    inlines = [Versions]
    readonly_fields = ["replay"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Policy]:
        """Leave out what the person may not read."""
        return readable_policies(request.user).order_by("name")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let in whose right, or whose role, it is."""
        return reads_policies(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show it to the same."""
        return reads_policies(request.user)

    @admin.display(description="what it would have done")
    def replay(self, policy: Policy) -> str:
        """Lead to the replay of what it says over the last week."""
        address = reverse("policy-edit", args=[policy.pk])
        return format_html('<a href="{}?replay=7">Replay over the last 7 days</a>', address)


def text_of(version: PolicyVersion) -> str:
    """Return a version as its author would write it."""
    team = Team.objects.filter(pk=version.team_id).first() if version.team_id else None
    return draft_as_yaml(draft_of(version.policy.name, version, team.slug if team else ""))


def _pre(text: str) -> SafeString:
    return format_html("<pre>{}</pre>", text)
