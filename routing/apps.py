"""The routing app."""

from __future__ import annotations

from django.apps import AppConfig


class RoutingConfig(AppConfig):
    """Register routing with Django, and have it write changes into the log of decisions."""

    name = "routing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from routing.services.changes import log_change
        from telemetry.services.changes import changed

        changed.connect(log_change, dispatch_uid="routing.log_change")
