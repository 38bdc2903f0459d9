"""Advice from what attempts came to, and what people do with it, in both databases."""

from __future__ import annotations

import math
import random
from dataclasses import astuple
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from budgets.core.errors import BudgetExceeded
from budgets.models import Hold
from budgets.services.reconciliation import reconcile
from routing.core.advice import quantile
from routing.core.stages import WrongStage
from routing.models import (
    AdviceDue,
    AttemptTally,
    Decision,
    RealisedSaving,
    Recommendation,
    RecommendationStep,
    TrialResult,
)
from routing.selectors.steering import rules_for
from routing.selectors.tallies import start_of, tallies_of
from routing.services.audit import chain_report
from routing.services.recommendations import (
    Advised,
    Wanted,
    advance,
    advise_org,
    dismiss,
    forget_proposals,
    look,
    realise,
    revert,
)
from routing.services.recommendations.advising import WINDOW
from routing.services.recommendations.tallying import tally_days
from telemetry.models import Event, Score
from tests.integration.routing.advice import (
    CENT,
    CURRENT,
    PROPOSED,
    TASK_TYPE,
    make_recommendation,
    make_scores,
)
from tests.world import make_budget, make_org, make_team

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)


@pytest.fixture(autouse=True)
def simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USE_SIMULATOR", "1")


