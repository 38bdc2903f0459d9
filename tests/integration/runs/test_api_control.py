"""Cancelling, resuming and judging over REST."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from uuid_utils.compat import uuid7

from budgets.models import ApiKey, BudgetPeriod, Hold
from budgets.selectors import run_money
from budgets.services.ledger import Charge, CloseHold, MarkSent, Reserve, Settle
from routing.models import Decision, Evidence
from routing.selectors.profiles import profiles_of
from routing.services.learning import ObserveAttempt
from runs.core.status import FINAL, RunStatus
from runs.models import Feedback, Run, WebhookDelivery
from telemetry.models import Call, Event
from telemetry.services.journal import apply_now
from tests.integration.runs.api import RUNS, Api, problem
from tests.world import (
    DOLLAR,
    NOW,
    World,
    make_budget,
    make_call,
    make_key,
    make_run,
    make_task,
)

pytestmark = pytest.mark.django_db


def spend(run: Run, amount: int) -> None:
    """Charge the run's hold as a call would."""
    assert run.hold_id is not None
    call = uuid7()
    apply_now(
        Reserve(
            hold_id=run.hold_id, call_id=call, run_id=run.pk, task_key="t1", attempt=1,
            phase="generation", task_type="summarization", provider="sim-openai",
            model="sim/gpt-6-luna", amount_nanousd=amount, at=NOW,
        )
    )  # fmt: skip
    apply_now(MarkSent(call, NOW))
    apply_now(Settle(call, Charge.exact(amount), NOW))


def interrupted(world: World, status: RunStatus = RunStatus.TIMEOUT, *, spent: int = 0,
                **fields: Any) -> Run:  # fmt: skip
    """A run that ended early, with its hold closed as the engine leaves it."""
    run = make_run(world.team, status=status, finished_at=NOW, **fields)
    if spent:
        spend(run, spent)
    assert run.hold_id is not None
    apply_now(CloseHold(run.hold_id, NOW))
    return run


def events_of(run: Run) -> list[str]:
    return list(Event.objects.filter(run_id=run.pk).order_by("seq").values_list("type", flat=True))


def test_cancel_ends_a_queued_run_at_once_and_gives_its_money_back(api: Api, world: World):
    make_budget(world.team)
    run = make_run(world.team, webhook_url="https://example.com/hook")

    body = api.post(f"{RUNS}{run.pk}/cancel/").json()

    assert body["status"] == "CANCELLED"
    assert body["finished_at"]
    assert BudgetPeriod.objects.get().held_nanousd == 0
    assert events_of(run) == ["run.finished"]
    assert WebhookDelivery.objects.get().run_id == run.pk


@pytest.mark.parametrize(
    ("status", "owner"), [("RUNNING", "w1"), ("RUNNING", ""), ("QUEUED", "w1")]
)
def test_cancel_asks_the_worker_of_a_run_that_goes_on(
    api: Api, world: World, status: str, owner: str
):
    run = make_run(world.team, status=status, owner=owner)

    assert api.post(f"{RUNS}{run.pk}/cancel/").json()["status"] == "CANCELLING"
    run.refresh_from_db()
    assert run.cancel_requested_at is not None
    assert events_of(run) == ["run.cancelling"]
    assert Hold.objects.get(run_id=run.pk).closed_at is None


@pytest.mark.parametrize("status", ["CANCELLING", "CANCELLED"])
def test_cancelling_twice_changes_nothing(api: Api, world: World, status: str):
    run = make_run(world.team, status=status)

    assert api.post(f"{RUNS}{run.pk}/cancel/").json()["status"] == status
    assert events_of(run) == []


@pytest.mark.parametrize("status", ["SUCCESS", "COMPLETED_DEGRADED", "TIMEOUT", "SYSTEM_FAILURE"])
def test_cancel_comes_too_late_for_a_run_that_has_ended(api: Api, world: World, status: str):
    run = make_run(world.team, status=status)

    assert problem(api.post(f"{RUNS}{run.pk}/cancel/"), 409, "conflict")["state"] == status


