"""What the house knows: models, prices and limits are edited, health is looked at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from routing.admin.filters import ByOrg, ByTeam
from routing.forms import RateLimitForm
from routing.models import Breaker, Model, PriceOverride, QualityProfile, RateLimit
from routing.models.rate import CAPS
from routing.services.health import ClearBreaker
from telemetry.admin.kinds import ReadOnlyAdmin, RecordingAdmin, TableAdmin
from telemetry.services.changes import record_change
from telemetry.services.journal import apply_now


@admin.register(Model)
class ModelsAdmin(RecordingAdmin):
    """Models added to the catalogue, or changed; what is left empty is found elsewhere."""

    list_display = ["name", "provider", "tier", "region", "enabled", "org_id"]
    list_filter = ["enabled", "tier", "provider", ByOrg]
    search_fields = ["name", "provider", "litellm_name"]
    exclude = ["org_id"]
    what = "model"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        """Leave out what organisations keep for themselves, on their own pages."""
        return super().get_queryset(request).filter(org_id=None)


@admin.register(PriceOverride)
class PriceOverrideAdmin(RecordingAdmin):
    """Prices that replace the price map's from a day on; a mistake is corrected by another row."""

    list_display = ["model", "starts_at", "ends_at", "input_usd", "output_usd", "reason", "org_id"]
    list_filter = [("ends_at", admin.EmptyFieldListFilter), ByOrg]
    search_fields = ["model", "reason"]
    date_hierarchy = "starts_at"
    what = "price"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: calls were charged by it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: calls were charged by it."""
        return False

    def save_model(self, request: HttpRequest, obj: PriceOverride, form: Any, change: bool) -> None:
        """Save it under the person's name."""
        obj.created_by = request.user.get_username()
        super().save_model(request, obj, form, change)


@admin.register(RateLimit)
class RateLimitAdmin(TableAdmin):
    """How much may pass in a minute, an hour or a day; counts within a second or two."""

    form = RateLimitForm
    list_display = ["__str__", "org_id", "team_id", *CAPS, "enabled"]
    list_filter = ["scope", "enabled", ByOrg, ByTeam]
    search_fields = ["name"]

    def save_model(self, request: HttpRequest, obj: RateLimit, form: Any, change: bool) -> None:
        """Save it, and record who did."""
        old = RateLimit.objects.filter(pk=obj.pk).values(*CAPS, "enabled").first()
        super().save_model(request, obj, form, change)
        _record_limit(request, obj, old, {name: getattr(obj, name) for name in (*CAPS, "enabled")})

    def delete_model(self, request: HttpRequest, obj: RateLimit) -> None:
        """Remove it, and record who did."""
        _record_limit(request, obj, {name: getattr(obj, name) for name in CAPS}, None)
        super().delete_model(request, obj)


def _record_limit(
    request: HttpRequest,
    limit: RateLimit,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    record_change(
        "rate limit",
        str(limit),
        actor=request.user.get_username(),
        at=timezone.now(),
        before=before,
        after=after,
        org_id=limit.org_id,
        team_id=limit.team_id,
    )


@admin.register(Breaker)
class BreakerAdmin(ReadOnlyAdmin):
    """Health, with the one thing that a person can do about it."""

    list_display = ["model", "state", "strikes", "permanent", "reason", "retry_at", "updated_at"]
    list_filter = ["state", "permanent"]
    search_fields = ["model", "reason"]
    date_hierarchy = "updated_at"
    actions = ["clear"]

    @admin.action(description="Clear: call these models again at once", permissions=["act"])
    def clear(self, request: HttpRequest, breakers: QuerySet[Breaker]) -> None:
        """Close them under the person's name."""
        actor, now = request.user.get_username(), timezone.now()
        apply_now(*(ClearBreaker(one.model, actor, now) for one in breakers))
        self.message_user(request, f"Cleared: {', '.join(one.model for one in breakers)}.")


@admin.register(QualityProfile)
class QualityProfileAdmin(ReadOnlyAdmin):
    """What has been learned of models."""

    list_display = ["model", "version", "task_type", "org_id", "team_id", "n", "updated_at"]
    list_filter = ["task_type", ByOrg, ByTeam]
    search_fields = ["model"]
    date_hierarchy = "updated_at"
