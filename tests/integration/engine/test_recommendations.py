"""Recommendations at work: rules that are obeyed, trials that hold their money and stop."""

from __future__ import annotations

import asyncio
import contextlib
import random
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from budgets.models import Hold
from budgets.services.reconciliation import reconcile
from routing.core.policy_draft import draft_from
from routing.core.stages import WrongStage
from routing.models import Decision, Recommendation, TrialResult
from routing.services.gateway import Completion, Gateway
from routing.services.learning import ObserveAttempt
from routing.services.policies import create_policy
from routing.services.recommendations import Wanted, advance, revert
from runs.engine.background import Background
from runs.engine.run import carry_out
from runs.engine.session import Session
from runs.engine.shadow import ShadowSession
from runs.models import Attempt, Run
from runs.services import lease
from telemetry.models import Call, Event, Score
from telemetry.services.journal import Journal, apply_now
from tests.fixtures.simulator import Simulator
from tests.integration.engine.harness import assert_money_adds_up, given_run
from tests.integration.engine.world import make_team
from tests.integration.routing.advice import CENT, CURRENT, PROPOSED, make_recommendation

pytestmark = pytest.mark.django_db(transaction=True)

JUDGE = "sim/gemini-3.8-flash"
DROP = "skill:-0.6"


@pytest.fixture(autouse=True)
def present_one_preferred(providers: Simulator) -> None:
    """Let routing itself choose the present model, whatever is drawn and whatever calls cost.

    The others are known to miss even the lowest threshold.
    """
    team, now = make_team(), timezone.now()
    lessons = [
        ObserveAttempt(team.org_id, model, "summarization", score, CENT // 10, 100, now, team.pk)
        for model, score in ((CURRENT, 0.97), (PROPOSED, 0.0), (JUDGE, 0.0))
        for _ in range(40)
    ]
    apply_now(*lessons)


def summaries(count: int) -> Run:
    """Store a run of so many tasks, each of which is content with its first attempt."""
    tasks: list[dict[str, Any]] = [
        {"key": f"t{number}", "acceptance_threshold": 0.05} for number in range(count)
    ]
    return given_run(
        *tasks, allowed_models=[CURRENT, PROPOSED, JUDGE], max_parallel_tasks=8, cache="never"
    )


def carry(run: Run, seed: int = 1) -> Run:
    """Carry a run out, and what goes on beside it, to the end."""
    asyncio.run(_carry(seed))
    return Run.objects.get(pk=run.pk)


async def _carry(seed: int) -> None:
    journal, background = Journal(), Background()
    gateway = Gateway(journal, random.Random(seed))
    try:
        claimed = await journal.call(lease.claim, "worker", 1, timezone.now(), 60.0)
        for one in claimed:
            await carry_out(Session(one.run_id, one.epoch, journal, gateway, background))
        await background.drain()
        await gateway.close()
    finally:
        await asyncio.to_thread(journal.close)


def authors(run: Run) -> list[str]:
    return list(Attempt.objects.filter(task__run=run).values_list("model", flat=True))


def act(stage: str, **how: Any) -> Recommendation:
    row = make_recommendation(make_team(), timezone.now())
    return advance(row.pk, Wanted(stage, **how), by="ada", now=timezone.now())


def again(row: Recommendation) -> Recommendation:
    return Recommendation.objects.get(pk=row.pk)


def assert_all_money_adds_up() -> None:
    assert [check.name for check in reconcile() if check.differences] == []


def test_an_applied_rule_is_obeyed_and_no_more_once_it_is_reverted() -> None:
    before = carry(summaries(2))
    row = act("applied")
    under_it = carry(summaries(2))
    revert(row.pk, by="ada", now=timezone.now())
    after = carry(summaries(2))

    assert set(authors(before)) == set(authors(after)) == {CURRENT}
    assert set(authors(under_it)) == {PROPOSED}
    decision = Decision.objects.filter(run_id=under_it.pk, phase="generation").last()
    assert decision is not None
    assert decision.inputs["recommendation"]["id"] == str(row.pk)
    assert decision.candidates["fallbacks"][0] == CURRENT
    results = TrialResult.objects.filter(recommendation=row)
    assert {(one.stage, one.arm, one.moved_ratio) for one in results} == {
        ("applied", "proposed", 0.5)
    }
    assert again(row).state == "reverted"
    assert_money_adds_up(under_it)


def test_a_policy_still_removes_the_model_that_a_rule_names() -> None:
    act("applied")
    rules = {"name": "not this one", "mode": "HARD", "rules": {"blocked_models": [PROPOSED]}}
    team = make_team()
    create_policy(team.org_id, draft_from(rules), team=None, actor="ada", now=timezone.now())

    assert set(authors(carry(summaries(2)))) == {CURRENT}


def test_a_canary_stops_by_itself_on_a_planted_drop(providers: Simulator) -> None:
    providers.fault(PROPOSED, DROP)
    row = act("canary", share=0.5)

    run = carry(summaries(60))

    stopped = again(row)
    assert (stopped.state, stopped.decided_by) == ("reverted", "")
    assert "Stopped by itself" in stopped.stage_note
    drawn = TrialResult.objects.filter(recommendation=row)
    assert all(one.draw is not None for one in drawn)
    assert all((one.draw or 0) < 0.5 for one in drawn if one.arm == "proposed")
    assert Event.objects.filter(type="recommendation.reverted").count() == 1
    paid = Hold.objects.get(run_id=run.pk)
    assert 0 < paid.spent_nanousd <= paid.limit_nanousd
    assert Decision.objects.filter(kind="change", inputs__what="recommendation").exists()
    assert_money_adds_up(run)
    assert_all_money_adds_up()


def test_a_shadow_stops_on_a_planted_drop_and_its_run_pays_nothing(providers: Simulator) -> None:
    providers.fault(PROPOSED, DROP)
    row = act("shadow", budget_nanousd=200 * CENT)

    run = carry(summaries(30))

    assert set(authors(run)) == {CURRENT}
    stopped = again(row)
    assert stopped.state == "reverted" and "Stopped by itself" in stopped.stage_note
    pairs = TrialResult.objects.filter(recommendation=row)
    assert pairs.filter(arm="current").count() == pairs.filter(arm="proposed").count() >= 10
    shadowed = Call.objects.filter(run_id=row.pk)
    assert shadowed.filter(phase="generation", model=PROPOSED).exists()
    assert run.calls == Call.objects.filter(run_id=run.pk).count()
    assert Score.objects.filter(run_id=run.pk).count() == 30
    hold = _hold(row)
    assert hold.closed_at is not None and 0 < hold.spent_nanousd <= hold.limit_nanousd
    assert sum(call.cost_nanousd or 0 for call in shadowed) == hold.spent_nanousd
    assert_money_adds_up(run)
    assert_all_money_adds_up()


def test_a_shadow_never_passes_its_own_budget_and_ends_when_it_is_used_up() -> None:
    cap = 15 * CENT // 100
    row = act("shadow", budget_nanousd=cap)

    run = carry(summaries(12))

    ended = again(row)
    assert (ended.state, ended.stage_note) == ("shadow", "Its money is used up.")
    hold = _hold(row)
    assert hold.closed_at is not None and hold.spent_nanousd <= cap
    assert run.status == "SUCCESS"
    assert_money_adds_up(run)
    assert_all_money_adds_up()


def test_a_shadow_reverted_while_its_calls_are_under_way_keeps_no_money_and_no_half_pair(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = act("shadow", budget_nanousd=200 * CENT)
    ask = ShadowSession.ask

    async def ask_and_revert(self: ShadowSession, *args: Any, **kwargs: Any) -> Completion:
        done = await ask(self, *args, **kwargs)
        with contextlib.suppress(WrongStage):  # the second and later ones
            await self.journal.call(partial(revert, row.pk, by="ada", now=timezone.now()))
        return done

    monkeypatch.setattr(ShadowSession, "ask", ask_and_revert)

    run = carry(summaries(6))

    assert run.status == "SUCCESS" and set(authors(run)) == {CURRENT}
    assert again(row).state == "reverted"
    hold = _hold(row)
    shadowed = Call.objects.filter(run_id=row.pk)
    assert hold.closed_at is not None and 0 < hold.spent_nanousd < hold.limit_nanousd
    assert sum(call.cost_nanousd or 0 for call in shadowed) == hold.spent_nanousd
    assert not TrialResult.objects.filter(recommendation=row).exists()
    assert_money_adds_up(run)
    assert_all_money_adds_up()


def _hold(row: Recommendation) -> Hold:
    (hold_id,) = row.settings["holds"].values()
    return Hold.objects.get(pk=UUID(hold_id))
