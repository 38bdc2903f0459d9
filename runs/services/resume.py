"""Finding the interrupted run that a new submission may go on with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from runs.core.similarity import (
    Candidate,
    Ranked,
    rank,
    shortlist,
    signature,
    similarity,
    text_digest,
)
from runs.core.status import RESUMABLE
from runs.models import Run

# The newest resumable runs of a team that are sifted for similar ones; the same text is found
# by its digest however old it is.
SIFTED = 5_000
COMPARED = 8
# What similarity reads of a text, so that a few huge ones cost no noticeable time.
COMPARED_CHARS = 20_000
OFFERED = 5

_RESUMABLE = [status.value for status in RESUMABLE]


@dataclass(frozen=True, slots=True)
class Found:
    """What could be gone on with. `same_text`: ids of runs of exactly this text, newest first."""

    same_text: tuple[UUID, ...]
    ranked: tuple[Ranked[UUID], ...]

    def as_json(self) -> list[dict[str, Any]]:
        """Return the candidates as they are stored with the new run and shown."""
        return [
            {
                "id": str(one.id),
                "similarity": round(one.similarity, 3),
                "rank": round(one.rank, 3),
                "same_text": one.is_same_text,
            }
            for one in self.ranked
        ]


def find(team_id: int, project: str, criteria: str, now: datetime) -> Found:
    """Return the team's resumable runs of this text, and those like it, the best first."""
    digest = text_digest(project, criteria)
    same = list(
        Run.objects.filter(team=team_id, text_digest=digest, status__in=_RESUMABLE)
        .order_by("-created_at")
        .values_list("pk", "created_at", "finished_at")[:OFFERED]
    )
    candidates = [
        Candidate(pk, 1.0, finished or created, is_same_text=True) for pk, created, finished in same
    ]
    known = {candidate.id for candidate in candidates}
    candidates += _similar(team_id, project, criteria, known, now)
    return Found(tuple(known_id for known_id, _, _ in same), tuple(rank(candidates, now)[:OFFERED]))


def _similar(
    team_id: int, project: str, criteria: str, known: set[UUID], now: datetime
) -> list[Candidate[UUID]]:
    wanted = (project[:COMPARED_CHARS], criteria[:COMPARED_CHARS])
    rows = [row for row in _signatures(team_id) if row[0] not in known]
    near = shortlist(signature(project, criteria), rows, now, COMPARED)
    texts = Run.objects.filter(pk__in=near).values_list(
        "pk", "project", "success_criteria", "created_at", "finished_at"
    )
    return [
        Candidate(
            pk,
            similarity(wanted, (text[:COMPARED_CHARS], asked[:COMPARED_CHARS])),
            finished or created,
        )
        for pk, text, asked, created, finished in texts
    ]


def _signatures(team_id: int) -> Sequence[tuple[UUID, bytes, datetime]]:
    rows = (
        Run.objects.filter(team=team_id, status__in=_RESUMABLE)
        .order_by("-created_at")
        .values_list("pk", "signature", "created_at")[:SIFTED]
    )
    return [(pk, bytes(signed), created) for pk, signed, created in rows]
