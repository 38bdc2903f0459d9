"""Cascades at work: a cheap model first where its result is checked, the better one if it fails."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from routing.core.policy_draft import draft_from
from routing.models import Decision, Evidence
from routing.services.learning import ObserveAttempt
from routing.services.policies import create_policy
from routing.services.recommendations import Wanted, advance
from runs.core.rules import TaskType
from runs.engine import checking
from runs.engine.draft import Brief
from runs.models import Attempt, AttemptText, Feedback, Run, Task
from runs.selectors.checking import judged_by_people
from runs.services.feedback import lesson_of
from runs.services.warm_start import gather_evidence, gather_verdicts
from telemetry.services.journal import Journal, apply_now
from tests.fixtures.simulator import Simulator
from tests.integration.engine.harness import assert_money_adds_up, calls_of, carry, given_run
from tests.integration.engine.world import make_run, make_team
from tests.integration.routing.advice import make_recommendation

pytestmark = pytest.mark.django_db(transaction=True)

CHEAP, DEAR, JUDGE = "sim/gpt-6-luna", "sim/claude-opus-5-5", "sim/gemini-3.8-flash"
CENT = 10_000_000
KIND = TaskType.DATA_EXTRACTION
ANY_JSON = {"name": "json_schema", "options": {"schema": {}}}


def know(*, scores: int = 40) -> None:
    """Let the team know a cheap model that often passes, and a dear one that nearly always does."""
    team, now = make_team(), timezone.now()
    lessons = [
        ObserveAttempt(
            team.org_id, model, KIND, score + (-0.06, 0.06)[n % 2] * (model == CHEAP), cost, 100,
            now + timedelta(milliseconds=n), team.pk, input_tokens=300,
        )
        for model, score, cost in (
            (CHEAP, 0.92, CENT // 100), (DEAR, 0.99, 2 * CENT), (JUDGE, 0.1, CENT),
        )
        for n in range(scores)
    ]  # fmt: skip
    apply_now(*lessons)


def extraction(**overrides: Any) -> Run:
    """Store a run of one task whose output must be JSON."""
    task = {"key": "a", "type": KIND, "validators": [ANY_JSON], **overrides.pop("task", {})}
    allowed = overrides.pop("allowed_models", [CHEAP, DEAR, JUDGE])
    return given_run(task, allowed_models=allowed, cache="never", **overrides)


def attempts_of(run: Run) -> list[tuple[str, str, str]]:
    rows = Attempt.objects.filter(task__run=run).order_by("number")
    return list(rows.values_list("kind", "model", "escalate_to"))


def said(run: Run, number: int = 1) -> Any:
    """Return what the decision on an attempt's first draft says of cascades; None: nothing."""
    call = next(one for one in calls_of(run) if one.attempt == number and one.phase == "generation")
    return Decision.objects.get(call_id=call.pk).inputs.get("cascade")


def answer(providers: Simulator, *texts: str, verdict: float = 0.97) -> None:
    """Let these be written in turn; everybody approves of them, and judges like them so much."""
    providers.script(*texts, intent="generate")
    providers.script(*["APPROVED"] * 4, intent="critique")
    providers.script(*[json.dumps({"score": verdict, "reason": "right"})] * 8, intent="judge")


def test_the_cheap_model_goes_first_and_stays_where_its_result_passes(
    providers: Simulator,
) -> None:
    know()
    answer(providers, '{"name": "Ada"}')

    (run,) = carry(extraction())

    assert attempts_of(run) == [("first", CHEAP, DEAR)]
    assert run.status == "SUCCESS", run.failure
    told = said(run)
    assert (told["taken"], told["step"], told["of"]) == (True, 1, 2)
    assert told["models"] == [CHEAP, DEAR]
    assert told["check"]["kind"] == "json_schema"
    way, alone = told["ways"][0], told["alone"]
    assert way["cost_per_accepted_nanousd"] < alone["cost_per_accepted_nanousd"]
    chosen = Decision.objects.get(call_id=calls_of(run)[0].pk).candidates
    assert (chosen["model"], chosen["propensity_of"]) == (CHEAP, DEAR)
    assert_money_adds_up(run)


def test_a_result_that_fails_its_check_goes_on_to_the_better_model(providers: Simulator) -> None:
    know()
    answer(providers, "no JSON at all", '{"name": "Ada"}')

    (run,) = carry(extraction())

    assert attempts_of(run) == [("first", CHEAP, DEAR), ("escalate", DEAR, "")]
    assert run.status == "SUCCESS", run.failure
    assert said(run, number=2) == {
        "taken": True, "step": 2, "of": 2, "models": [CHEAP, DEAR], "why": "json_schema failed"
    }  # fmt: skip
    assert_money_adds_up(run)


def test_what_was_escalated_is_evidence_of_harder_tasks(providers: Simulator) -> None:
    know()
    answer(providers, "no JSON at all", '{"name": "Ada"}')
    (run,) = carry(extraction())
    expected = [(CHEAP, KIND, 0.0), (DEAR, f"{KIND}+escalated", 0.97)]
    assert taught(run) == expected

    Evidence.objects.filter(run_id=run.pk).delete()
    assert gather_evidence() == 2
    assert taught(run) == expected

    task = run.tasks.get()
    feedback = Feedback.objects.create(task=task, score=1.0, at=timezone.now())
    lesson = lesson_of(feedback, 0)
    assert lesson is not None
    assert lesson.task_type == f"{KIND}+escalated"
    apply_now(lesson)
    assert gather_verdicts() == 0, "it is evidence already"


def taught(run: Run) -> list[tuple[str, str, float]]:
    rows = Evidence.objects.filter(run_id=run.pk).order_by("attempt")
    return list(rows.values_list("model", "task_type", "score"))


