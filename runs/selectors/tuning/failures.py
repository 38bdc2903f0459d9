"""Attempts that failed or scored too low, and what each led to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from runs.core.tuning.patterns import Failure, caught_by, said_of
from runs.models import Attempt
from runs.selectors.tuning.newest import newest_runs
from runs.selectors.tuning.places import Place

# Looked through in some seconds; the newest count.
MOST_ATTEMPTS: Final = 20_000
MOST_FAILURES: Final = 3_000
AT_ONCE: Final = 500
COLUMNS: Final = ("pk", "task_id", "number", "score", "validators_passed", "has_output",
                  "cost_nanousd", "task__threshold")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failures:
    """The newest failures of so many attempts; `left_out` were older."""

    found: tuple[Failure, ...]
    attempts: int
    left_out: int


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    task: int
    number: int
    score: float | None
    validators_passed: bool | None
    has_output: bool
    cost: int
    threshold: float

    @property
    def failed(self) -> bool:
        """Tell whether it failed: an output that nobody could judge did not."""
        if not self.has_output or self.validators_passed is False:
            return True
        return self.score is not None and self.score < self.threshold


def failures_in(place: Place, since: datetime, until: datetime) -> Failures:
    """Return what failed in runs that were submitted in that time."""
    seen = _newest(place, since, until)
    costs = {(row.task, row.number): row.cost for row in seen}
    failed = [row for row in seen if row.failed]
    kept = failed[:MOST_FAILURES]
    after = {row.id: costs.get((row.task, row.number + 1), 0) for row in kept}
    found = [
        one
        for start in range(0, len(kept), AT_ONCE)
        for one in _read(kept[start : start + AT_ONCE], after)
    ]
    return Failures(tuple(found), len(seen), len(failed) - len(kept))


def _newest(place: Place, since: datetime, until: datetime) -> list[_Row]:
    found: list[_Row] = []
    for runs in newest_runs(place, since, until):
        rows = Attempt.objects.filter(task__run__in=runs).order_by("-pk").values_list(*COLUMNS)
        found += [_Row(*values) for values in rows[: MOST_ATTEMPTS - len(found)]]
        if len(found) >= MOST_ATTEMPTS:
            break
    return found


def _read(rows: Sequence[_Row], after: dict[int, int]) -> list[Failure]:
    """Return failures with what was said of them."""
    wanted = Attempt.objects.filter(pk__in=[row.id for row in rows])
    columns = ("pk", "task__type", "validators", "has_output", "judgements", "score",
               "text__critique", "task__text__prompt")  # fmt: skip
    return [
        Failure(
            id=pk,
            task_type=kind,
            caught_by=caught_by(validators, has_output=has_output),
            said=said_of(critique or "", judgements, validators),
            prompt=(prompt or "")[:2_000],
            score=score,
            retry_nanousd=after[pk],
        )
        for pk, kind, validators, has_output, judgements, score, critique, prompt in (
            wanted.order_by("-pk").values_list(*columns)
        )
    ]
