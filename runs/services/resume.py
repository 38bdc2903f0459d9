"""Finding the interrupted run that a new submission may go on with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

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

# The newest runs of a team in each resumable status that are sifted for similar ones; the same
# text is found by its digest however old it is.
SIFTED = 2_000
# Of these, the likeliest by signature alone, and then those whose texts are compared.
NEAR = 200
COMPARED = 8
# What similarity reads of a text, so that a few huge ones cost no noticeable time.
COMPARED_CHARS = 20_000
OFFERED = 5

_RESUMABLE = sorted(status.value for status in RESUMABLE)


@dataclass(frozen=True, slots=True)
class Found:
    """What could be gone on with. `same_text`: ids of runs of exactly this text, newest first."""

    same_text: tuple[UUID, ...] = ()
    ranked: tuple[Ranked[UUID], ...] = ()

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
    near = _near(team_id, signature(project, criteria), now)
    texts = Run.objects.filter(pk__in=[pk for pk in near if pk not in known]).values_list(
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


def _near(team_id: int, wanted: bytes, now: datetime) -> list[UUID]:
    """Return the runs whose signature promises a similar text, the best first."""
    # How recent a run is tells only between those that are near, so only their dates are read.
    rows = ((pk, signed, now) for pk, signed in _signatures(team_id))
    near = Run.objects.filter(pk__in=shortlist(wanted, rows, now, NEAR))
    dated = near.values_list("pk", "signature", "created_at")
    return shortlist(wanted, [(pk, bytes(signed), at) for pk, signed, at in dated], now, COMPARED)


def _signatures(team_id: int) -> list[tuple[Any, bytes]]:
    """Return key and signature of the newest resumable runs, as the driver gives them.

    Making UUIDs of thousands of keys would take longer than all the rest.
    """
    rows: list[tuple[Any, bytes]] = []
    with connection.cursor() as cursor:
        # One status at a time: the index has each in this order, all together would be sorted.
        for status in _RESUMABLE:
            newest = Run.objects.filter(team=team_id, status=status).order_by("-created_at")
            cursor.execute(*newest.values("pk", "signature")[:SIFTED].query.sql_with_params())
            rows += cursor.fetchall()
    return rows
