"""The admin site: how it is called, who logs in how, and what stands where in its sidebar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, reverse_lazy

# There are no stubs of the theme.
if TYPE_CHECKING:
    Site = AdminSite
else:
    from unfold.sites import UnfoldAdminSite as Site

# Groups of the sidebar: title; label of a model, what it is called, its sign.
SIDEBAR: list[tuple[str, list[tuple[str, str, str]]]] = [
    (
        "Audit",
        [
            ("routing.decision", "Decisions", "gavel"),
            ("routing.policy", "Policies", "policy"),
            ("budgets.budgetchange", "Changes of budgets", "history"),
        ],
    ),
    (
        "Money",
        [
            ("budgets.budget", "Budgets", "savings"),
            ("budgets.budgetperiod", "Periods", "calendar_month"),
            ("budgets.hold", "Holds", "lock_clock"),
            ("budgets.reservation", "Reservations", "hourglass_top"),
            ("budgets.ledgerline", "Ledger lines", "receipt_long"),
        ],
    ),
    (
        "Runs",
        [
            ("runs.run", "Runs", "play_circle"),
            ("runs.task", "Tasks", "task_alt"),
            ("runs.feedback", "Feedback", "reviews"),
            ("runs.webhookdelivery", "Webhook deliveries", "webhook"),
        ],
    ),
    (
        "Models",
        [
            ("routing.model", "Models", "neurology"),
            ("routing.priceoverride", "Prices", "sell"),
            ("routing.ratelimit", "Rate limits", "speed"),
            ("routing.breaker", "Breakers", "electric_bolt"),
            ("routing.qualityprofile", "Quality profiles", "grade"),
        ],
    ),
    (
        "People",
        [
            ("budgets.org", "Organisations", "corporate_fare"),
            ("budgets.team", "Teams", "groups"),
            ("budgets.user", "People", "person"),
            ("budgets.membership", "Memberships", "badge"),
            ("budgets.apikey", "API keys", "key"),
            ("auth.group", "Groups of rights", "admin_panel_settings"),
        ],
    ),
]


class OfficeConfig(AdminConfig):
    """Django's admin, with this site for its own."""

    default_site = "config.office.Office"


class Office(Site):
    """The back office, for the operators of the house and its auditors."""

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # The log-in that counts what fails; loaded late, since forms need models.
        from runs.forms import OfficeLoginForm

        self.login_form = OfficeLoginForm

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Leave the theme's search out: nothing leads there."""
        return AdminSite.get_urls(self)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups with what this person may see."""
    groups = [
        {"title": title, "separator": place > 0, "items": _entries(request, entries)}
        for place, (title, entries) in enumerate(SIDEBAR)
    ]
    return [group for group in groups if group["items"]]


def _entries(request: HttpRequest, entries: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "icon": icon,
            "link": reverse_lazy(f"admin:{label.replace('.', '_')}_changelist"),
        }
        for label, title, icon in entries
        if _may_see(request, label)
    ]


def _may_see(request: HttpRequest, label: str) -> bool:
    from django.contrib import admin

    registered = admin.site._registry.get(apps.get_model(label))
    return registered is not None and registered.has_view_permission(request)
