"""What the engine does shows in the figures, and the figures can be rebuilt from it."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.db.models import Sum

from runs.models import Attempt
from telemetry.models import Call, HourlyRollup, Score
from tests.fixtures.simulator import Simulator
from tests.integration.engine.harness import carry, given_run
from tests.integration.telemetry.facts import figures

pytestmark = pytest.mark.django_db(transaction=True)


def test_calls_and_attempts_of_a_run_are_counted(providers: Simulator) -> None:
    providers.fault("*", "skill:0.5")
    providers.fault("claude-haiku-5-5", "500")

    (run,) = carry(given_run({"key": "a"}, {"key": "b"}))

    sums = HourlyRollup.objects.aggregate(
        *map(Sum, ("calls", "cost_nanousd", "attempts", "accepted", "score_n", "errors_provider"))
    )
    attempts = Attempt.objects.filter(has_output=True)
    calls = Call.objects.filter(run_id=run.pk)
    assert sums["calls__sum"] == calls.count()
    assert sums["cost_nanousd__sum"] == sum(call.cost_nanousd or 0 for call in calls)
    assert sums["errors_provider__sum"] == calls.filter(outcome="error").count()
    assert sums["attempts__sum"] == attempts.count() == Score.objects.count()
    assert sums["accepted__sum"] == run.tasks.filter(status="COMPLETED").count() > 0
    assert sums["score_n__sum"] == attempts.exclude(score=None).count()


def test_rebuilding_after_a_run_changes_nothing(providers: Simulator) -> None:
    carry(given_run({"key": "a"}))
    before = figures()
    said = io.StringIO()

    call_command("rebuild_rollups", stdout=said)

    assert figures() == before
    assert f"from {Call.objects.count()} calls" in said.getvalue()
