"""The admin site: how it is called, who logs in how, and what stands where in its sidebar."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString

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
            ("budgets.budgetraise", "Raises", "trending_up"),
            ("budgets.hold", "Holds", "lock_clock"),
            ("budgets.reservation", "Reservations", "hourglass_top"),
            ("budgets.ledgerline", "Ledger lines", "receipt_long"),
            ("budgets.budgetalert", "Alerts", "notifications"),
            ("budgets.alertdelivery", "Alerts sent", "outgoing_mail"),
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
            ("budgets.invitation", "Invitations", "mail"),
            ("budgets.signin", "Sessions", "devices"),
            ("budgets.apikey", "API keys", "key"),
            ("auth.group", "Groups of rights", "admin_panel_settings"),
        ],
    ),
]


class OfficeConfig(AdminConfig):
    """Django's admin, with this site for its own, and only tables made for it."""

    default_site = "config.office.Office"

    def ready(self) -> None:
        """Gather the tables; leave out those of libraries, such as jobs to be sent again."""
        super().ready()
        from unfold import fields
        from unfold.admin import ModelAdmin

        for model, table in list(admin.site._registry.items()):
            if not isinstance(table, ModelAdmin):
                admin.site.unregister(model)
        # The theme's own colours JSON by style attributes, which our policy refuses.
        fields.prettify_json = indented


class Office(Site):
    """The back office, for the operators of the house and its auditors."""

    index_title = "The office"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # The log-in that counts what fails; loaded late, since forms need models.
        from runs.forms import OfficeLoginForm

        self.login_form = OfficeLoginForm

        self.disable_action("delete_selected")

    def has_permission(self, request: HttpRequest) -> bool:
        """Let operators in, and auditors; what they see there, each table decides."""
        from budgets.services.access import enters_office

        return request.user.is_authenticated and enters_office(request.user)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the auditor's room above the tables."""
        from routing.admin.room import room_of

        return super().index(request, {"room": room_of(request)} | (extra_context or {}))

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


def indented(data: Any, encoder: Any) -> SafeString:
    """Return JSON as text that keeps its lines."""
    text = json.dumps(data, sort_keys=True, indent=2, ensure_ascii=False, cls=encoder)
    return format_html("<pre>{}</pre>", text)


def _may_see(request: HttpRequest, label: str) -> bool:
    registered = admin.site._registry.get(apps.get_model(label))
    return registered is not None and registered.has_view_permission(request)
