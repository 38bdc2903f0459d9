"""What policies do to candidates, in tables and as properties."""

from __future__ import annotations

from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.core.candidates import Candidate, Demand, filter_candidates
from routing.core.policy import Mode, Place, Policy, Scope
from routing.core.policy_ruling import NO_RULING, Ruling, bind, judge, ruled
from routing.core.policy_violation import Measures
from tests.unit.routing.policies import (
    MODELS,
    PLACE,
    SPECS,
    candidates,
    few,
    make_policy,
    policies,
)
from tests.unit.routing.worlds import make_candidate

UNPRICED: dict[str, Any] = {"upper_bound_nanousd": None, "expected_cost_nanousd": None}
P95 = {"a/one": 900.0, "a/two": 100.0}


MEASURES = Measures(5, P95)


def ruling(*held: Policy, measures: Measures = MEASURES, place: Place = PLACE,
           **overrides: Any) -> Ruling:  # fmt: skip
    asked = [make_candidate(name, **overrides) for name in MODELS]
    return judge(bind(held, SPECS), place, asked, measures)


def left(said: Ruling, asked: list[Candidate] | None = None) -> set[str]:
    """Who could take a call in the end."""
    asked = asked or [make_candidate(name) for name in MODELS]
    kept, _ = filter_candidates(asked, ruled(Demand(1), said))
    return {one.model for one in said.prefer(kept)[0]}


FIXED: list[tuple[dict[str, Any], set[str], str]] = [
    ({"blocked_providers": frozenset({"a"})}, {"a/one", "a/two"}, "provider a is blocked"),
    ({"allowed_providers": frozenset("bc")}, {"a/one", "a/two"}, "provider a is not allowed"),
    ({"blocked_models": frozenset({"a/one"})}, {"a/one"}, "model a/one is blocked"),
    ({"allowed_models": frozenset(MODELS[1:])}, {"a/one"}, "model a/one is not allowed"),
    ({"regions": frozenset({"eu", "cn"})}, {"a/one", "a/two"}, "region us is not cn or eu"),
    ({"required_tags": frozenset({"x", "soc2"})}, set(MODELS), "lacks x"),
]


@pytest.mark.parametrize("rules, gone, why", FIXED)
@pytest.mark.parametrize("mode", ["HARD", "SOFT"])
def test_hard_and_soft_remove_what_breaks_a_fixed_rule(
    rules: dict[str, Any], gone: set[str], why: str, mode: str
) -> None:
    said = ruling(make_policy(mode=mode, **rules))
    assert set(said.removals) == gone
    removal = said.removals["a/one"]
    assert (removal.reason, removal.detail) == ("policy", f"p v3: {why}")
    assert (removal.policy, removal.version) == ("p", 3)
    assert removal.as_json()["policy"] == "p"


@pytest.mark.parametrize("rules, gone, why", FIXED)
def test_monitor_removes_nobody_and_remarks_everything(
    rules: dict[str, Any], gone: set[str], why: str
) -> None:
    said = ruling(make_policy(mode="MONITOR", **rules))
    assert (dict(said.removals), left(said)) == ({}, set(MODELS))
    assert set(said.remarks) == gone
    assert [one.detail for one in said.warnings("a/one")] == [why]


MEASURED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"max_cost_per_call_nanousd": 9}, {"upper_bound_nanousd": 10},
     "may cost 0.00000001, a call at most 0.000000009 USD"),
    ({"max_cost_per_call_nanousd": 9}, UNPRICED,
     "its price is unknown, a call at most 0.000000009 USD"),
    ({"max_cost_per_task_nanousd": 14}, {"upper_bound_nanousd": 10},
     "may cost 0.00000001 after 0.000000005, a task at most 0.000000014 USD"),
    ({"max_cost_per_task_nanousd": 14}, UNPRICED,
     "its price is unknown after 0.000000005, a task at most 0.000000014 USD"),
    ({"max_p95_latency_ms": 899}, {}, "p95 latency is 900 ms, at most 899"),
    ({"min_quality": 0.8}, {"mean": 0.79}, "expected quality is 0.79, at least 0.80"),
]  # fmt: skip


