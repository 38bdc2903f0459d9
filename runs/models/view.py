"""Views that people keep: a page, and the state of its filter bar."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """A named address. `query` is what the filter bar wrote, read anew whenever it is opened."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    org = models.ForeignKey("budgets.Org", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    page = models.CharField(max_length=40)
    query = models.CharField(max_length=4000, blank=True)
    shared = models.BooleanField(default=False)  # with everybody of the org
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "org", "name"], name="saved_view_name_once"),
        ]
        indexes = [models.Index(fields=["org", "shared"], name="saved_view_of_org")]

    def __str__(self) -> str:
        return self.name
