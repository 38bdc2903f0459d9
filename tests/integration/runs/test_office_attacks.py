"""Who wants to forge what happened, with every right of the office, finds no way to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.forms.models import model_to_dict
from django.urls import reverse

from routing.models import Decision, PolicyVersion
from routing.services.audit import chain_report
from telemetry.admin.kinds import TableAdmin
from telemetry.models import Call, Event
from tests.integration.runs.test_office import furnish, inside, state
from tests.world import World

pytestmark = pytest.mark.django_db

# All that operators may edit; whatever else the office shows, now or later, is attacked below.
EDITED = {
    "auth.Group", "budgets.Budget", "budgets.Membership", "budgets.Org", "budgets.Team",
    "budgets.User", "routing.Model", "routing.PriceOverride", "routing.RateLimit",
}  # fmt: skip
READ_ONLY: list[TableAdmin] = [
    table  # type: ignore[misc]
    for model, table in admin.site._registry.items()
    if model._meta.label not in EDITED
]
Attack = Callable[[TableAdmin, models.Model, dict[str, Any]], tuple[str, dict[str, Any]]]


def address(table: TableAdmin, page: str, *args: Any) -> str:
    return reverse(f"admin:{table.opts.app_label}_{table.opts.model_name}_{page}", args=args)


def acting(table: TableAdmin, row: models.Model, action: str) -> tuple[str, dict[str, Any]]:
    chosen = {"_selected_action": [str(row.pk)], "select_across": "1", "post": "yes", "index": "0"}
    return address(table, "changelist"), chosen | {"action": action}


def by_inline(
    table: TableAdmin, row: models.Model, forged: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Change what stands below a row, such as the versions of a policy."""
    counts = {"TOTAL_FORMS": "1", "INITIAL_FORMS": "1", "MIN_NUM_FORMS": "0", "MAX_NUM_FORMS": "9"}
    inside_it = {f"versions-{name}": value for name, value in counts.items()}
    inside_it |= {"versions-0-id": "1", "versions-0-DELETE": "on", "versions-0-note": "forged"}
    return address(table, "change", row.pk), forged | inside_it


def by_list(
    table: TableAdmin, row: models.Model, forged: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Save many rows at once, as a list does whose columns can be edited."""
    pk = str(table.opts.pk.attname)
    sent = {f"form-0-{name}": value for name, value in forged.items()} | {f"form-0-{pk}": row.pk}
    counts = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-MAX_NUM_FORMS": "9"}
    return address(table, "changelist"), sent | counts | {"_save": "Save"}


REFUSED: dict[str, Attack] = {
    "change": lambda table, row, forged: (address(table, "change", row.pk), forged),
    "save as new": lambda table, row, forged: (
        address(table, "change", row.pk), forged | {"_saveasnew": "1"},
    ),
    "rows below": by_inline,
    "delete": lambda table, row, forged: (address(table, "delete", row.pk), {"post": "yes"}),
    "add": lambda table, row, forged: (address(table, "add"), forged),
}  # fmt: skip
IGNORED: dict[str, Attack] = {
    "delete chosen": lambda table, row, forged: acting(table, row, "delete_selected"),
    "edit in the list": by_list,
}


@pytest.mark.parametrize("name", [*REFUSED, *IGNORED])
def test_nothing_that_happened_can_be_forged(world: World, name: str) -> None:
    furnish(world, "a")
    client = inside(username="boss", is_superuser=True)
    kinds = [table.model for table in READ_ONLY] + [Call, Event, PolicyVersion]
    before = state(kinds)
    for table in READ_ONLY:
        row = table.model._default_manager.all()[0]
        told = model_to_dict(row).items()
        forged = {key: value if isinstance(value, str | int) else "" for key, value in told}
        forged |= {"amount_nanousd": 1, "spent_nanousd": 0, "outcome": "allow", "note": "forged"}
        answer = client.post(*(REFUSED | IGNORED)[name](table, row, forged))
        allowed = (403,) if name in REFUSED else (200, 302, 403)
        assert answer.status_code in allowed, (table.opts.label, answer.status_code)
    assert state(kinds) == before
    assert Decision.objects.exists()
    assert chain_report(world.org.pk).whole


def test_what_must_not_be_written_is_among_those_attacked() -> None:
    attacked = {str(table.opts.label) for table in READ_ONLY}
    assert attacked >= {
        "routing.Decision", "routing.Policy", "budgets.LedgerLine", "budgets.Hold",
        "budgets.Reservation", "budgets.BudgetPeriod", "budgets.BudgetChange", "runs.Run",
        "runs.Task", "runs.Feedback",
    }  # fmt: skip