@pytest.mark.parametrize("status", ["PARTIAL_SUCCESS", "TIMEOUT", "SYSTEM_FAILURE"])
def test_resume_queues_the_rest_of_the_budget(api: Api, world: World, status: str):
    make_budget(world.team)
    run = interrupted(world, RunStatus(status), spent=DOLLAR // 2, failure={"reason": "x"})

    body = api.post(f"{RUNS}{run.pk}/resume/").json()

    assert (body["status"], body["resumed_from"]) == ("QUEUED", str(run.pk))
    assert (body["finished_at"], body["deadline_at"], body["failure"]) == (None, None, None)
    assert body["spent_usd"] == "0.50"
    run.refresh_from_db()
    assert run.hold is not None
    assert run.hold.amount_nanousd == run.hold.limit_nanousd == 3 * DOLLAR // 2
    assert Hold.objects.filter(run_id=run.pk).count() == 2
    period = BudgetPeriod.objects.get()
    assert (period.spent_nanousd, period.held_nanousd) == (DOLLAR // 2, 3 * DOLLAR // 2)
    assert events_of(run) == ["run.resumed"]


@pytest.mark.parametrize("status", sorted(FINAL | {"QUEUED", "RUNNING", "CANCELLING"}))
def test_resume_is_a_conflict_however_often_it_is_asked(api: Api, world: World, status: str):
    run = make_run(world.team, status=status)

    for _ in range(2):
        problem(api.post(f"{RUNS}{run.pk}/resume/", {"budget_usd": "9.00"}), 409, "conflict")
    run.refresh_from_db()
    assert (run.status, run.budget_nanousd) == (status, 2 * DOLLAR)
    assert Hold.objects.filter(run_id=run.pk).count() == 1


def test_resume_with_a_larger_budget_and_new_time(api: Api, world: World):
    run = interrupted(world, RunStatus.BUDGET_EXHAUSTED, spent=2 * DOLLAR)

    body = api.post(
        f"{RUNS}{run.pk}/resume/", {"budget_usd": "5.00", "time_limit_seconds": 60}
    ).json()

    assert (body["budget_usd"], body["time_limit_seconds"]) == ("5.00", 60)
    run.refresh_from_db()
    assert run.hold is not None
    assert run.hold.limit_nanousd == 3 * DOLLAR


@pytest.mark.parametrize("body", [{}, {"budget_usd": "2.00"}, {"budget_usd": "0.10"}])
def test_resume_of_an_exhausted_run_needs_a_raise(api: Api, world: World, body: dict[str, str]):
    run = interrupted(world, RunStatus.BUDGET_EXHAUSTED, spent=19 * DOLLAR // 10)

    refused = problem(api.post(f"{RUNS}{run.pk}/resume/", body), 402, "budget-exceeded")

    assert (refused["scope"], refused["limit_usd"], refused["spent_usd"]) == ("run", "2.00", "1.90")
    run.refresh_from_db()
    assert run.status == "BUDGET_EXHAUSTED"
    assert run_money([run.pk])[run.pk].reserved_nanousd == 0


def test_resume_without_room_in_the_team_leaves_the_run_as_it_was(api: Api, world: World):
    run = interrupted(world)
    make_budget(world.team, limit=DOLLAR)

    assert problem(api.post(f"{RUNS}{run.pk}/resume/"), 402, "budget-exceeded")["scope"] == "team"
    run.refresh_from_db()
    assert run.status == "TIMEOUT"
    assert events_of(run) == []


def test_resume_by_a_key_without_a_model_of_the_run_is_denied_on_record(world: World):
    make_budget(world.team)
    run = interrupted(world, allowed_models=["sim/gpt-6-luna", "sim/kimi-k2.6"])
    limited = Api(make_key(world.team, allowed_models=["sim/claude-haiku-5-5"]))
    held = BudgetPeriod.objects.get().held_nanousd

    body = problem(limited.post(f"{RUNS}{run.pk}/resume/"), 403, "policy-denied")

    assert body["policy"] == "models of the API key"
    assert "sim/gpt-6-luna, sim/kimi-k2.6" in body["reason"]
    decision = Decision.objects.get(pk=body["decision_id"])
    assert (decision.outcome, decision.run_id) == ("deny", run.pk)
    run.refresh_from_db()
    assert run.status == RunStatus.TIMEOUT
    assert BudgetPeriod.objects.get().held_nanousd == held


def test_resume_leaves_the_models_that_run_and_key_have_in_common(world: World):
    run = interrupted(world, allowed_models=["sim/gpt-6-luna", "sim/kimi-k2.6"])
    limited = Api(make_key(world.team, allowed_models=["sim/kimi-k2.6", "sim/deepseek-v4-pro"]))

    assert limited.post(f"{RUNS}{run.pk}/resume/").status_code == 200

    run.refresh_from_db()
    assert run.allowed_models == ["sim/kimi-k2.6"]


@pytest.mark.parametrize("restricts", ["team", "author"])
def test_resume_is_denied_where_nothing_is_left_of_the_runs_models(
    api: Api, world: World, restricts: str
):
    author = ApiKey.objects.create(
        team=world.team, name="author", prefix="author", digest="0" * 64, scopes=[],
        allowed_models=["sim/kimi-k2.6"],
    )  # fmt: skip
    run = interrupted(
        world,
        allowed_models=["sim/gpt-6-luna"] if restricts == "team" else None,
        api_key=author if restricts == "author" else None,
    )
    type(world.team).objects.filter(pk=world.team.pk).update(allowed_models=["sim/gpt-6-terra"])

    body = problem(api.post(f"{RUNS}{run.pk}/resume/"), 403, "policy-denied")

    assert body["policy"] == "models of the team"


def test_resume_settles_what_a_dead_worker_left_open(api: Api, world: World):
    run = make_run(world.team, status=RunStatus.SYSTEM_FAILURE)
    assert run.hold_id is not None
    call = uuid7()
    apply_now(
        Reserve(
            hold_id=run.hold_id, call_id=call, run_id=run.pk, task_key="t1", attempt=1,
            phase="generation", task_type="summarization", provider="sim-openai",
            model="sim/gpt-6-luna", amount_nanousd=DOLLAR, at=NOW,
        )
    )  # fmt: skip
    apply_now(MarkSent(call, NOW))

    body = api.post(f"{RUNS}{run.pk}/resume/").json()

    assert (body["spent_usd"], body["held_usd"]) == ("1.00", "0.00")
    assert Call.objects.get(pk=call).outcome == "unconfirmed"


@pytest.mark.parametrize(
    "body",
    [{"budget_usd": "0"}, {"budget_usd": 5}, {"time_limit_seconds": 0}, {"surprise": 1},
     {"time_limit_seconds": True}],
)  # fmt: skip
def test_resume_refuses_bad_fields(api: Api, world: World, body: dict[str, Any]):
    run = interrupted(world)

    problem(api.post(f"{RUNS}{run.pk}/resume/", body), 422, "invalid")
    run.refresh_from_db()
    assert run.status == "TIMEOUT"


def test_resume_and_cancel_replay_their_answers(api: Api, world: World):
    run = interrupted(world)

    first = api.post(f"{RUNS}{run.pk}/resume/", key="r")
    again = api.post(f"{RUNS}{run.pk}/resume/", key="r")
    stopped = api.post(f"{RUNS}{run.pk}/cancel/", key="c")
    stopped_again = api.post(f"{RUNS}{run.pk}/cancel/", key="c")

    assert first.json() == again.json()
    assert stopped.json() == stopped_again.json()
    assert events_of(run) == ["run.resumed", "run.finished"]


def test_cancel_takes_no_fields(api: Api, world: World):
    run = make_run(world.team)

    problem(api.post(f"{RUNS}{run.pk}/cancel/", {"why": "x"}), 422, "invalid")


@pytest.mark.parametrize("operation", ["cancel", "resume"])
def test_reading_key_may_not_steer(world: World, operation: str):
    run = interrupted(world)

    answer = Api(world.reading_key).post(f"{RUNS}{run.pk}/{operation}/")

    assert "runs:write" in problem(answer, 403, "forbidden")["detail"]


def test_feedback_is_kept_and_told(api: Api, world: World):
    run = make_run(world.team)
    task = make_task(run, output="x")

    response = api.post(f"{RUNS}{run.pk}/tasks/t1/feedback/", {"score": 0.25, "comment": "meh"})

    assert response.status_code == 201
    assert response.json()["score"] == 0.25
    feedback = Feedback.objects.get()
    assert (feedback.task, feedback.score, feedback.comment) == (task, 0.25, "meh")
    assert feedback.api_key is not None
    assert events_of(run) == ["task.feedback"]


def judge(api: Api, run: Run, *scores: float, key: str = "t1") -> None:
    for score in scores:
        assert (
            api.post(f"{RUNS}{run.pk}/tasks/{key}/feedback/", {"score": score}).status_code == 201
        )


def test_a_verdict_is_evidence_that_weighs_more_than_an_attempt(api: Api, world: World):
    run = make_run(world.team)
    task = make_task(run, output="x", type="summarization")
    attempt = ObserveAttempt(
        run.org_id, task.model, task.type, 0.9, 1000, 20, NOW, run.team_id, run.pk, task.key, 1,
        version="openai/luna-1",
    )  # fmt: skip
    apply_now(attempt)

    judge(api, run, 0.25)

    row = Evidence.objects.get(source="feedback")
    assert (row.org_id, row.team_id, row.run_id) == (run.org_id, run.team_id, run.pk)
    assert (row.task_key, row.attempt, row.model, row.task_type) == (
        task.key, 1, task.model, task.type,
    )  # fmt: skip
    assert (row.score, row.weight, row.cost_nanousd) == (0.25, 3.0, None)
    assert row.version == "openai/luna-1", "of the version that wrote it, whatever it is now"
    learned = profiles_of(run.org_id, run.team_id)
    mean = learned[task.model, task.type].mean_score
    assert mean is not None and 0.25 < mean < (0.9 + 0.25) / 2
    call_command("rebuild_profiles", stdout=StringIO())
    (rebuilt,) = profiles_of(run.org_id, run.team_id).values()
    assert rebuilt.n == 2
    assert rebuilt.mean_score == pytest.approx(mean)


def test_many_verdicts_on_one_task_do_not_look_like_many_tasks(api: Api, world: World):
    run = make_run(world.team)
    make_task(run, output="x")

    judge(api, run, *[0.0] * 5)

    assert Feedback.objects.count() == 5
    weights = Evidence.objects.order_by("id").values_list("weight", flat=True)
    assert list(weights) == [3.0, 1.5, 0.75]


def test_a_verdict_on_made_up_history_teaches_nothing(api: Api, world: World):
    run = make_run(world.team, labels={"demo": "yes"})
    make_task(run, output="x")
    make_call(run, demo=True)

    judge(api, run, 0.0)

    assert Feedback.objects.count() == 1
    assert not Evidence.objects.exists()


@pytest.mark.parametrize("score", [-0.1, 1.1, True, "0.5", None, [], 10**400])
def test_feedback_needs_a_score_from_0_to_1(api: Api, world: World, score: Any):
    run = make_run(world.team)
    make_task(run, output="x")

    body = problem(api.post(f"{RUNS}{run.pk}/tasks/t1/feedback/", {"score": score}), 422, "invalid")

    assert "score" in body["errors"]
    assert not Feedback.objects.exists()


def test_feedback_on_a_task_without_output_is_a_conflict(api: Api, world: World):
    run = make_run(world.team)
    make_task(run)

    problem(api.post(f"{RUNS}{run.pk}/tasks/t1/feedback/", {"score": 1}), 409, "conflict")
