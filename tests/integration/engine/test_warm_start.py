"""Evidence from attempts that were stored before."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from routing.models import Evidence, QualityProfile
from tests.fixtures.simulator import Simulator
from tests.integration.engine.harness import carry, given_run

pytestmark = pytest.mark.django_db(transaction=True)
LEARNED = ("org_id", "team_id", "task_key", "attempt", "model", "task_type", "score")
LEARNED_OF_CALLS = ("cost_nanousd", "latency_ms", "input_tokens")


def gather() -> str:
    out = StringIO()
    call_command("gather_evidence", stdout=out)
    return out.getvalue()


def evidence(*names: str) -> list[tuple[Any, ...]]:
    return sorted(Evidence.objects.values_list(*names))


def test_stored_attempts_teach_what_the_engine_would_have_learned(providers: Simulator) -> None:
    carry(given_run({"key": "a"}, {"key": "b"}))
    learned, spent = evidence(*LEARNED), evidence("task_key", "attempt", *LEARNED_OF_CALLS)
    counts = sorted(QualityProfile.objects.values_list("team_id", "model", "n"))
    Evidence.objects.all().delete()
    QualityProfile.objects.all().delete()

    assert gather() == f"{len(learned)} evaluated attempts became evidence.\n"

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

    assert gather() == "0 evaluated attempts became evidence.\n"
    assert evidence("id") == before
