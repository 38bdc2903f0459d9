"""Walking the chain of decisions: whether it is whole, and where it is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from budgets.models import Org
from routing.core.chain import START, Break, Link, Record, first_break, with_hashes
from routing.models import ChainHead, Decision, append_only
from routing.models.decision import HOUSE

# How many decisions are in memory at once.
CHUNK = 1_000
# A position in the chain and the hash that stood there once.
Anchor = tuple[int, str]


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What walking one chain found; `guarded`: the database refuses changes as it should."""

    org_id: int
    length: int
    head: str
    broken: Break | None
    guarded: bool

    @property
    def whole(self) -> bool:
        return self.broken is None and self.guarded


def chain_report(org_id: int, *, anchor: Anchor | None = None) -> ChainReport:
    """Walk an organisation's chain (0: the house's) from its first decision to its head.

    `anchor` is a head that was exported earlier: it must still stand where it stood, which shows
    that the chain was not written anew as a whole.
    """
    broken, head = _walk(org_id)
    if broken is None and anchor is not None:
        broken = off_anchor(org_id, anchor)
    guarded = append_only.is_guarded(connection)
    return ChainReport(org_id, head.position, head.hash, broken, guarded)


@dataclass(frozen=True, slots=True)
class Walked:
    """How far a walk came that stops now and then; `seen` and `head` are places in the chain."""

    seen: Link
    head: Link
    broken: Break | None
    guarded: bool

    @property
    def done(self) -> bool:
        """Tell whether there is nothing left to walk."""
        return self.broken is not None or self.seen.position >= self.head.position

    @property
    def whole(self) -> bool:
        return self.done and self.broken is None and self.guarded


def walk_on(org_id: int, seen: Link, most: int) -> Walked:
    """Walk the next `most` decisions of a chain, for who looks on: START begins.

    The last of these steps is a walk to the chain's head, as `chain_report` does it.
    """
    beyond = _decisions(org_id).filter(position__gt=seen.position).order_by("position")
    stop = beyond.only("position", "prev_hash", "hash")[most - 1 : most].first()
    guarded = append_only.is_guarded(connection)
    if stop is None:
        broken, head = _walk(org_id, seen)
        return Walked(head if broken is None else seen, head, broken, guarded)
    records = _records(org_id, seen.position, stop.position)
    broken = first_break(with_hashes(org_id, records), seen, stop.link)
    return Walked(stop.link if broken is None else seen, _head(org_id), broken, guarded)


def head_of(org_id: int) -> Anchor:
    """Return where a chain ends now, to be kept elsewhere."""
    head = _head(org_id)
    return head.position, head.hash


def heads_of(org_ids: Iterable[int]) -> dict[int, Anchor]:
    """Return where each of these chains ends now; an empty one at 0."""
    asked = list(org_ids)
    rows = ChainHead.objects.in_bulk(asked)
    found = {pk: rows.get(pk) or ChainHead(org_id=pk) for pk in asked}
    return {pk: (row.length, row.hash) for pk, row in found.items()}


def off_anchor(org_id: int, anchor: Anchor) -> Break | None:
    """Return how a head that was kept elsewhere no longer fits; None: it stands where it stood."""
    position, kept = anchor
    row = Decision.objects.filter(org_id=org_id, position=position).first()
    if row is not None and row.hash == kept:
        return None
    record = None if row is None else str(row.pk)
    return Break(position, record, "another hash stood here when the head was exported")


def chains() -> list[int]:
    """Return the organisations that have a chain, even one whose head was taken away."""
    heads = set(ChainHead.objects.values_list("pk", flat=True))
    others = {HOUSE, *Org.objects.values_list("pk", flat=True)} - heads
    return sorted(heads | {org for org in others if _decisions(org).exists()})


def _walk(org_id: int, seen: Link = START) -> tuple[Break | None, Link]:
    """Walk on while others add to the chain, until what is there ends where its head is."""
    head = _head(org_id)
    while True:
        records = _records(org_id, seen.position, head.position)
        broken = first_break(with_hashes(org_id, records), seen, head)
        beyond = _decisions(org_id).filter(position__gt=head.position).order_by("position").first()
        if broken is not None or beyond is None:
            return broken, head
        # A decision is never visible before its head is.
        seen, head = head, _head(org_id)
        if head.position < beyond.position:
            reason = "a decision was inserted: the chain's head does not know it"
            return Break(beyond.position, str(beyond.pk), reason), head


def _head(org_id: int) -> Link:
    row = ChainHead.objects.filter(pk=org_id).first() or ChainHead(org_id=org_id)
    return Link(row.length, "", row.hash)


def _decisions(org_id: int) -> QuerySet[Decision]:
    return Decision.objects.filter(org_id=org_id)


def _records(org_id: int, after: int, last: int) -> Iterator[Record]:
    rows = _decisions(org_id).filter(position__gt=after, position__lte=last).order_by("position")
    for row in rows.iterator(chunk_size=CHUNK):
        yield str(row.pk), row.link, row.content, row.texts
