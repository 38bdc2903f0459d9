"""How alike two projects are, and which interrupted run a new one may go on with.

Invariant: recency orders candidates, it never makes one: below the threshold of similarity a
run is none, however new.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zlib
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest
from itertools import pairwise
from typing import Final, Generic, TypeVar

Id = TypeVar("Id", bound=Hashable)

THRESHOLD: Final = 0.6
SIMILARITY_WEIGHT: Final = 0.6
RECENCY_WEIGHT: Final = 0.4
OLD_AFTER: Final = timedelta(days=7)
OLD_RECENCY: Final = 0.1

_SHORTLIST_SLACK: Final = 0.15
"""The signature's error, some four standard deviations on texts of a dozen words."""
_SIGNED_CHARS: Final = 10_000
_RINGS: Final = 16
_POINTS: Final = 32
_BITS: Final = _RINGS * _POINTS
SIGNATURE_BYTES: Final = _BITS // 8
_WORD_MASK: Final = 0xFFFF_FFFF
_MULTIPLIERS: Final = tuple(
    int.from_bytes(hashlib.sha256(f"ring {ring}".encode()).digest()[:8], "big") | 1
    for ring in range(_RINGS)
)
_MIX: Final = 0x9E37_79B9_7F4A_7C15
_ARC: Final = (_WORD_MASK + 1) // _POINTS

# Scripts without spaces are compared by character.
_TOKEN: Final = re.compile(r"[぀-ヿ㐀-鿿가-힣]|[^\W_぀-ヿ㐀-鿿가-힣]+")


@dataclass(frozen=True, slots=True)
class Candidate(Generic[Id]):
    """A resumable run, with what the database says of it."""

    id: Id
    similarity: float
    last_active_at: datetime
    is_same_text: bool = False


@dataclass(frozen=True, slots=True)
class Ranked(Generic[Id]):
    id: Id
    rank: float
    similarity: float
    is_same_text: bool


def text_digest(project: str, criteria: str) -> str:
    """Return the sha256 hex digest that equal texts share; line ends and outer space aside."""
    parts = ("\n".join(part.strip().splitlines()) for part in (project, criteria))
    text = unicodedata.normalize("NFC", "\0".join(parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def similarity(first: tuple[str, str], second: tuple[str, str]) -> float:
    """Return how alike two (project, criteria) are, in [0, 1].

    Jaccard index of their words and pairs of neighbouring words.
    Source: Broder, On the resemblance and containment of documents, 1997.
    """
    if text_digest(*first) == text_digest(*second):
        return 1.0
    ours, theirs = _features(first), _features(second)
    union = len(ours | theirs)
    return len(ours & theirs) / union if union else 0.0


def signature(project: str, criteria: str) -> bytes:
    """Return SIGNATURE_BYTES from which `estimate` tells similarity without the texts.

    Each bit belongs to a point on a ring and is one bit of the feature that follows it there:
    min-wise sampling with one hash per ring.
    Source: Li and Konig, b-bit minwise hashing, 2010.
    """
    features = sorted(_features((project[:_SIGNED_CHARS], criteria[:_SIGNED_CHARS])))
    if not features:
        return bytes(SIGNATURE_BYTES)
    bits = 0
    for multiplier in _MULTIPLIERS:
        bits = bits << _POINTS | _ring_bits(features, multiplier)
    return bits.to_bytes(SIGNATURE_BYTES, "big")


def estimate(first: bytes, second: bytes) -> float:
    """Return the similarity that two signatures suggest, in [0, 1]."""
    differing = (int.from_bytes(first, "big") ^ int.from_bytes(second, "big")).bit_count()
    return _alike(differing)


def shortlist(
    wanted: bytes, stored: Iterable[tuple[Id, bytes, datetime]], now: datetime, limit: int = 20
) -> list[Id]:
    """Return the runs, stored as (id, signature, last active), whose texts are worth comparing.

    A sieve for a hundred thousand rows: at most `limit`, the likeliest first.
    """
    from_bytes = int.from_bytes
    sought = from_bytes(wanted, "big")
    most = int(_BITS * (1 - (THRESHOLD - _SHORTLIST_SLACK)) / 2)
    near = (
        (_alike(differing), at, run_id)
        for run_id, stored_bytes, at in stored
        if (differing := (from_bytes(stored_bytes, "big") ^ sought).bit_count()) <= most
    )
    best = nlargest(limit, near, key=lambda row: _rank(row[0], row[1], now))
    return [run_id for _, _, run_id in best]


def rank(candidates: Sequence[Candidate[Id]], now: datetime) -> list[Ranked[Id]]:
    """Return the candidates similar enough to go on with, the best first.

    The same text comes before any other; equals keep the order given.
    """
    ranked = [
        Ranked(
            id=candidate.id,
            rank=_rank(candidate.similarity, candidate.last_active_at, now),
            similarity=candidate.similarity,
            is_same_text=candidate.is_same_text,
        )
        for candidate in candidates
        if candidate.similarity >= THRESHOLD
    ]
    return sorted(ranked, key=lambda one: (one.is_same_text, one.rank), reverse=True)


def recency(last_active_at: datetime, now: datetime) -> float:
    """Return 1.0 for now, falling evenly to 0.1 at seven days, where it stays."""
    age = min(max((now - last_active_at) / OLD_AFTER, 0.0), 1.0)
    return 1.0 - (1.0 - OLD_RECENCY) * age


def _alike(differing_bits: int) -> float:
    # Bits of unrelated texts agree half the time.
    return max(0.0, 1 - 2 * differing_bits / _BITS)


def _rank(alike: float, last_active_at: datetime, now: datetime) -> float:
    return SIMILARITY_WEIGHT * alike + RECENCY_WEIGHT * recency(last_active_at, now)


def _features(text: tuple[str, str]) -> frozenset[int]:
    """Return hashes of the words and word pairs of project and criteria."""
    hashes: set[int] = set()
    for part in text:
        folded = unicodedata.normalize("NFKC", part).casefold()
        words = [token.encode("utf-8", "surrogatepass") for token in _TOKEN.findall(folded)]
        hashes.update(map(zlib.crc32, words))
        hashes.update(
            zlib.crc32(b" " + second, zlib.crc32(first)) for first, second in pairwise(words)
        )
    return frozenset(hashes)


def _ring_bits(features: Sequence[int], multiplier: int) -> int:
    """Return one bit for each point of a ring on which the features lie by their hash."""
    ring = sorted((feature * multiplier >> 20 & _WORD_MASK) << 32 | feature for feature in features)
    bits = 0
    for point in range(_POINTS):
        index = bisect_left(ring, point * _ARC << 32) % len(ring)
        mixed = (ring[index] & _WORD_MASK) * _MIX >> 24
        bits = bits << 1 | (mixed >> point & 1)
    return bits
