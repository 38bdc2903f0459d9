"""A recorded decision, explained."""

from __future__ import annotations

from routing.models import Decision
from runs.views.why import explain


def test_no_decision_explains_nothing():
    assert explain(None) is None


def test_the_chosen_candidate_is_marked_and_what_is_unknown_stays_so():
    found = explain(
        Decision(
            model="sim/b",
            candidates={
                "candidates": [
                    {"model": "sim/b", "mean": 0.9, "sd": 0.02, "n": 12, "draw": -0.5,
                     "chance": 0.8, "expected_cost_nanousd": None},
                    {"model": "sim/a"},
                ]
            },
        )
    )  # fmt: skip
    assert found is not None
    first, second = found.candidates
    assert (first.chosen, first.n_text, first.draw_text, first.cost) == (True, "12", "-0.50", None)
    assert (second.chosen, second.n_text, second.draw_text, second.mean) == (False, "–", "–", None)


def test_reasons_are_words_and_amounts_for_machines_are_left_out():
    found = explain(
        Decision(
            model="sim/b",
            candidates={
                "removed": [
                    {"model": "sim/a", "reason": "not_allowed", "detail": "team"},
                    {"model": "sim/c", "reason": "not_enough_money", "detail": "may cost 5 nano"},
                    {"model": "sim/d", "reason": "something_new"},
                ]
            },
        )
    )
    assert found is not None
    assert [(one.reason, one.detail) for one in found.removed] == [
        ("not allowed here", "team"),
        ("may cost more than is left", ""),
        ("something_new", ""),
    ]


def test_the_summary_tells_preference_threshold_and_propensity():
    found = explain(
        Decision(candidates={"preference": "cost", "threshold": 0.8, "propensity": 0.25})
    )
    assert found is not None
    assert found.summary == (
        "Preference cost; threshold 0.80; this model was to be chosen with probability 0.25."
    )
    before = explain(Decision(candidates={"propensity": 0.25, "propensity_of": "sim/a"}))
    assert before is not None
    assert before.summary == "Sim/a was to be chosen with probability 0.25."
    empty = explain(Decision())
    assert empty is not None
    assert empty.summary == ""


def test_a_recommendation_that_had_a_say_is_named():
    steered = {"stage": "canary", "arm": "proposed", "from": "sim/a", "to": "sim/b", "draw": 0.1}
    for stage, arm, said in (
        ("canary", "proposed", "A recommendation moved it from sim/a to sim/b, by lot."),
        ("canary", "current", "A recommendation left it, though it moves others from sim/a to "
         "sim/b, by lot."),
        ("shadow", "current", "A recommendation to move from sim/a to sim/b was compared beside "
         "it."),
    ):  # fmt: skip
        decision = Decision(inputs={"recommendation": steered | {"stage": stage, "arm": arm}})
        found = explain(decision)
        assert found is not None and found.summary == said


def test_a_cascade_is_told_with_what_it_was_expected_to_save():
    ways = {
        "alone": {"models": ["sim/b", "sim/b"], "cost_per_accepted_nanousd": 40_000_000},
        "ways": [{"models": ["sim/a", "sim/b"], "cost_per_accepted_nanousd": 9_000_000}],
    }
    first = {"taken": True, "step": 1, "of": 2, "models": ["sim/a", "sim/b"],
             "check": {"kind": "json_schema"}, **ways}  # fmt: skip
    second = {"taken": True, "step": 2, "of": 2, "models": ["sim/a", "sim/b"],
              "why": "json_schema failed"}  # fmt: skip
    for recorded, said in (
        (first, "Step 1 of 2 of a cascade, sim/b follows if its result does not pass "
         "(json_schema); an accepted result is expected to cost $0.0090 so, $0.04 otherwise."),
        (second, "Step 2 of 2 of a cascade, after sim/a: json_schema failed."),
        ({"taken": False, "why": "little_evidence", "alone": ways["alone"], "ways": []},
         "No cheaper model goes first: too little is known of the models at this type of task."),
        ({"taken": False, "why": "no_gain", **ways},
         "No cheaper model goes first: it would not pay; an accepted result is expected to cost "
         "$0.0090 so, $0.04 otherwise."),
    ):  # fmt: skip
        found = explain(Decision(inputs={"cascade": recorded}))
        assert found is not None and found.summary == said
