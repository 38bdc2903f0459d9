"""The database commits, and its answer is lost on the way: nothing is counted twice."""

from __future__ import annotations

from collections import Counter

import pytest
from django.core.management import call_command
from django.db.models import Sum

from runs.models import Attempt
from telemetry.models import Event, HourlyRollup, Score
from telemetry.services.journal import thread as journal
from tests.fixtures.lost_answers import losing_answers
from tests.fixtures.simulator import Simulator
from tests.integration.engine.harness import assert_money_adds_up, calls_of, carry, given_run

pytestmark = pytest.mark.django_db(transaction=True)


def test_figures_of_a_run_are_right_although_answers_were_lost(
    providers: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "RECONNECT_SECONDS", (0.01, 0.01))
    providers.fault("*", "skill:0.5")
    run = given_run({"key": "a"}, {"key": "b"}, {"key": "c", "depends_on": ["a", "b"]})

    with losing_answers(every=3) as seen:
        (run,) = carry(run)

    assert seen.lost >= 5
    assert (run.status, run.tasks_done) == ("SUCCESS", 3), run.failure
    calls = calls_of(run)
    assert run.calls == len(calls) == len(providers.requests())
    assert run.input_tokens == sum(call.input_tokens or 0 for call in calls)
    costs = Counter[str]()
    for call in calls:
        costs[call.task_key] += call.cost_nanousd or 0
    assert {task.key: task.cost_nanousd for task in run.tasks.all()} == costs
    hours = HourlyRollup.objects.aggregate(Sum("calls"), Sum("cost_nanousd"), Sum("attempts"))
    assert hours["calls__sum"] == len(calls)
    assert hours["cost_nanousd__sum"] == costs.total()
    attempts = Attempt.objects.filter(task__run=run).count()
    assert attempts == Score.objects.count() == hours["attempts__sum"]
    told = Counter(Event.objects.filter(run_id=run.id).values_list("type", flat=True))
    assert told["task.finished"] == told["task.started"] == 3
    assert (told["call.finished"], told["attempt.finished"]) == (len(calls), attempts)
    assert told["run.finished"] == 1
    assert_money_adds_up(run)
    call_command("reconcile_budgets")
