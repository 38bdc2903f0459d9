"""Django's description of the app."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class BudgetsConfig(AppConfig):
    """Register the app, and with the schema generator how API keys are sent."""

    name = "budgets"
    verbose_name = "Budgets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make known what registers itself when it is imported: the schema, who logs in."""
        import_module("budgets.api.schema")
        import_module("budgets.services.sign_ins")
