"""Policies at work: what no phase of a run ever calls, and how that is written down."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from routing.core.policy_draft import draft_from
from routing.models import Breaker, Decision, Policy
from routing.services.audit import chain_report
from routing.services.policies import change_policy, create_policy
from runs.models import Run
from runs.services import lifecycle
from tests.fixtures.simulator import Simulator
from tests.integration.engine.harness import assert_money_adds_up, calls_of, carry, given_run
from tests.integration.engine.world import make_run, make_team

pytestmark = pytest.mark.django_db(transaction=True)

HAIKU, LUNA, LITE = "sim/claude-haiku-5-5", "sim/gpt-6-luna", "sim/gemini-3.5-flash-lite"


@pytest.fixture(autouse=True)
def skilled(providers: Simulator) -> None:
    providers.fault("*", "skill:0.5")


def make_policy(name: str = "house rule", mode: str = "HARD", rules: Any = None, **fields: Any
                ) -> Policy:  # fmt: skip
    team = make_team()
    draft = draft_from({"name": name, "mode": mode, "rules": rules or {}} | fields)
    of_team = team if draft.team else None
    return create_policy(team.org_id, draft, team=of_team, actor="ada", now=timezone.now())


def denials() -> list[Decision]:
    return list(Decision.objects.filter(outcome="deny").order_by("position"))


def test_a_blocked_provider_is_called_by_no_phase(providers: Simulator) -> None:
    make_policy(rules={"blocked_providers": ["sim-openai", "sim-moonshot"]})
    make_policy("cheap", "SOFT", {"max_cost_per_call_usd": "0.02"})
    task = {"key": "a", "type": "code_generation", "prompt": "Write fizzbuzz(n).",
            "validators": ["python_syntax"]}  # fmt: skip

    planned, given = carry(make_run(project="Sort numbers", created_at=timezone.now()),
                           given_run(task))  # fmt: skip

    asked = {call.provider for run in (planned, given) for call in calls_of(run)}
    assert asked and not asked & {"sim-openai", "sim-moonshot"}
    phases = {call.phase for run in (planned, given) for call in calls_of(run)}
    assert phases == {"decomposition", "generation", "cross_review", "evaluation"}
    for line in providers.requests():
        assert "gpt" not in line["model"] and "kimi" not in line["model"]
    for decision in Decision.objects.filter(kind="route"):
        removed = {one["model"]: one["detail"] for one in decision.candidates["removed"]}
        # A repair is asked of one model alone, and that is said first.
        assert removed[LUNA] in (
            "house rule v1: provider sim-openai is blocked",
            "this call",
        )
        assert decision.inputs["policies"][1]["policy"] == "house rule"
    assert chain_report(given.org_id).broken is None


def test_a_blocked_model_is_neither_fallen_back_to_nor_probed(providers: Simulator) -> None:
    make_policy(rules={"blocked_models": [LUNA]})
    past = timezone.now()
    Breaker.objects.create(model=LUNA, state="OPEN", retry_at=past, opened_at=past,
                           cooldown_seconds=1, updated_at=past)  # fmt: skip
    providers.fault("claude-haiku-5-5", "500")

    (run,) = carry(given_run({"key": "a"}, allowed_models=[HAIKU, LUNA, LITE]))

    assert run.status in {"SUCCESS", "COMPLETED_DEGRADED"}, run.failure
    assert not providers.requests(model="gpt-6-luna")
    assert Breaker.objects.get(model=LUNA).state == "OPEN"


def test_a_run_that_policies_leave_no_model_ends_with_who_was_removed_by_what() -> None:
    run = given_run({"key": "a"}, allowed_models=[HAIKU, LUNA])
    make_policy("not these", rules={"blocked_models": [HAIKU, LUNA]})

    (done,) = carry(run)

    assert done.status == "SYSTEM_FAILURE"
    assert done.failure is not None
    (reason,) = done.failure["reasons"]
    assert f"no model is left by not these v1: {HAIKU} (not these v1: model {HAIKU}" in reason
    (denial,) = denials()
    assert (denial.kind, denial.policy, denial.version) == ("policy", "not these", 1)
    assert (denial.run_id, denial.task_key, denial.phase) == (run.id, "a", "generation")
    removed = {one["model"]: one["reason"] for one in denial.candidates["removed"]}
    assert removed[HAIKU] == removed[LUNA] == "policy"
    assert not calls_of(done)
    assert_money_adds_up(done)


def test_a_denied_run_goes_on_once_the_policy_lets_it() -> None:
    run = given_run({"key": "a"}, allowed_models=[HAIKU, LUNA])
    row = make_policy("not these", rules={"blocked_models": [HAIKU, LUNA]})
    carry(run)
    draft = draft_from({"name": row.name, "mode": "HARD", "rules": {"blocked_models": [LUNA]}})
    change_policy(row, draft, team=None, actor="ada", now=timezone.now())

    lifecycle.resume(run.id, timezone.now())
    (done,) = carry(run)

    assert done.status in {"SUCCESS", "COMPLETED_DEGRADED"}, done.failure
    assert {call.model for call in calls_of(done)} == {HAIKU}


def test_soft_limits_that_nobody_keeps_are_used_and_logged_as_warnings() -> None:
    make_policy("dream", "SOFT", {"min_quality": 0.999, "max_cost_per_call_usd": "0.000000001"})
    make_policy("watch", "MONITOR", {"allowed_providers": ["sim-deepseek"]})

    (run,) = carry(given_run({"key": "a"}, allowed_models=[HAIKU, LUNA, LITE]))

    assert run.status in {"SUCCESS", "COMPLETED_DEGRADED"}, run.failure
    for call in calls_of(run):
        warned = Decision.objects.filter(call_id=call.id, outcome="warn").order_by("position")
        said = [(one.policy, one.inputs["constraint"], one.inputs["mode"]) for one in warned]
        assert said == [("dream", "cost per call", "SOFT"), ("dream", "quality", "SOFT"),
                        ("watch", "provider", "MONITOR")]  # fmt: skip
        assert {one.version for one in warned} == {1}
        assert {one.model for one in warned} == {call.model}
    chosen = Decision.objects.filter(kind="route").first()
    assert chosen is not None
    assert chosen.inputs["violations"][HAIKU][0]["policy"] == "dream"


def test_a_cap_per_task_stops_a_task_and_not_the_others() -> None:
    tasks = [{"key": "a", "prompt": "Summarise the news. " + "x" * 3_000}]
    make_policy("thrift", rules={"max_cost_per_task_usd": "0.02"})

    (run,) = carry(given_run(*tasks, allowed_models=[HAIKU, LUNA, LITE]))

    spent = sum(call.cost_nanousd or 0 for call in calls_of(run))
    assert calls_of(run) and spent <= 20_000_000


def test_a_policy_of_another_team_or_type_of_task_lets_a_run_alone(providers: Simulator) -> None:
    other = make_team("research")
    draft = draft_from({"name": "elsewhere", "mode": "HARD", "scope": "team", "team": "research",
                        "rules": {"blocked_providers": ["sim-anthropic"]}})  # fmt: skip
    create_policy(other.org_id, draft, team=other, actor="ada", now=timezone.now())
    make_policy("reviews", scope="task_type", task_type="code_review",
                rules={"blocked_providers": ["sim-anthropic"]})  # fmt: skip

    (run,) = carry(given_run({"key": "a"}, allowed_models=[HAIKU]))

    assert run.status in {"SUCCESS", "COMPLETED_DEGRADED"}, run.failure
    assert {call.model for call in calls_of(run)} == {HAIKU}


def test_a_policy_of_one_run_holds_in_it_alone() -> None:
    one, other = (given_run({"key": "a"}, allowed_models=[HAIKU, LUNA]) for _ in range(2))
    team = make_team()
    draft = draft_from({"name": "this run", "mode": "HARD", "scope": "run", "run": str(one.id),
                        "rules": {"blocked_models": [HAIKU]}})  # fmt: skip
    create_policy(team.org_id, draft, team=team, actor="ada", now=timezone.now())

    carry(one, other)

    assert HAIKU not in {call.model for call in calls_of(Run.objects.get(id=one.id))}
    reasons = {
        removed["reason"]
        for decision in Decision.objects.filter(run_id=other.id)
        for removed in decision.candidates["removed"]
    }
    assert reasons and "policy" not in reasons


def test_a_policy_that_cannot_be_read_lets_nothing_through() -> None:
    row = make_policy("torn", rules={"blocked_models": ["sim/none"]})
    Policy.objects.filter(pk=row.pk).update(rules={"speed": 1}, mode="MONITOR")

    (run,) = carry(given_run({"key": "a"}))

    assert run.status == "SYSTEM_FAILURE"
    assert not calls_of(run)
