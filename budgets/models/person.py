"""People, and what they are in which org or team."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower

from budgets.core.access import Role
from budgets.models.choices import choices_of


class User(AbstractUser):
    """Someone who logs in."""

    email = models.EmailField("email address")

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]


class Membership(models.Model):
    """A person's role. `team` null: in the whole org."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    org = models.ForeignKey("budgets.Org", on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(
        "budgets.Team", on_delete=models.CASCADE, null=True, blank=True, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=choices_of(Role))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "team"], name="membership_of_team_unique"),
            models.UniqueConstraint(
                fields=["user", "org"],
                name="membership_of_org_unique",
                condition=models.Q(team__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} of {self.team or self.org}"
