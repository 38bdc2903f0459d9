"""Every decision that routing took, append-only and chained: none can change unnoticed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Any

from django.db import models, transaction
from uuid_utils.compat import uuid7

from routing.core.chain import (
    ORIGIN,
    Link,
    canonical,
    hash_of,
    is_ambiguous,
    unambiguous,
    written,
)
from routing.models.written_json import Written, WrittenJSONField

# The org of what belongs to no organisation, such as the models of the house.
HOUSE = 0


class Kind(models.TextChoices):
    ROUTE = "route"
    BUDGET = "budget"
    POLICY = "policy"
    CHANGE = "change"


class Outcome(models.TextChoices):
    ALLOW = "allow"
    DENY = "deny"
    WARN = "warn"


class ChainHead(models.Model):
    """Where an organisation's chain ends: how many decisions it has, and the last one's hash."""

    org_id = models.BigIntegerField(primary_key=True)
    length = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=ORIGIN)

    def __str__(self) -> str:
        return f"{self.length} {self.hash}"


class Decisions(models.QuerySet["Decision"]):
    """Lets decisions be added, each to the end of its chain, and nothing else."""

    def bulk_create(self, objs: Iterable[Decision], *args: Any, **kwargs: Any) -> list[Decision]:
        """Chain and insert; the chains' heads stay locked until the transaction ends."""
        rows = list(objs)
        with transaction.atomic():
            _chain(rows)
            return super().bulk_create(rows, *args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        raise TypeError("a decision is never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("a decision is never deleted")


class Decision(models.Model):
    """Why a call went to a model, or to none; or what somebody changed.

    `position`, `prev_hash` and `hash` are its place in the chain of its organisation (`org_id`
    0: of the house). `inputs` and `candidates` never hold a prompt, an output or a secret.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    at = models.DateTimeField()
    org_id = models.BigIntegerField()
    position = models.BigIntegerField()
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    team_id = models.BigIntegerField(null=True)
    run_id = models.UUIDField(null=True)
    task_key = models.CharField(max_length=64, blank=True)
    call_id = models.UUIDField(null=True)
    phase = models.CharField(max_length=16, blank=True)
    kind = models.CharField(max_length=8, choices=Kind)
    outcome = models.CharField(max_length=8, choices=Outcome)
    policy = models.CharField(max_length=64, blank=True)
    version = models.PositiveIntegerField(null=True)
    model = models.CharField(max_length=128, blank=True)
    inputs = WrittenJSONField(default=dict)
    candidates = WrittenJSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)
    actor = models.CharField(max_length=128, blank=True)

    objects = Decisions.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["run_id", "id"]),
            models.Index(fields=["org_id", "id"]),
            models.Index(fields=["org_id", "outcome", "id"], name="decision_by_outcome"),
            models.Index(fields=["org_id", "policy", "id"], name="decision_by_policy"),
            # Of the few that policies took: lists of runs are filtered by them.
            models.Index(
                fields=["run_id", "outcome"],
                name="decision_of_policy",
                condition=models.Q(kind="policy"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["org_id", "position"], name="decision_place_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome} {self.policy or self.model}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("a decision is never changed")
        Decision.objects.bulk_create([self])

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("a decision is never deleted")

    @property
    def link(self) -> Link:
        """Return its place in the chain as it is stored."""
        return Link(self.position, self.prev_hash, self.hash)

    @property
    def content(self) -> dict[str, Any]:
        """Return what its hash covers besides its place and `texts`."""
        return {
            "id": str(self.id),
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "team_id": self.team_id,
            "run_id": self.run_id and str(self.run_id),
            "task_key": self.task_key,
            "call_id": self.call_id and str(self.call_id),
            "phase": self.phase,
            "kind": str(self.kind),
            "outcome": str(self.outcome),
            "policy": self.policy,
            "version": self.version,
            "model": self.model,
            "reason": self.reason,
            "actor": self.actor,
        }

    @property
    def texts(self) -> tuple[str, str]:
        """Return what of it is large as canonical JSON."""
        return canonical(self.inputs), canonical(self.candidates)


def _chain(rows: Sequence[Decision]) -> None:
    """Give each decision its place at the end of its chain, in the order given."""
    by_org: dict[int, list[Decision]] = defaultdict(list)
    for row in rows:
        row.org_id = HOUSE if row.org_id is None else row.org_id
        by_org[row.org_id].append(row)
    heads = _locked_heads(sorted(by_org))
    for org_id, added in by_org.items():
        head = heads[org_id]
        for row in added:
            head.length += 1
            row.position, row.prev_hash = head.length, head.hash
            row.hash = head.hash = _hash(row)
    for org_id in sorted(heads):
        head = heads[org_id]
        ChainHead.objects.filter(pk=org_id).update(length=head.length, hash=head.hash)


def _hash(row: Decision) -> str:
    row.inputs, row.candidates = _written(row.inputs), _written(row.candidates)
    texts = (row.inputs.text, row.candidates.text)
    return hash_of(written(row.org_id, row.position, row.prev_hash, row.content, texts))


def _written(value: Any) -> Written:
    """Return plain data with its text, so that it is written once, for hash and table."""
    text = canonical(value)
    if is_ambiguous(text):
        value = unambiguous(value)
        text = canonical(value)
    return Written(value, text)


def _locked_heads(org_ids: list[int]) -> dict[int, ChainHead]:
    """Lock the heads of these chains in order, so that two workers never wait for each other."""
    which = ChainHead.objects.select_for_update().filter(pk__in=org_ids).order_by("pk")
    heads = {head.pk: head for head in which}
    if len(heads) < len(org_ids):
        new = [ChainHead(org_id=org_id) for org_id in org_ids if org_id not in heads]
        ChainHead.objects.bulk_create(new, ignore_conflicts=True)
        heads = {head.pk: head for head in which.all()}
    return heads
