"""Keys by which programs act for a team."""

from __future__ import annotations

from django.db import models


class ApiKey(models.Model):
    """The digest of a key that was shown once, with what it may be used for."""

    team = models.ForeignKey("budgets.Team", on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    # The part a person recognises the key by; the rest is stored only as a digest.
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    # Null: every model the team may use. A list: these only.
    allowed_models = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        "budgets.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
