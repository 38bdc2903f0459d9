"""Which outputs of a kind of task may be learned from, and why not the others."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from routing.core.policy import Place as CallPlace
from routing.core.policy import Policy
from routing.selectors import known_models
from routing.selectors.policies import policies_in_force
from runs.core.tuning.dataset import NO_TRAIN, Example, Judged, LeftOut, refusal
from runs.models import Attempt, Feedback
from runs.selectors.tuning.newest import newest_runs
from runs.selectors.tuning.places import Place

MOST: Final = 10_000
# So many make a data set: compared with each other in some seconds; providers see little more in
# more.
MOST_EXAMPLES: Final = 3_000
AT_ONCE: Final = 200
COLUMNS: Final = (
    "pk", "task_id", "model", "score", "validators_passed", "task__threshold", "task__depends_on",
    "task__run_id", "task__run__team_id", "task__validators",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """What tuning is for: tasks of one type, and of these all, or those a validator looks at."""

    task_type: str
    validator: str = ""


@dataclass(frozen=True, slots=True)
class Eligible:
    """Ids of attempts that may be learned from, the newest first; how many were left out by why.

    `mean_score` None: there is none.
    """

    ids: tuple[int, ...]
    considered: int
    left_out: Mapping[LeftOut, int]
    mean_score: float | None


def eligible(place: Place, kind: Kind, until: datetime) -> Eligible:
    """Return what may be learned from; of each task the attempt with the best score."""
    judge = _Judge(place, kind)
    left_out: Counter[LeftOut] = Counter()
    best: dict[int, tuple[float, int]] = {}
    considered = 0
    for row in _rows(place, kind, until):
        considered += 1
        why = refusal(judge.judged(row))
        if why is not None:
            left_out[why] += 1
            continue
        task, score, pk = row["task_id"], row["score"], row["pk"]
        if task in best:
            left_out[LeftOut.EXACT_DUPLICATE] += 1
        best[task] = max(best.get(task, (score, pk)), (score, pk))
    scores = [score for score, _ in best.values()]
    return Eligible(
        tuple(sorted((pk for _, pk in best.values()), reverse=True)),
        considered,
        dict(left_out),
        sum(scores) / len(scores) if scores else None,
    )


def texts_of(ids: Sequence[int]) -> Iterator[Example]:
    """Yield the examples of these attempts with their texts as they are, in the order given."""
    columns = ("pk", "task__type", "task__text__prompt", "task__run__success_criteria",
               "text__output", "score")  # fmt: skip
    for start in range(0, len(ids), AT_ONCE):
        wanted = ids[start : start + AT_ONCE]
        rows = Attempt.objects.filter(pk__in=wanted).values_list(*columns)
        found = {row[0]: row for row in rows}
        for pk in wanted:
            if pk in found:
                _, kind, prompt, criteria, output, score = found[pk]
                yield Example(pk, kind, prompt or "", criteria or "", output or "", score or 0.0)


def forbids_training(policy: Policy) -> bool:
    """Tell whether what happens under a policy is not to be learned from.

    Also where it could not be read: it then lets no model through, and nothing out.
    """
    rules = policy.rules
    return policy.enforced and (
        NO_TRAIN in rules.required_tags or rules.allowed_models == frozenset()
    )


def _rows(place: Place, kind: Kind, until: datetime) -> Iterator[dict[str, Any]]:
    left = MOST
    for runs in newest_runs(place, None, until):
        rows = Attempt.objects.filter(
            task__run__in=runs, task__type=kind.task_type, has_output=True, finished_at__lt=until
        )
        for row in rows.order_by("-pk").values(*COLUMNS)[:left]:
            left -= 1
            names = {one.get("name") for one in row["task__validators"]}
            if not kind.validator or kind.validator in names:
                yield row
        if left <= 0:
            return


class _Judge:
    """Knows what policies, models and people say of attempts."""

    def __init__(self, place: Place, kind: Kind) -> None:
        org_id = place.org.pk
        self._task_type = kind.task_type
        self._tags = {name: spec.tags for name, spec in known_models(org_id).models.items()}
        self._policies = [one for one in policies_in_force(org_id) if forbids_training(one)]
        self._feedback: dict[int, list[float]] = defaultdict(list)
        verdicts = Feedback.objects.filter(**place.within("task__run__"), task__type=kind.task_type)
        for task, score in verdicts.values_list("task_id", "score"):
            self._feedback[task].append(score)

    def judged(self, row: Mapping[str, Any]) -> Judged:
        return Judged(
            score=row["score"],
            threshold=row["task__threshold"],
            validators_passed=row["validators_passed"],
            feedback=tuple(self._feedback.get(row["task_id"], ())),
            no_train=self._forbidden(row["task__run__team_id"], row["task__run_id"]),
            tags=self._tags.get(row["model"], frozenset()),
            builds_on_others=bool(row["task__depends_on"]),
        )

    def _forbidden(self, team_id: int, run_id: UUID) -> bool:
        where = CallPlace(team_id, run_id, self._task_type)
        return any(policy.applies(where) for policy in self._policies)
