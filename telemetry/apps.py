"""Django's registration of the app."""

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    name = "telemetry"
