"""Policies, and every version that any of them ever had."""

from __future__ import annotations

from typing import Any

from django.db import models

from routing.core.policy import Mode, Scope


class PolicyText(models.Model):
    """What a version of a policy says; `rules` are read by `routing.core.policy_text`.

    `team_id` and `run_id` null, `task_type` empty: wherever.
    """

    version = models.PositiveIntegerField()
    scope = models.CharField(max_length=9, choices=[(one.value, one.value) for one in Scope])
    team_id = models.BigIntegerField(null=True)
    run_id = models.UUIDField(null=True)
    task_type = models.CharField(max_length=32, blank=True)
    mode = models.CharField(max_length=7, choices=[(one.value, one.value) for one in Mode])
    rules = models.JSONField(default=dict)
    enabled = models.BooleanField(default=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True


class Policy(PolicyText):
    """A policy as it holds now."""

    org_id = models.BigIntegerField()
    name = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=128, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(fields=["org_id", "name"], name="policy_name_once_in_org"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class PolicyVersion(PolicyText):
    """One version of a policy, for good: decisions refer to it."""

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    at = models.DateTimeField()
    by = models.CharField(max_length=128, blank=True)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "version"], name="policy_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.policy.name} v{self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("a version of a policy is never changed")
        super().save(*args, **kwargs)
