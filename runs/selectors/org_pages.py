"""The organisation that a page of settings is about, as a caller may see and change it."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied

from budgets.core.access import Action, Caller
from budgets.models import Org
from budgets.selectors import orgs_of
from runs.core.refusals import NotVisible
from runs.selectors.runs import refusal


@dataclass(frozen=True, slots=True)
class OrgPlace:
    """An organisation with the others that could be looked at, and whether it may be changed."""

    org: Org
    others: tuple[Org, ...]
    caller: Caller
    may_change: bool
    action: Action = Action.MANAGE_MODELS

    def require(self) -> OrgPlace:
        """Return it. Raises: PermissionDenied where the right to change it is missing."""
        if not self.may_change:
            raise PermissionDenied(refusal(self.caller, self.action))
        return self


def org_place(caller: Caller, asked: str, action: Action = Action.MANAGE_MODELS) -> OrgPlace:
    """Return the caller's organisation of that id, or their first one; `action` changes it.

    Raises: NotVisible for one that is not theirs; PermissionDenied for who has none.
    """
    orgs = list(orgs_of(caller).order_by("name", "pk"))
    if not orgs:
        raise PermissionDenied("You are a member of no organisation.")
    found = [org for org in orgs if str(org.pk) == asked] if asked else orgs[:1]
    if not found:
        raise NotVisible("There is no such organisation.")
    (org,) = found
    may = action in caller.org_actions.get(org.pk, ())
    return OrgPlace(org, tuple(one for one in orgs if one != org), caller, may, action)
