"""Evidence from attempts that were stored before."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from routing.models import Evidence, QualityProfile
from runs.models import Feedback, Task
from tests.fixtures.simulator import Simulator
from tests.integration.engine.harness import carry, given_run
from tests.integration.engine.world import make_run, make_team

pytestmark = pytest.mark.django_db(transaction=True)
LEARNED = ("org_id", "team_id", "task_key", "attempt", "model", "task_type", "score")
LEARNED_OF_CALLS = ("cost_nanousd", "latency_ms", "input_tokens")


def gather() -> str:
    out = StringIO()
    call_command("gather_evidence", stdout=out)
    return out.getvalue()


def told(attempts: int, verdicts: int = 0) -> str:
    return (
        f"{attempts} evaluated attempts became evidence.\n"
        f"{verdicts} verdicts of people became evidence.\n"
    )


def evidence(*names: str) -> list[tuple[Any, ...]]:
    return sorted(Evidence.objects.values_list(*names))


def test_stored_attempts_teach_what_the_engine_would_have_learned(providers: Simulator) -> None:
    carry(given_run({"key": "a"}, {"key": "b"}))
    learned, spent = evidence(*LEARNED), evidence("task_key", "attempt", *LEARNED_OF_CALLS)
    counts = sorted(QualityProfile.objects.values_list("team_id", "model", "n"))
    Evidence.objects.all().delete()
    QualityProfile.objects.all().delete()

    assert gather() == told(len(learned))

    assert evidence(*LEARNED) == learned
    for again, before in zip(
        evidence("task_key", "attempt", *LEARNED_OF_CALLS), spent, strict=True
    ):
        assert again[:2] == before[:2]
        assert again[2:] == pytest.approx(before[2:], abs=1)
    assert sorted(QualityProfile.objects.values_list("team_id", "model", "n")) == counts


def test_what_is_evidence_already_is_not_learned_twice(providers: Simulator) -> None:
    carry(given_run({"key": "a"}))
    before = evidence("id")

    assert gather() == told(0)
    assert evidence("id") == before


def test_verdicts_of_before_teach_what_they_would_have_taught_then() -> None:
    run = make_run(make_team(), status="SUCCESS")
    now = timezone.now()
    for key, scores in (("a", [0.2, 0.4, 0.9, 1.0]), ("b", [1.0])):
        task = Task.objects.create(
            run=run, key=key, position=0, type="summarization", threshold=0.8, best_attempt=1,
            model="sim/gpt-6-luna",
        )  # fmt: skip
        Feedback.objects.bulk_create(Feedback(task=task, score=one, at=now) for one in scores)

    assert gather() == told(0, verdicts=4)

    kept = [("a", 0.2, 3.0), ("a", 0.4, 1.5), ("a", 0.9, 0.75), ("b", 1.0, 3.0)]
    assert evidence("task_key", "score", "weight") == kept
    assert set(Evidence.objects.values_list("source", "cost_nanousd")) == {("feedback", None)}
    assert gather() == told(0)
