"""What narrows a list of runs does so alike whether few runs fit a filter or many."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from routing.models import Decision
from runs.models import Run, RunLabel
from runs.selectors import run_filters
from runs.selectors.run_filters import RunFilters, narrowed
from runs.services.labels import renew_labels
from telemetry.models import Series
from tests.world import World, make_call, make_run, make_task

pytestmark = pytest.mark.django_db

LUNA, KIMI = "sim/gpt-6-luna", "sim/kimi-k2.6"


@pytest.fixture
def runs(world: World) -> dict[str, Run]:
    """Return runs by name: of two teams, and one of another organisation that fits everything."""
    found = {
        "luna": make_run(world.team, status="SUCCESS", labels={"env": "prod", "a__gt": "1"}),
        "kimi": make_run(world.sibling, status="TIMEOUT", labels={"env": "test"}),
        "bare": make_run(world.team, labels={"env": ""}),
        "other": make_run(world.other, status="SUCCESS", labels={"env": "prod"}),
    }
    for name in ("luna", "other"):
        make_call(found[name], model=LUNA, task_type="summarization")
        make_call(found[name], model=KIMI, provider="sim-moonshot", task_type="code_review")
        make_task(found[name], type="summarization")
        Decision.objects.create(
            at=timezone.now(), org_id=found[name].org_id, team_id=found[name].team_id,
            run_id=found[name].pk, kind="policy", outcome="warn",
        )  # fmt: skip
    make_call(found["kimi"], model=KIMI, provider="sim-moonshot", task_type="code_review")
    for team in (world.team, world.sibling):
        Series.objects.create(
            org_id=team.org_id, team_id=team.pk, run_less=False, phase="generation",
            provider="sim-moonshot", model=KIMI, task_type="code_review", outcome="ok",
        )  # fmt: skip
    return found


@pytest.mark.parametrize("few", [0, 1, 1_000])
@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({}, {"luna", "kimi", "bare"}),
        ({"status": ("SUCCESS", "TIMEOUT")}, {"luna", "kimi"}),
        ({"status": ("CANCELLED",)}, set()),
        ({"labels": (("env", None),)}, {"luna", "kimi", "bare"}),
        ({"labels": (("env", "prod"),)}, {"luna"}),
        ({"labels": (("env", ""),)}, {"bare"}),
        ({"labels": (("env", None), ("a__gt", "1"))}, {"luna"}),
        ({"labels": (("env", "PROD"),)}, set()),
        ({"models": (KIMI,)}, {"luna", "kimi"}),
        ({"model": LUNA}, {"luna"}),
        ({"models": (LUNA,), "task_types": ("code_review",)}, set()),
        ({"models": (KIMI,), "task_types": ("code_review",)}, {"luna", "kimi"}),
        ({"providers": ("sim-moonshot",)}, {"luna", "kimi"}),
        ({"providers": ("nobody",)}, set()),
        ({"providers": ("sim-moonshot",), "models": (LUNA,)}, set()),
        ({"task_type": "summarization"}, {"luna"}),
        ({"policy_outcome": ("warn",)}, {"luna"}),
        ({"policy_outcome": ("allow",)}, {"kimi", "bare"}),
        ({"policy_outcome": ("warn", "deny"), "status": ("SUCCESS",), "model": LUNA}, {"luna"}),
    ],
)
def test_the_same_runs_fit_whether_few_or_many_do(
    world: World, runs: dict[str, Run], monkeypatch: pytest.MonkeyPatch, few: int,
    asked: dict[str, Any], fits: set[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(run_filters, "FEW", few)
    teams = [world.team.pk, world.sibling.pk]

    found = set(narrowed(teams, RunFilters(**asked)).values_list("pk", flat=True))

    assert found == {runs[name].pk for name in fits}


def test_a_team_that_is_not_the_callers_adds_nothing(world: World, runs: dict[str, Run]) -> None:
    asked = RunFilters(team_ids=(world.team.pk, world.other.pk), labels=(("env", "prod"),))

    assert [run.pk for run in narrowed([world.team.pk], asked)] == [runs["luna"].pk]


def test_changed_labels_are_looked_up_as_they_are_now(world: World) -> None:
    run = make_run(world.team, labels={"env": "prod", "old": "yes"})
    run.labels = {"env": "test"}
    run.save(update_fields=["labels"])
    renew_labels(run)

    assert list(RunLabel.objects.values_list("key", "value")) == [("env", "test")]