def planted(**there: Any) -> Any:
    """Store a month in which the proposed model is half as dear, and as good."""
    team = make_team()
    make_scores(team, CURRENT, NOW)
    make_scores(team, PROPOSED, NOW, **({"cost_nanousd": CENT // 2} | there))
    return team


def step(row: Recommendation, stage: str, **how: Any) -> Recommendation:
    return advance(row.pk, Wanted(stage, **how), by="ada", now=NOW)


def tried(row: Recommendation, stage: str, count: int, **scores: float) -> None:
    """Store what so many attempts by each arm came to, one arm after the other."""
    TrialResult.objects.bulk_create(
        TrialResult(
            recommendation=row, at=NOW, stage=stage, arm=arm, team_id=row.team_id or 1,
            run_id=row.pk, task_key=f"t{number}", attempt=1, score=score, accepted=True,
            cost_nanousd=CENT, draw=0.1, moved_ratio=0.5,
        )
        for number in range(count)
        for arm, score in scores.items()
    )  # fmt: skip


def test_advice_names_both_models_money_interval_quality_and_n() -> None:
    team = planted()
    assert advise_org(team.org_id, NOW) == Advised(1, 0, 0)
    row = Recommendation.objects.get()
    assert (row.current_model, row.proposed_model, row.team_id) == (CURRENT, PROPOSED, team.pk)
    assert 0 < row.saving_low_nanousd < row.saving_nanousd < row.saving_high_nanousd
    quality = (row.quality_low, row.quality_change, row.quality_high)
    assert None not in quality and list(quality) == sorted(one or 0.0 for one in quality)
    assert row.n == 120
    assert row.evidence["teams"][0]["team_id"] == team.pk
    assert Event.objects.filter(type="recommendation.proposed", org_id=team.org_id).count() == 1
    assert advise_org(team.org_id, NOW) == Advised(0, 1, 0)


@pytest.mark.parametrize(
    "there",
    [{"cost_nanousd": CENT}, {"quality": 0.8}, {"count": 20}],
    ids=["no saving", "worse", "too few"],
)
def test_nothing_is_advised_where_the_interval_says_nothing(there: dict[str, Any]) -> None:
    team = planted(**there)
    assert advise_org(team.org_id, NOW) == Advised(0, 0, 0)


def test_teams_with_too_little_of_their_own_are_advised_as_one_organisation() -> None:
    org = make_org()
    for team in (make_team(org), make_team(org)):
        make_scores(team, CURRENT, NOW, count=25, seed=team.pk)
        make_scores(team, PROPOSED, NOW, count=25, cost_nanousd=CENT // 2, seed=team.pk)
    assert advise_org(org.pk, NOW).proposed == 1
    row = Recommendation.objects.get()
    assert row.team_id is None and len(row.evidence["teams"]) == 2


def test_a_proposal_that_no_longer_holds_is_outdated() -> None:
    team = planted()
    advise_org(team.org_id, NOW)
    assert advise_org(team.org_id, NOW + timedelta(days=40)) == Advised(0, 0, 1)
    assert Recommendation.objects.get().state == "outdated"


def test_days_that_are_over_are_summed_up_once_and_say_the_same() -> None:
    team = planted(task_type="evaluation")
    whole = tallies_of(team.org_id, NOW, WINDOW)
    assert tally_days(team.org_id, NOW, WINDOW) >= 19
    assert tally_days(team.org_id, NOW, WINDOW) == 0
    Score.objects.filter(at__lt=NOW - timedelta(days=3)).delete()  # or they would be read again
    summed = tallies_of(team.org_id, NOW, WINDOW)
    for task_type, model in ((TASK_TYPE, CURRENT), ("evaluation", PROPOSED)):
        one, other = (each.by_type[task_type][team.pk][model] for each in (whole, summed))
        assert astuple(one) == pytest.approx(astuple(other))
    assert summed.attempts(TASK_TYPE, None) == summed.attempts(TASK_TYPE, team.pk) == 60
    assert summed.attempts(TASK_TYPE, team.pk + 1) == summed.attempts("nothing", None) == 0
    forget_proposals()
    assert not AttemptTally.objects.exists()
    assert AdviceDue.objects.get(org_id=team.org_id).tallied_until is None


def test_a_day_is_summed_up_once_it_has_been_over_for_six_hours() -> None:
    team = planted()
    today = NOW.date()
    for hours, ago in ((5, 1), (7, 0)):
        tally_days(team.org_id, start_of(today) + timedelta(hours=hours), WINDOW)
        until = AdviceDue.objects.get(org_id=team.org_id).tallied_until
        assert until == today - timedelta(days=ago)


def test_of_a_long_canary_the_newest_results_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.services.recommendations.trials.MOST_SCORES", 80)
    row = step(make_recommendation(make_team(), NOW), "canary")
    tried(row, "canary", 40, current=0.9, proposed=0.3)
    TrialResult.objects.update(attempt=2)
    tried(row, "canary", 40, current=0.9, proposed=0.9)
    look(row.pk, NOW)
    assert Recommendation.objects.get().state == "canary"


def test_of_a_canary_only_what_was_drawn_by_lot_is_judged() -> None:
    row = step(make_recommendation(make_team(), NOW), "canary")
    tried(row, "canary", 40, current=0.9, proposed=0.3)
    # Second attempts at hard tasks are no new draws, and the harder tasks.
    TrialResult.objects.update(attempt=2, draw=None)
    look(row.pk, NOW)
    assert Recommendation.objects.get().state == "canary"


def test_what_was_dismissed_is_not_proposed_again_for_a_month() -> None:
    team = planted()
    advise_org(team.org_id, NOW)
    dismiss(Recommendation.objects.get().pk, by="ada", now=NOW, reason="not now")
    assert advise_org(team.org_id, NOW) == Advised(0, 0, 0)


def test_a_model_that_the_team_may_not_use_is_not_advised() -> None:
    team = planted()
    team.allowed_models = [CURRENT]
    team.save(update_fields=["allowed_models"])
    assert advise_org(team.org_id, NOW) == Advised(0, 0, 0)


def test_each_stage_is_a_rule_a_step_an_event_and_a_decision_of_the_chain() -> None:
    team = make_team()
    row = make_recommendation(team, NOW)
    assert rules_for(team.org_id, team.pk) == ()
    for stage in ("shadow", "canary", "applied"):
        step(row, stage)
        (rule,) = rules_for(team.org_id, team.pk)
        assert rule.stage == stage
        assert rules_for(team.org_id, team.pk + 1) == ()
    revert(row.pk, by="ada", now=NOW, reason="enough")
    assert rules_for(team.org_id, team.pk) == ()
    steps = RecommendationStep.objects.values_list("before", "after", "actor")
    assert list(steps) == [
        ("proposed", "shadow", "ada"), ("shadow", "canary", "ada"),
        ("canary", "applied", "ada"), ("applied", "reverted", "ada"),
    ]  # fmt: skip
    assert Event.objects.filter(type__startswith="recommendation.").count() == 4
    changes = Decision.objects.filter(org_id=team.org_id, kind="change")
    assert {one.inputs["what"] for one in changes} == {"recommendation"} and len(changes) == 4
    assert chain_report(team.org_id).broken is None


def test_a_step_once_taken_is_never_changed_by_anybody() -> None:
    step(make_recommendation(make_team(), NOW), "applied")
    with pytest.raises(DatabaseError), transaction.atomic():
        RecommendationStep.objects.update(actor="somebody else")


def test_stages_go_forward_and_only_what_is_under_way_is_reverted() -> None:
    row = make_recommendation(make_team(), NOW)
    with pytest.raises(WrongStage):
        revert(row.pk, by="ada", now=NOW)
    step(row, "canary")
    for wrong in ("shadow", "proposed", "canary"):
        with pytest.raises(WrongStage):
            step(row, wrong)
    with pytest.raises(WrongStage):
        dismiss(row.pk, by="ada", now=NOW)


def test_a_shadow_sets_its_money_aside_and_gives_the_rest_back() -> None:
    team = make_team()
    budget = make_budget(team, limit=500 * CENT)
    row = make_recommendation(team, NOW)
    step(row, "shadow", budget_nanousd=200 * CENT)
    assert budget.periods.get().held_nanousd == 200 * CENT
    step(row, "canary")
    assert budget.periods.get().held_nanousd == 0
    assert [check.name for check in reconcile() if check.differences] == []


def test_a_shadow_that_no_budget_has_room_for_is_refused_whole() -> None:
    team = make_team()
    make_budget(team, limit=100 * CENT)
    row = make_recommendation(team, NOW)
    with pytest.raises(BudgetExceeded):
        step(row, "shadow", budget_nanousd=200 * CENT)
    assert Recommendation.objects.get(pk=row.pk).state == "proposed"
    assert not Hold.objects.exists() and not RecommendationStep.objects.exists()


def test_a_shadow_of_an_organisation_parts_its_money_by_the_teams_tasks() -> None:
    org = make_org()
    one, other = make_team(org), make_team(org)
    row = make_recommendation(one, NOW, of_org=True)
    teams = row.evidence["teams"]
    teams.append(teams[0] | {"team_id": other.pk, "current": teams[0]["current"] | {"n": 100}})
    row.save(update_fields=["evidence"])
    step(row, "shadow", budget_nanousd=400 * CENT)
    held = dict(Hold.objects.values_list("team_id", "limit_nanousd"))
    assert held == {one.pk: 300 * CENT, other.pk: 100 * CENT}
    assert [rule.hold_id for rule in rules_for(org.pk, one.pk)] != [None]


@pytest.mark.parametrize("stage", ["shadow", "canary"])
def test_a_trial_is_taken_back_by_itself_on_a_drop_and_not_otherwise(stage: str) -> None:
    steady, worse = (make_recommendation(make_team(), NOW) for _ in range(2))
    for row, score in ((steady, 0.9), (worse, 0.5)):
        step(row, stage)
        tried(row, stage, 40, current=0.9, proposed=score)
        look(row.pk, NOW)
    steady.refresh_from_db()
    worse.refresh_from_db()
    assert (steady.state, worse.state) == (stage, "reverted")
    assert worse.decided_by == "" and "Stopped by itself" in worse.stage_note


def test_savings_are_told_by_month_against_what_the_model_before_would_have_cost() -> None:
    row = make_recommendation(make_team(), NOW)
    step(row, "applied")
    tried(row, "applied", 40, proposed=0.9)
    realise(row, NOW)
    saved = RealisedSaving.objects.get()
    # Half of 40 tasks moved; each did cost a cent, and would have cost 2.5.
    assert (saved.tasks, saved.spent_nanousd, saved.expected_nanousd) == (20, 20 * CENT, 50 * CENT)
    assert saved.saving_nanousd == 30 * CENT
    assert saved.saving_low_nanousd < saved.saving_nanousd < saved.saving_high_nanousd
    realise(row, NOW)
    assert RealisedSaving.objects.count() == 1


def test_savings_summed_up_by_the_database_are_those_of_attempts_one_by_one() -> None:
    row = make_recommendation(make_team(), NOW)
    first, draws = NOW.replace(day=1, hour=0, minute=0, second=0), random.Random(3)
    other = {"stage": "shadow"}, {"arm": "current"}, {"at": first - timedelta(days=70)}
    rows = [
        TrialResult(
            recommendation=row, team_id=1, run_id=row.pk, task_key=f"t{place}", attempt=1,
            score=draws.choice([None, 0.25, 0.5, 0.9]), accepted=draws.random() < 0.7,
            cost_nanousd=draws.randrange(2 * CENT), moved_ratio=draws.choice([1.0, 0.37, 2 / 3]),
            **({"at": first, "stage": draws.choice(["canary", "applied"]), "arm": "proposed"}
               | (draws.choice(other) if place % 4 == 0 else {})),
        )
        for place in range(80)
    ]  # fmt: skip
    TrialResult.objects.bulk_create(rows)
    realise(row, NOW)
    saved = RealisedSaving.objects.get()
    counted = [one for one in rows if int(one.task_key[1:]) % 4]
    price = row.evidence["current"]["cost_nanousd"] / row.evidence["current"]["accepted"]
    spent = sum(one.moved_ratio * one.cost_nanousd for one in counted)
    accepted = sum(one.moved_ratio for one in counted if one.accepted)
    luck = sum(
        (one.moved_ratio * (one.accepted * price - one.cost_nanousd)) ** 2 for one in counted
    )
    reach = quantile(len(counted)) * math.hypot(math.sqrt(luck), accepted * CENT / 10)
    scores = [one.score for one in counted if one.score is not None]
    assert saved.tasks == round(accepted)
    assert saved.spent_nanousd == pytest.approx(spent, abs=1)
    assert saved.expected_nanousd == pytest.approx(accepted * price, abs=1)
    assert saved.saving_nanousd == saved.expected_nanousd - saved.spent_nanousd
    assert saved.saving_high_nanousd - saved.saving_nanousd == pytest.approx(reach, abs=2)
    assert saved.quality_mean == pytest.approx(sum(scores) / len(scores))
