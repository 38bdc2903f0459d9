"""What a draft would have done to choices of the past."""

from __future__ import annotations

from typing import Any

import pytest

from routing.core.choice import choose
from routing.core.policy import Place, Scope
from routing.core.policy_replay import EXAMPLES, Past, Tally, replay
from routing.core.policy_ruling import bind
from tests.unit.routing.policies import MODELS, PLACE, SPECS, make_policy
from tests.unit.routing.worlds import make_candidate


def past(number: int = 0, **overrides: Any) -> Past:
    """A choice as it is recorded: a/one was best, then a/two, then b/one, each cheaper."""
    figures = {"a/one": (0.95, 30), "a/two": (0.9, 20), "b/one": (0.6, 10)}
    asked = [
        make_candidate(name, mean=mean, expected_cost_nanousd=cost, upper_bound_nanousd=cost * 2)
        for name, (mean, cost) in figures.items()
    ]
    made = choose(asked, preference="quality", draws={}).as_json()
    fields: dict[str, Any] = {
        "decision": f"d{number}", "at": "2026-11-26T12:00:00Z", "run": f"r{number}",
        "task_key": "t1", "place": PLACE, "model": "a/one",
        "candidates": tuple(made["candidates"]), "cost_nanousd": 25,
    }  # fmt: skip
    return Past(**fields | overrides)


def replayed(*choices: Past, p95: dict[str, float] | None = None, **rules: Any) -> Tally:
    mode = rules.pop("mode", "HARD")
    (bound,) = bind([make_policy("draft", mode, **rules)], SPECS)
    return replay(bound, choices or [past()], p95)


def test_a_choice_that_complies_is_left_alone() -> None:
    tally = replayed(regions=frozenset({"us"}))
    assert (dict(tally.counts), tally.cost_nanousd) == ({"allowed": 1}, 25)
    assert (tally.examples, tally.runs) == ([], set())


def test_a_removed_model_gives_way_to_the_next_best_of_the_day() -> None:
    tally = replayed(blocked_models=frozenset({"a/one"}))
    (example,) = tally.examples
    assert (example.outcome, example.model) == ("rerouted", "a/two")
    assert example.reason == "model a/one is blocked"
    assert (tally.rerouted_nanousd, tally.denied_nanousd) == (-10, 0)
    assert tally.moves == {("a/one", "a/two"): 1}
    assert example.as_json()["to_model"] == "a/two"


def test_a_choice_of_which_nobody_is_left_is_denied_and_not_paid() -> None:
    tally = replayed(required_tags=frozenset({"hipaa"}))
    assert (dict(tally.counts), tally.denied_nanousd) == ({"denied": 1}, 25)
    assert tally.examples[0].as_json()["to_model"] is None
    assert tally.runs == {"r0"}


@pytest.mark.parametrize("mode, outcome", [("HARD", "rerouted"), ("SOFT", "rerouted"),
                                           ("MONITOR", "warned")])  # fmt: skip
def test_a_limit_is_replayed_in_its_mode(mode: str, outcome: str) -> None:
    tally = replayed(mode=mode, max_cost_per_call_nanousd=45)
    assert dict(tally.counts) == {outcome: 1}
    assert "may cost" in tally.examples[0].reason


def test_a_soft_limit_that_nobody_keeps_warns() -> None:
    assert dict(replayed(mode="SOFT", min_quality=0.99).counts) == {"warned": 1}


def test_what_a_task_had_cost_and_how_long_models_take_counts() -> None:
    early, late = past(), past(1, task_spent_nanousd=90)
    assert dict(replayed(early, late, max_cost_per_task_nanousd=100).counts) == {
        "allowed": 1, "denied": 1,
    }  # fmt: skip
    assert dict(replayed(max_p95_latency_ms=9, p95={"a/one": 10.0}).counts) == {"rerouted": 1}


def test_choices_outside_the_scope_are_counted_and_left_alone() -> None:
    other = past(place=Place(2, None, "evaluation"))
    tally = replayed(other, past(cost_nanousd=None), scope=Scope.TEAM, team_id=1,
                     blocked_providers=frozenset("a"))  # fmt: skip
    assert (tally.total, tally.outside, tally.cost_nanousd) == (2, 1, 25)


def test_an_unknown_expectation_saves_nothing() -> None:
    bare = ({"model": "a/one"}, {"model": "b/one"})
    tally = replayed(past(candidates=bare), blocked_providers=frozenset("a"))
    assert (tally.rerouted_nanousd, tally.counts["rerouted"]) == (0, 1)
    assert MODELS[2] == tally.examples[0].model


def test_examples_are_bounded_and_counts_are_not() -> None:
    tally = replayed(*(past(n) for n in range(EXAMPLES + 5)), blocked_providers=frozenset("ab"))
    assert (len(tally.examples), tally.counts["denied"]) == (EXAMPLES, EXAMPLES + 5)


def test_each_outcome_keeps_its_last_choices_and_those_come_first() -> None:
    many = [past(n, model="a/one") for n in range(EXAMPLES + 1)]
    bare = past(99, candidates=({"model": "a/one"},))
    tally = replayed(bare, *many, blocked_models=frozenset({"a/one"}))
    assert [one.outcome for one in tally.examples[:2]] == ["denied", "rerouted"]
    assert [one.past.decision for one in tally.examples[1:3]] == ["d50", "d49"]
    assert len(tally.examples) == 1 + EXAMPLES


def test_a_breach_of_a_model_that_others_keep_is_named() -> None:
    tally = replayed(mode="SOFT", min_quality=0.92)
    assert dict(tally.counts) == {"allowed": 1}
    tally = replayed(past(model="b/one"), mode="SOFT", min_quality=0.92)
    assert tally.examples[0].reason == "expected quality is 0.60, at least 0.92"