def test_no_cheaper_model_goes_first_where_the_better_one_fails_after_it(
    providers: Simulator,
) -> None:
    know()
    team, now = make_team(), timezone.now()
    lessons = [
        ObserveAttempt(
            team.org_id, DEAR, f"{KIND}+escalated", score, CENT, 100,
            now + timedelta(milliseconds=n), team.pk, input_tokens=300,
        )
        for n, score in enumerate([0.02, 0.06] * 20)
    ]  # fmt: skip
    apply_now(*lessons)
    answer(providers, '{"name": "Ada"}')

    (run,) = carry(extraction())

    assert attempts_of(run) == [("first", DEAR, "")]
    assert (said(run)["taken"], said(run)["why"]) == (False, "no_gain")


def left_after_the_first() -> Run:
    """Store a run whose worker died between the two steps of a cascade."""
    run, now = extraction(), timezone.now()
    attempt = Attempt.objects.create(
        task=run.tasks.get(), number=1, kind="first", model=CHEAP, provider="sim-openai",
        escalate_to=DEAR, score=0.0, validators_passed=False, has_output=True, started_at=now,
        finished_at=now, validators=[{"name": "json_schema", "status": "FAILED", "message": "no"}],
    )  # fmt: skip
    AttemptText.objects.create(attempt=attempt, output="no JSON at all")
    return run


def block_the_better_one() -> None:
    rules = {"name": "not this one", "mode": "HARD", "rules": {"blocked_models": [DEAR]}}
    create_policy(make_team().org_id, draft_from(rules), team=None, actor="ada", now=timezone.now())


def test_another_worker_goes_on_with_a_cascade_where_it_was_left(providers: Simulator) -> None:
    run = left_after_the_first()
    answer(providers, '{"name": "Ada"}')

    (run,) = carry(run)

    assert attempts_of(run) == [("first", CHEAP, DEAR), ("escalate", DEAR, "")]
    assert said(run, number=2)["why"] == "json_schema failed"


def test_whoever_else_can_goes_on_where_the_better_model_is_gone(providers: Simulator) -> None:
    run = left_after_the_first()
    answer(providers, '{"name": "Ada"}')
    block_the_better_one()

    (run,) = carry(run)

    _, (kind, model, escalate_to) = attempts_of(run)
    assert kind == "escalate"
    assert model in {CHEAP, JUDGE}
    assert escalate_to == ""
    assert said(run, number=2) is None
    assert run.status == "SUCCESS", run.failure


@pytest.mark.parametrize(
    ("learned", "run", "why"),
    [
        pytest.param({"scores": 12}, {}, "little_evidence", id="little is known"),
        pytest.param({}, {"time_limit_seconds": 100}, "no_time", id="time is short"),
        pytest.param({}, {"task": {"validators": []}}, None, id="nothing checks the result"),
    ],
)
def test_without_reason_for_a_cascade_the_best_model_goes_alone(
    providers: Simulator, learned: dict[str, Any], run: dict[str, Any], why: str | None
) -> None:
    know(**learned)
    answer(providers, '{"name": "Ada"}')

    (done,) = carry(extraction(**run))

    assert attempts_of(done) == [("first", DEAR, "")]
    told = said(done)
    assert told is None if why is None else (told["taken"], told["why"]) == (False, why)


def test_a_policy_that_rules_the_better_model_out_leaves_no_cascade(providers: Simulator) -> None:
    know()
    answer(providers, '{"name": "Ada"}')
    block_the_better_one()

    (run,) = carry(extraction())

    assert attempts_of(run) == [("first", CHEAP, "")]
    assert said(run)["why"] == "no_cheaper_model"


def test_a_recommendation_that_people_let_act_comes_before_a_cascade(providers: Simulator) -> None:
    know()
    answer(providers, '{"name": "Ada"}')
    now = timezone.now()
    row = make_recommendation(
        make_team(), now, task_type=KIND, current_model=DEAR, proposed_model=JUDGE
    )
    advance(row.pk, Wanted("applied"), by="ada", now=now)

    (run,) = carry(extraction())

    assert attempts_of(run) == [("first", JUDGE, "")]
    assert said(run) is None


@pytest.mark.parametrize(("verdict", "cascades"), [(1.0, True), (0.0, False)])
def test_judges_check_once_people_have_confirmed_them(
    providers: Simulator, verdict: float, cascades: bool
) -> None:
    know()
    old = make_run(make_team(), status="SUCCESS")
    tasks = Task.objects.bulk_create(
        Task(run=old, key=f"t{n}", position=n, type=KIND, threshold=0.9, score=0.95)
        for n in range(20)
    )
    now = timezone.now()
    Feedback.objects.bulk_create(Feedback(task=one, score=verdict, at=now) for one in tasks)
    answer(providers, '{"name": "Ada"}')

    (run,) = carry(extraction(task={"validators": []}))

    assert attempts_of(run) == [("first", CHEAP, DEAR) if cascades else ("first", DEAR, "")]
    assert said(run)["check"]["kind"] == "judges" if cascades else said(run) is None


def test_what_people_said_is_read_once_for_all_runs_of_a_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def counted(org_id: int, task_type: str) -> list[tuple[float, float]]:
        asked.append(task_type)
        return judged_by_people(org_id, task_type)

    monkeypatch.setattr(checking, "judged_by_people", counted)
    run = extraction(task={"validators": []})
    brief = Brief("a", KIND, "", "", 0.9, validators=(), context=())

    async def look() -> None:
        journal = Journal()
        checks = checking.Checks(journal)
        await asyncio.gather(*(checks.of(run, brief) for _ in range(5)))
        await asyncio.to_thread(journal.close)

    asyncio.run(look())
    assert asked == [KIND]