@pytest.mark.parametrize("rules, candidate, why", MEASURED)
def test_what_breaks_a_measured_rule_is_removed_remarked_or_gives_way(
    rules: dict[str, Any], candidate: dict[str, Any], why: str
) -> None:
    breaker = make_candidate("a/one", **candidate)
    other = make_candidate("a/two", upper_bound_nanousd=1, mean=0.9)
    for mode in Mode:
        bound = bind([make_policy(mode=mode, **rules)], SPECS)
        said = judge(bound, PLACE, [breaker, other], Measures(5, P95))
        found = said.removals if mode is Mode.HARD else None
        if found is not None:
            assert found["a/one"].detail == f"p v3: {why}"
            continue
        assert not said.removals
        assert [one.detail for one in said.warnings("a/one")] == [why]
        kept, removed = said.prefer([breaker, other])
        if mode is Mode.SOFT:
            assert [one.model for one in kept] == ["a/two"]
            assert [one.detail for one in removed] == [f"p v3: {why}"]
            # Nobody complies any more: it is used, and there is something to be logged.
            assert said.prefer([breaker]) == ([breaker], [])
        else:
            assert (len(kept), removed) == (2, [])


@pytest.mark.parametrize("rules", [
    {"max_cost_per_call_nanousd": 10}, {"max_cost_per_task_nanousd": 15},
    {"max_p95_latency_ms": 900}, {"min_quality": 0.7},
])  # fmt: skip
def test_a_limit_that_is_just_kept_violates_nothing(rules: dict[str, Any]) -> None:
    said = ruling(make_policy(**rules), upper_bound_nanousd=10, mean=0.7)
    assert not said.removals


def test_a_latency_that_nobody_measured_violates_nothing() -> None:
    said = ruling(make_policy(max_p95_latency_ms=1), measures=Measures())
    assert not said.removals


def test_an_unknown_price_needs_one_policy_that_permits_it_and_none_that_forbids_it() -> None:
    yes, no = make_policy("yes", unknown_price=True), make_policy("no", unknown_price=False)
    watching = make_policy("watching", "MONITOR", unknown_price=True)
    asked = [make_candidate(name, **UNPRICED) for name in MODELS]
    assert left(ruling(**UNPRICED), asked) == set()
    assert left(ruling(watching, **UNPRICED), asked) == set()
    assert left(ruling(yes, **UNPRICED), asked) == set(MODELS)
    for held in permutations([yes, no, watching]):
        said = ruling(*held, **UNPRICED)
        assert left(said, asked) == set()
        assert said.removals["a/one"].detail == "no v3: its price is unknown"


def test_of_those_who_all_break_soft_limits_the_fewest_breaches_are_left() -> None:
    cheap = make_policy("cheap", "SOFT", max_cost_per_call_nanousd=5)
    good = make_policy("good", "SOFT", min_quality=0.8)
    asked = [
        make_candidate("a/one", upper_bound_nanousd=9, mean=0.9),
        make_candidate("a/two", upper_bound_nanousd=9, mean=0.5),
        make_candidate("b/one", upper_bound_nanousd=1, mean=0.5),
    ]
    for held in permutations([cheap, good]):
        said = judge(bind(held, SPECS), PLACE, asked, Measures())
        kept, removed = said.prefer(asked)
        assert {one.model for one in kept} == {"a/one", "b/one"}
        assert [one.detail[:8] for one in removed] == ["cheap v3"]


SCOPES: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"scope": Scope.TEAM, "team_id": 1}, True),
    ({"scope": Scope.TEAM, "team_id": 2}, False),
    ({"scope": Scope.RUN, "run_id": uuid4()}, False),
    ({"scope": Scope.TASK_TYPE, "task_type": "summarization"}, True),
    ({"scope": Scope.TASK_TYPE, "task_type": "evaluation"}, False),
    ({"scope": Scope.TASK_TYPE, "task_type": "summarization", "team_id": 2}, False),
]


