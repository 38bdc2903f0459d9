"""The hash chain over an organisation's decisions.

Invariant: a record's hash covers all of it, its place and the hash before it; so a record that
was changed, removed, inserted or moved breaks the chain at a place that can be named.
Source: Haber and Stornetta, How to time-stamp a digital document, J. Cryptology 3 (1991).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What the first record of a chain has before it.
ORIGIN = "0" * 64


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True)
class Link:
    """Hold where a record stands in its chain, and its hash."""

    position: int
    prev_hash: str
    hash: str


START = Link(0, "", ORIGIN)
# A record's id, its place as it is stored, its content, and the texts of what is large in it.
Record = tuple[str, Link, Mapping[str, Any], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Break:
    """Say where a chain is broken, and how. `record`: the id found there, None where none was."""

    position: int
    record: str | None
    reason: str


def written(
    chain: int, position: int, prev_hash: str, content: Mapping[str, Any], texts: Sequence[str]
) -> str:
    """Return the text of a record at its place, of which the hash is taken.

    `texts` are the canonical JSON texts of what is large, which is written only once that way:
    a line each after the first, since no such text holds a line break.
    """
    return "\n".join((canonical([1, chain, position, prev_hash, content]), *texts))


def canonical(value: Any) -> str:
    """Return the one JSON text of plain data; of data that is ambiguous see below."""
    return _CANONICAL.encode(value)


def hash_of(text: str) -> str:
    """Return the SHA-256 hex digest of a record's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_ambiguous(text: str) -> bool:
    """Tell whether a text may hold a number that PostgreSQL's jsonb hands back differently.

    Zero has no sign there, and a whole number no exponent.
    """
    return "-0.0" in text or "e+" in text


def unambiguous(value: Any) -> Any:
    """Return plain data with such numbers as whole ones."""
    if isinstance(value, float):
        return int(value) if value == 0 or abs(value) >= 1e15 else value
    if isinstance(value, Mapping):
        return {key: unambiguous(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [unambiguous(one) for one in value]
    return value


def first_break(links: Iterable[tuple[str, Link, str]], after: Link, head: Link) -> Break | None:
    """Return the first place where a chain is not what it should be; None: it is whole.

    `links` are the records after `after` and up to `head`, in order of position: id, what is
    stored, and the hash computed anew. Of `after` and `head` only place and hash are looked at.
    """
    position, prev_hash = after.position, after.hash
    for record, stored, computed in links:
        position += 1
        if (reason := _fault(stored, computed, position, prev_hash)) is not None:
            return Break(position, record, reason)
        prev_hash = stored.hash
    if position < head.position:
        return Break(position + 1, None, f"{head.position - position} at the end were removed")
    if prev_hash != head.hash:
        return Break(position, None, "the chain's head does not fit its last decision")
    return None


def _fault(stored: Link, computed: str, position: int, prev_hash: str) -> str | None:
    if stored.position > position:
        return f"a decision was removed before it: it stands at {stored.position}"
    if stored.position < position:
        return f"a decision was inserted: {stored.position} is there twice"
    if stored.prev_hash != prev_hash:
        return "it does not follow the decision before it"
    if stored.hash != computed:
        return "it was changed: its content does not give its hash"
    return None


def with_hashes(chain: int, records: Iterable[Record]) -> Iterator[tuple[str, Link, str]]:
    """Yield records with the hash that their content gives now."""
    for record, stored, content, texts in records:
        text = written(chain, stored.position, stored.prev_hash, content, texts)
        yield record, stored, hash_of(text)
