"""Money in the back office: only the ledger writes it, so that it can only be looked at."""

from __future__ import annotations

from django.contrib import admin

from budgets.admin.columns import dollars
from budgets.models import (
    AlertDelivery,
    BudgetAlert,
    BudgetChange,
    BudgetPeriod,
    BudgetRaise,
    Hold,
    LedgerLine,
    Reservation,
)
from telemetry.admin.kinds import LongAdmin, ReadOnlyAdmin


class OfBudgetAdmin(ReadOnlyAdmin):
    """Show what happened to budgets, the newest first."""

    list_select_related = ["budget__org", "budget__team"]
    ordering = ["-pk"]


@admin.register(BudgetPeriod)
class BudgetPeriodAdmin(OfBudgetAdmin):
    """Counters."""

    list_display = [
        "budget", "starts_at", "ends_at",
        dollars("limit_nanousd"), dollars("raised_nanousd"),
        dollars("spent_nanousd"), dollars("held_nanousd"),
    ]  # fmt: skip
    list_filter = ["budget__period", "budget__org"]
    search_fields = ["budget__org__name", "budget__team__name"]
    date_hierarchy = "starts_at"
    ordering = ["-starts_at", "-pk"]


@admin.register(Hold)
class HoldAdmin(LongAdmin):
    """Money set aside for runs."""

    list_display = [
        "id", "run_id", "org", "team",
        dollars("amount_nanousd", "set aside"), dollars("spent_nanousd"),
        dollars("reserved_nanousd"), "opened_at", "closed_at",
    ]  # fmt: skip
    list_filter = [("closed_at", admin.EmptyFieldListFilter), "org"]
    list_select_related = ["org", "team", "team__org"]
    search_fields = ["=run_id", "=id"]
    date_hierarchy = "opened_at"
    ordering = ["-id"]


@admin.register(Reservation)
class ReservationAdmin(LongAdmin):
    """Money of single calls."""

    list_display = [
        "call_id", "run_id", "phase", "model",
        dollars("amount_nanousd", "upper bound"), "state", "reserved_at",
    ]  # fmt: skip
    list_filter = ["state", "phase"]
    search_fields = ["=run_id", "=call_id"]
    date_hierarchy = "reserved_at"
    ordering = ["-call_id"]


@admin.register(LedgerLine)
class LedgerLineAdmin(LongAdmin):
    """Every move of money; the unconfirmed and the flagged ones wait for a person."""

    list_display = [
        "id", "at", "kind", dollars("amount_nanousd"), "over_bound", "org", "team", "run_id",
        "call_id",
    ]  # fmt: skip
    list_filter = ["kind", "over_bound", "org"]
    list_select_related = ["org", "team"]
    search_fields = ["=run_id", "=call_id", "=id"]
    date_hierarchy = "at"
    ordering = ["-id"]


@admin.register(BudgetChange)
class BudgetChangeAdmin(OfBudgetAdmin):
    """Who changed which budget, from what to what."""

    list_display = ["at", "budget", "kind", "actor", "before", "after", "reason"]
    list_filter = ["kind", "budget__org"]
    search_fields = ["actor", "reason", "budget__team__name"]
    date_hierarchy = "at"


@admin.register(BudgetRaise)
class BudgetRaiseAdmin(OfBudgetAdmin):
    """More room for a while; raises are made and ended on the budget's page."""

    list_display = [
        "budget", dollars("amount_nanousd"), "reason", "created_by", "created_at", "expires_at",
        "ended_at",
    ]  # fmt: skip
    list_filter = ["budget__org", ("ended_at", admin.EmptyFieldListFilter)]
    search_fields = ["reason", "created_by"]
    date_hierarchy = "created_at"


@admin.register(BudgetAlert)
class BudgetAlertAdmin(ReadOnlyAdmin):
    """Thresholds that were passed, with the figures of that moment."""

    list_display = [
        "at", "period", "kind", "percent",
        dollars("limit_nanousd"), dollars("spent_nanousd"), dollars("projected_nanousd"),
    ]  # fmt: skip
    list_filter = ["kind", "percent", "period__budget__org"]
    list_select_related = ["period__budget__org", "period__budget__team"]
    search_fields = ["period__budget__team__name", "period__budget__org__name"]
    date_hierarchy = "at"
    ordering = ["-id"]


@admin.register(AlertDelivery)
class AlertDeliveryAdmin(ReadOnlyAdmin):
    """What came of the messages; they are sent again on the budgets' pages."""

    list_display = [
        "created_at", "channel", "alert_id", "tries", "response_status", "delivered_at",
        "next_try_at",
    ]  # fmt: skip
    list_filter = ["channel__kind", ("delivered_at", admin.EmptyFieldListFilter)]
    list_select_related = ["channel__org", "channel__team"]
    search_fields = ["error", "=id"]
    date_hierarchy = "created_at"
    ordering = ["-id"]
    # The address holds a secret; whom a channel belongs to is told by its name.
    exclude = ["payload"]
