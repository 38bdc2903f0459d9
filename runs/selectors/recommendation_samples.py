"""Answers of both models side by side: to one task where a shadow ran, else to alike ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from budgets.core.access import Action, Caller
from routing.models import Recommendation, TrialResult
from routing.models.recommendation import Arm, State
from runs.models import Attempt
from telemetry.models import CallBody

SAMPLES = 3
SAMPLE_CHARS = 1_500


@dataclass(frozen=True, slots=True)
class Answer:
    """One model's answer, cut. `score` None: nobody could judge it."""

    run_id: UUID
    task: str
    score: float | None
    cost_nanousd: int
    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """Two answers. `same_task`: to the very same task."""

    current: Answer
    proposed: Answer
    same_task: bool


def samples_of(caller: Caller, row: Recommendation) -> list[Sample] | None:
    """Return some of both models' answers; None: the caller may not see what was written."""
    teams = caller.team_ids(Action.READ_TEXTS)
    if row.team_id is not None:
        teams &= {row.team_id}
    if not teams:
        return None
    return _of_shadow(row, teams) or _of_alike(row, teams)


def _of_shadow(row: Recommendation, teams: frozenset[int]) -> list[Sample]:
    found = TrialResult.objects.filter(recommendation=row, stage=State.SHADOW, team_id__in=teams)
    newest = list(found.order_by("-pk")[: 2 * SAMPLES])
    bodies = CallBody.objects.filter(pk__in=[one.call_id for one in newest if one.call_id])
    texts = dict(bodies.values_list("pk", "output"))
    by_place: dict[tuple[UUID, str, int], dict[str, Answer]] = {}
    for one in newest:
        text = texts.get(one.call_id, "") if one.call_id else ""
        answer = _answer(one.run_id, one.task_key, one.score, one.cost_nanousd, text)
        by_place.setdefault((one.run_id, one.task_key, one.attempt), {})[one.arm] = answer
    pairs = [pair for pair in by_place.values() if len(pair) == len(Arm)]
    return [Sample(pair[Arm.CURRENT], pair[Arm.PROPOSED], True) for pair in pairs]


def _of_alike(row: Recommendation, teams: frozenset[int]) -> list[Sample]:
    current, proposed = (_newest(row, model, teams) for model in _models(row))
    return [Sample(one, other, False) for one, other in zip(current, proposed, strict=False)]


def _models(row: Recommendation) -> tuple[str, str]:
    return row.current_model, row.proposed_model


def _newest(row: Recommendation, model: str, teams: frozenset[int]) -> Sequence[Answer]:
    # Who reads several organisations is shown what the advice rests on, not the others' texts.
    attempts = Attempt.objects.filter(
        task__run__org_id=row.org_id, task__run__team__in=teams, task__type=row.task_type,
        model=model, has_output=True,
    )  # fmt: skip
    found = attempts.select_related("text", "task").order_by("-pk")[:SAMPLES]
    return [
        _answer(one.task.run_id, one.task.key, one.score, one.cost_nanousd, one.text.output)
        for one in found
    ]


def _answer(run_id: UUID, task: str, score: float | None, cost: int, text: str) -> Answer:
    return Answer(run_id, task, score, cost, text[:SAMPLE_CHARS])