@pytest.mark.parametrize("scope, holds", SCOPES)
def test_a_policy_holds_in_its_scope_alone(scope: dict[str, Any], holds: bool) -> None:
    said = ruling(make_policy(blocked_providers=frozenset("a"), **scope))
    assert bool(said.removals) is holds
    assert (said == NO_RULING) is not holds
    assert bool(said.as_json()) is holds


def test_a_policy_of_a_run_holds_in_that_run() -> None:
    run = uuid4()
    policy = make_policy(blocked_providers=frozenset("a"), scope=Scope.RUN, run_id=run)
    assert ruling(policy, place=Place(1, run, "evaluation")).removals


@pytest.mark.parametrize("one, other, meet", [
    ({}, {}, True),
    ({"team_id": 1}, {}, True),
    ({"team_id": 1}, {"team_id": 2}, False),
    ({"team_id": 1}, {"task_type": "evaluation"}, True),
    ({"task_type": "evaluation"}, {"task_type": "summarization"}, False),
    ({"run_id": uuid4()}, {"run_id": uuid4()}, False),
])  # fmt: skip
def test_policies_overlap_where_a_call_can_lie_in_both(
    one: dict[str, Any], other: dict[str, Any], meet: bool
) -> None:
    assert make_policy(**one).overlaps(make_policy(**other)) is meet
    assert make_policy(**other).overlaps(make_policy(**one)) is meet


def test_what_was_violated_without_a_removal_is_recorded_by_model() -> None:
    said = ruling(
        make_policy("m", "MONITOR", blocked_models=frozenset({"b/one"})),
        make_policy("s", "SOFT", min_quality=0.99),
    )
    record = said.as_json()
    assert [one["policy"] for one in record["policies"]] == ["m", "s"]
    assert [one["policy"] for one in record["violations"]["b/one"]] == ["s", "m"]
    assert record["violations"]["a/one"][0] == {
        "policy": "s", "version": 3, "mode": "SOFT", "constraint": "quality",
        "detail": "expected quality is 0.70, at least 0.99",
    }  # fmt: skip


@few
@given(st.lists(policies, max_size=5), candidates, st.randoms(use_true_random=False))
def test_no_order_of_policies_changes_anything(
    held: list[Policy], asked: tuple[Candidate, ...], order: Any
) -> None:
    mixed = list(held)
    order.shuffle(mixed)
    one, other = (judge(bind(each, SPECS), PLACE, asked, Measures(2, P95)) for each in
                  (held, mixed))  # fmt: skip
    assert set(one.removals) == set(other.removals)
    assert left(one, list(asked)) == left(other, list(asked))
    assert {m: r.detail for m, r in one.removals.items()} == {
        m: r.detail for m, r in other.removals.items()
    }


@few
@given(st.lists(policies, max_size=5), st.integers(0, 5), policies, candidates)
def test_no_policy_of_any_scope_or_place_weakens_another(
    held: list[Policy], place: int, added: Policy, asked: tuple[Candidate, ...]
) -> None:
    before = judge(bind(held, SPECS), PLACE, asked, Measures(2, P95))
    more = [*held[:place], added, *held[place:]]
    after = judge(bind(more, SPECS), PLACE, asked, Measures(2, P95))
    assert set(before.removals) <= set(after.removals)


@few
@given(st.lists(policies, max_size=5), candidates)
def test_nobody_who_breaks_a_hard_rule_is_ever_left(
    held: list[Policy], asked: tuple[Candidate, ...]
) -> None:
    said = judge(bind(held, SPECS), PLACE, asked, Measures(2, P95))
    taken = left(said, list(asked))
    for policy in held:
        alone = judge(bind([policy], SPECS), PLACE, asked, Measures(2, P95))
        assert not taken & set(alone.removals)


@few
@given(st.lists(policies, max_size=4), candidates)
def test_monitoring_policies_change_nobodys_chances(
    held: list[Policy], asked: tuple[Candidate, ...]
) -> None:
    enforced = [one for one in held if one.enforced]
    one, other = (judge(bind(each, SPECS), PLACE, asked, Measures(2, P95)) for each in
                  (held, enforced))  # fmt: skip
    assert left(one, list(asked)) == left(other, list(asked))
