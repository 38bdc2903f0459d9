"""Django's registration of the app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TelemetryConfig(AppConfig):
    name = "telemetry"

    def ready(self) -> None:
        from telemetry.services.series import forget_series

        post_migrate.connect(forget_series, dispatch_uid="telemetry.forget_series")
