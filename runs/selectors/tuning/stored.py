"""Analyses, proposals and data sets that a caller may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from budgets.core.access import Action, Caller
from routing.models import Recommendation
from routing.models.recommendation import Kind as AdviceKind
from runs.core.refusals import NotVisible
from runs.core.tuning.patterns import caught_by, name_of, said_of
from runs.models import Attempt, FailureAnalysis, FailurePattern, TuningDataset
from runs.selectors.tuning.places import Place, made_for, places_of

EXCERPT_CHARS = 400


@dataclass(frozen=True, slots=True)
class Shown:
    """An example of a pattern, with its texts cut."""

    run_id: UUID
    task: str
    number: int
    score: float | None
    caught_by: str
    prompt: str
    said: str


@dataclass(frozen=True, slots=True)
class PatternReading:
    """A pattern as a reader may see it: without what was taken from texts, where that is not
    theirs to read."""

    pattern: FailurePattern
    terms: tuple[str, ...]
    examples: tuple[Shown, ...]

    @property
    def name(self) -> str:
        pattern = self.pattern
        return name_of(pattern.task_type, pattern.caught_by, self.terms)

    @property
    def share(self) -> str:
        percent = 100 * self.pattern.share
        return f"{percent:.0f} %" if percent >= 1 else "< 1 %"


def analyses_of(caller: Caller) -> QuerySet[FailureAnalysis]:
    """Return the analyses of the caller's places."""
    return FailureAnalysis.objects.filter(made_for(places_of(caller)))


def newest_analyses(place: Place) -> tuple[FailureAnalysis | None, FailureAnalysis | None]:
    """Return the newest look, and the newest that was carried out."""
    rows = FailureAnalysis.objects.filter(**place.whose)
    return rows.first(), rows.filter(state="done").first()


def analysis_get(caller: Caller, analysis_id: UUID) -> FailureAnalysis:
    """Raises: NotVisible."""
    found = analyses_of(caller).select_related("org", "team").filter(pk=analysis_id).first()
    if found is None:
        raise NotVisible("There is no such analysis.")
    return found


def patterns_of(analysis: FailureAnalysis, *, texts: bool) -> list[PatternReading]:
    """Return the patterns of an analysis; `texts` False: without anything that was written."""
    rows = list(analysis.patterns.all())
    wanted = [pk for row in rows for pk in row.examples] if texts else []
    shown = _shown(wanted)
    return [
        PatternReading(
            row,
            tuple(row.terms) if texts else (),
            tuple(shown[pk] for pk in row.examples if pk in shown),
        )
        for row in rows
    ]


def datasets_of(caller: Caller) -> QuerySet[TuningDataset]:
    """Return the data sets of places where the caller may read texts."""
    places = places_of(caller, Action.READ_TEXTS)
    return TuningDataset.objects.filter(made_for(places)).select_related("org", "team")


def dataset_get(caller: Caller, dataset_id: UUID) -> TuningDataset:
    """Raises: NotVisible."""
    found = datasets_of(caller).filter(pk=dataset_id).first()
    if found is None:
        raise NotVisible("There is no such data set.")
    return found


def proposals_of(places: Sequence[Place]) -> QuerySet[Recommendation]:
    """Return the proposals to tune that were made for these places."""
    found = Q(pk__in=[])
    for place in places:
        found |= Q(org_id=place.org.pk, team_id=place.team.pk if place.team else None)
    return Recommendation.objects.filter(found, kind=AdviceKind.FINE_TUNING)


def proposal_get(caller: Caller, proposal_id: UUID) -> tuple[Recommendation, Place]:
    """Return a proposal with its place. Raises: NotVisible."""
    places = places_of(caller)
    found = proposals_of(places).filter(pk=proposal_id).first()
    if found is None:
        raise NotVisible("There is no such proposal.")
    key = f"team-{found.team_id}" if found.team_id else f"org-{found.org_id}"
    return found, next(place for place in places if place.key == key)


def _shown(ids: Sequence[int]) -> dict[int, Shown]:
    columns = ("pk", "task__run_id", "task__key", "number", "score", "validators", "has_output",
               "judgements", "text__critique", "task__text__prompt")  # fmt: skip
    rows = Attempt.objects.filter(pk__in=list(ids)).values_list(*columns)
    found = {}
    for pk, run, key, number, score, validators, has_output, judgements, critique, prompt in rows:
        found[pk] = Shown(
            run_id=run,
            task=key,
            number=number,
            score=score,
            caught_by=caught_by(validators, has_output=has_output),
            prompt=(prompt or "")[:EXCERPT_CHARS],
            said=said_of(critique or "", judgements, validators)[:EXCERPT_CHARS],
        )
    return found
