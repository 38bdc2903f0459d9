"""Log-ins of people, and invitations to become one of them."""

from __future__ import annotations

from django.db import models

from budgets.core.access import Role
from budgets.models.choices import choices_of


class SignIn(models.Model):
    """Who opened which browser session, from where; Django's own row does not say."""

    session_key = models.CharField(max_length=40, unique=True)
    user = models.ForeignKey("budgets.User", on_delete=models.CASCADE, related_name="sign_ins")
    at = models.DateTimeField()
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.user} from {self.address}"


class Invitation(models.Model):
    """An offer of a role by e-mail. `team` null: in the whole org.

    The link is signed and holds the row's id; nothing here opens anything.
    """

    org = models.ForeignKey("budgets.Org", on_delete=models.CASCADE, related_name="invitations")
    team = models.ForeignKey(
        "budgets.Team", on_delete=models.CASCADE, null=True, blank=True, related_name="invitations"
    )
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=choices_of(Role))
    invited_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="invitation_expires_after_it_was_made",
                condition=models.Q(expires_at__gt=models.F("created_at")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} as {self.role} of {self.team or self.org}"
