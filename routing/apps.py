"""The routing app."""

from __future__ import annotations

from django.apps import AppConfig


class RoutingConfig(AppConfig):
    """Register routing with Django."""

    name = "routing"
    default_auto_field = "django.db.models.BigAutoField"
