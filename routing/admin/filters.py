"""Filters of decisions. Their choices are read elsewhere: millions of rows are not counted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from routing.models import PolicyVersion
from routing.models.decision import HOUSE
from routing.selectors import known_models, office

Choices = Iterable[tuple[Any, str]]


class _Exact(SimpleListFilter):
    """Keeps the rows whose column holds the choice."""

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if not chosen:
            return rows
        # The choice is one of our own or somebody's typing: what fits no column finds nothing.
        known = {str(value) for value, _ in self.lookup_choices}
        return rows.filter(**{str(self.parameter_name): chosen}) if chosen in known else rows.none()


class ByOrg(_Exact):
    title, parameter_name = "organisation", "org_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(office.readable_orgs(request.user).values_list("pk", "name"))


class ByChain(ByOrg):
    """By organisation; what the house changed for itself stands in a chain of its own."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        house = [(HOUSE, "the house")] if office.reads_all(request.user, "decision") else []
        return [*house, *super().lookups(request, model_admin)]


class ByTeam(_Exact):
    title, parameter_name = "team", "team_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        teams = office.readable_teams(request.user)
        return [(team.pk, f"{team.org} / {team}") for team in teams]


class ByPolicy(_Exact):
    title, parameter_name = "policy", "policy"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        names = (
            office.readable_policies(request.user).order_by("name").values_list("name", flat=True)
        )
        return [(name, name) for name in dict.fromkeys(names)]


class ByVersion(_Exact):
    title, parameter_name = "version of the policy", "version"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        versions = PolicyVersion.objects.filter(policy__in=office.readable_policies(request.user))
        if name := request.GET.get("policy"):
            versions = versions.filter(policy__name=name)
        numbers = versions.order_by("version").values_list("version", flat=True).distinct()
        return [(number, f"v{number}") for number in numbers]


class ByModel(_Exact):
    title, parameter_name = "model", "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(name, name) for name in sorted(known_models().models)]
