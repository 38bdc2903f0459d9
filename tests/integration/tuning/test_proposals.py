"""Proposals to tune: never without examples, interval and n; assumptions change with a trace."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from routing.models import Decision, RealisedSaving, Recommendation
from routing.models.recommendation import State
from routing.services.recommendations import revert
from runs.core.tuning.assumptions import InvalidAssumption
from runs.models import Feedback, TuningAssumptions
from runs.selectors.tuning import newest
from runs.selectors.tuning.assumptions import assumptions_of, first_assumptions
from runs.selectors.tuning.examples import Kind
from runs.selectors.tuning.places import Place
from runs.services.tuning.assumptions import change_assumptions
from runs.services.tuning.proposals import propose, reckon
from runs.services.tuning.returns import keep_returns_of_org, register_model, returns_of
from telemetry.models import Event
from tests.integration.routing.advice import make_scores
from tests.integration.tuning import scene
from tests.world import World, make_team

pytestmark = pytest.mark.django_db

KIND = Kind("data_extraction")


def now():
    return timezone.now() + timedelta(seconds=2)


def test_insufficient_examples_are_said_and_nothing_is_offered(world: World):
    scene.good(world.team, 20)
    reckoned = reckon(Place(world.org, world.team), KIND, now())
    assert reckoned.missing == 30
    assert reckoned.offers == ()
    assert reckoned.best is None
    assert reckoned.facts is not None


def test_nothing_known_is_said_to_be_nothing(world: World):
    reckoned = reckon(Place(world.org, world.team), KIND, now())
    assert reckoned.facts is None
    assert reckoned.missing == 50


def test_a_proposal_holds_what_it_rests_on(world: World):
    scene.good(world.team, 60)
    reckoned = reckon(Place(world.org, world.team), KIND, now())
    offer = reckoned.best
    assert offer is not None
    assert (offer.facts.tasks, offer.facts.examples) == (60, 60)
    assert offer.facts.cost_nanousd == 25_000_000
    assert offer.facts.check_nanousd == 5_000_000
    assert (offer.facts.input_tokens, offer.facts.output_tokens) == (1_200, 400)

    made = propose(reckoned, offer, actor="ada", now=now())
    made.refresh_from_db()
    assert made.kind == "fine_tuning"
    assert made.proposed_model == offer.base.name
    assert 0 < made.saving_low_nanousd <= made.saving_nanousd <= made.saving_high_nanousd
    assert made.n == 60
    assert made.evidence["base"]["source"]
    assert made.evidence["base"]["priced_at"]
    assert made.evidence["estimate"]["break_even"] >= now().date().isoformat()
    assert len(made.evidence["estimate"]["sensitivity"]) == 16
    assert len(made.evidence["estimate"]["learning"]) == 16
    logged = Decision.objects.get(org_id=world.org.pk, kind="change")
    assert logged.actor == "ada"
    assert logged.team_id == world.team.pk


def test_proposing_again_renews_the_open_one_and_leaves_what_was_acted_on(world: World):
    scene.good(world.team, 60)
    reckoned = reckon(Place(world.org, world.team), KIND, now())
    offer = reckoned.offers[0]
    first = propose(reckoned, offer, actor="ada", now=now())
    again = propose(reckoned, offer, actor="bob", now=now())
    assert again.pk == first.pk
    assert again.created_by == "ada"
    Recommendation.objects.update(state=State.APPLIED, n=7)
    assert propose(reckoned, offer, actor="bob", now=now()).n == 7


@pytest.mark.django_db(transaction=True)
def test_two_people_who_propose_at_once_make_one_proposal(world: World):
    start = threading.Barrier(3)
    made: list[Recommendation] = []

    def keep() -> None:
        start.wait()
        try:
            made.append(scene.proposal(world.org, world.team))
        finally:
            connection.close()

    people = [threading.Thread(target=keep) for _ in range(3)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert [one.pk for one in made] == [Recommendation.objects.get().pk] * 3
    assert Event.objects.get(type="recommendation.proposed").payload["kind"] == "fine_tuning"


def test_what_was_taken_back_brings_and_costs_nothing_more(world: World):
    row = scene.proposal(world.org, world.team)
    row.evidence["base"]["hosting_usd"] = "100"
    row.save(update_fields=["evidence"])
    linked = now()
    register_model(row, "sim/gpt-6-luna", None, actor="ada", now=linked)
    back = linked + timedelta(hours=1)
    for when in (linked + timedelta(minutes=30), back + timedelta(minutes=30)):
        scene.tasks(scene.run_of(world.team), 10, model="sim/gpt-6-luna", finished_at=when,
                    cost_nanousd=8_000_000)  # fmt: skip
    revert(row.pk, by="ada", now=back, reason="worse at dates")

    later = back + timedelta(days=1)
    assert keep_returns_of_org(world.org.pk, later) == 1
    saved = RealisedSaving.objects.get(recommendation=row)
    assert saved.tasks == 10
    row.refresh_from_db()
    assert len(returns_of(row, back + timedelta(days=100))) == 1, "hosting has ended"
    assert keep_returns_of_org(world.org.pk, later + timedelta(days=3)) == 0


def test_only_what_the_validator_looks_at_counts_where_one_is_named(world: World):
    run = scene.good(world.team, 5)
    scene.good(world.team, 7, run, first=30, output="other {} {}")
    plain = scene.tasks(run, 4, first=50, validators=[])
    scene.attempts(plain)
    scene.calls(plain, run)
    place = Place(world.org, world.team)
    assert reckon(place, KIND, now()).examples.considered == 16
    narrow = reckon(place, Kind("data_extraction", "json_schema"), now())
    assert narrow.examples.considered == 12
    assert narrow.facts is not None
    assert narrow.facts.tasks == 12


def test_of_very_many_tasks_the_newest_are_looked_at_and_all_are_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("runs.selectors.tuning.facts.MOST_TASKS", 20)
    monkeypatch.setattr("runs.selectors.tuning.newest.AT_ONCE", 1)
    for number in range(3):
        scene.good(world.team, 20, first=20 * number)
    make_scores(world.team, "sim/gpt-6-luna", now(), count=90, task_type="data_extraction")
    found = reckon(Place(world.org, world.team), KIND, now()).facts
    assert found is not None
    assert (found.sampled, found.tasks, found.examples) == (20, 90, 60)
    assert found.days == pytest.approx(19.8, abs=0.1)


def test_runs_come_newest_first_some_at_a_time_and_come_to_an_end(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(newest, "AT_ONCE", 2)
    made = [scene.run_of(world.team).pk for _ in range(5)]
    scene.run_of(world.sibling)
    place = Place(world.org, world.team)
    found = list(newest.newest_runs(place, now() - timedelta(days=1), now()))
    assert found == [made[:2:-1], made[2:0:-1], made[:1]]
    assert list(newest.newest_runs(place, None, now() - timedelta(days=1))) == []
    monkeypatch.setattr(newest, "MOST_RUNS", 2)
    assert list(newest.newest_runs(place, None, now())) == [made[:2:-1]]


def test_bad_feedback_takes_an_example_away(world: World):
    run = scene.good(world.team, 3)
    task = run.tasks.first()
    assert task is not None
    Feedback.objects.create(task=task, score=0.1, at=now())
    reckoned = reckon(Place(world.org, world.team), KIND, now())
    assert len(reckoned.examples.ids) == 2
    assert {why.value: n for why, n in reckoned.examples.left_out.items()} == {
        "negative_feedback": 1
    }


def test_assumptions_change_with_a_trace_and_for_this_org_alone(world: World):
    change_assumptions(world.org, {"min_examples": 10, "labour_usd": "5"}, actor="ada", now=now())
    change_assumptions(world.org, {"min_examples": 12}, actor="ada", now=now())
    change_assumptions(world.org, {"min_examples": "12"}, actor="ada", now=now())
    assert assumptions_of(world.org.pk).min_examples == 12
    assert assumptions_of(world.org.pk).labour_nanousd == 5_000_000_000
    assert assumptions_of(world.other.org_id) == first_assumptions()
    logged = Decision.objects.filter(org_id=world.org.pk, kind="change").order_by("id")
    assert [row.inputs["after"] for row in logged] == [
        {"min_examples": 10, "labour_usd": "5.00"},
        {"min_examples": 12},
    ]
    assert logged[1].inputs["before"] == {"min_examples": 10}
    assert TuningAssumptions.objects.get().version == 2


def test_a_refused_assumption_changes_nothing(world: World):
    with pytest.raises(InvalidAssumption):
        change_assumptions(world.org, {"epochs": 4, "min_examples": 1}, actor="ada", now=now())
    assert not TuningAssumptions.objects.exists()


def test_changed_assumptions_that_cannot_be_read_count_as_the_first(world: World):
    TuningAssumptions.objects.create(
        org=world.org, values={"epochs": "none"}, updated_at=now(), updated_by="x"
    )
    assert assumptions_of(world.org.pk) == first_assumptions()


def test_what_others_did_counts_for_nothing(world: World):
    scene.good(make_team(world.org), 60)
    scene.good(world.other, 60)
    assert reckon(Place(world.org, world.team), KIND, now()).facts is None
    wide = reckon(Place(world.org), KIND, now())
    assert wide.facts is not None
    assert wide.facts.tasks == 60


def test_more_tasks_cost_no_more_queries(world: World, django_assert_num_queries,
                                         django_assert_max_num_queries):  # fmt: skip
    run = scene.good(world.team, 55)
    place = Place(world.org, world.team)
    reckon(place, KIND, now())
    with django_assert_max_num_queries(16) as small:
        reckon(place, KIND, now())
    scene.good(world.team, 60, run, first=100)
    with django_assert_num_queries(len(small)):
        reckon(place, KIND, now())
