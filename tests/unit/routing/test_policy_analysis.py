"""What is found wrong with a draft before it is saved."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.core.catalog import TASK_TYPES
from routing.core.policy import Policy, Scope
from routing.core.policy_analysis import analyse
from routing.core.policy_market import Finding, Market
from routing.core.policy_ruling import bind
from tests.unit.routing.policies import MODELS, SPECS, few, make_policy, policies
from tests.unit.routing.worlds import make_spec

MARKET = Market(
    SPECS,
    dict(zip(MODELS, (50, 40, 30, 20, 10, 60), strict=True)),
    dict(zip(MODELS, (0.9, 0.8, 0.7, 0.6, 0.5, 0.4), strict=True)),
    dict.fromkeys(MODELS, 500.0),
)
A, EU, US = frozenset("a"), frozenset({"eu"}), frozenset({"us"})


def found(draft: Policy, *others: Policy, market: Market = MARKET) -> dict[str, Finding]:
    return {one.code: one for one in analyse(draft, others, market)}


CONTRADICTIONS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"allowed_providers": A}, {"blocked_providers": A}, "emptied_allow_list"),
    ({"blocked_providers": A}, {"allowed_providers": A}, "emptied_allow_list"),
    ({"allowed_models": frozenset({"a/one"})}, {"blocked_models": frozenset(MODELS[:2])},
     "emptied_allow_list"),
    ({"regions": EU}, {"regions": US}, "disjoint_regions"),
    ({"allowed_models": frozenset({"a/one"})}, {"allowed_models": frozenset({"a/two"})},
     "disjoint_models"),
    ({"allowed_providers": A}, {"allowed_providers": frozenset("b")}, "disjoint_providers"),
    ({"allowed_models": frozenset({"a/one"})}, {"blocked_providers": A}, "denies_everything"),
    ({"regions": EU}, {"required_tags": frozenset({"soc2"})}, "denies_everything"),
]  # fmt: skip


@pytest.mark.parametrize("mine, theirs, code", CONTRADICTIONS)
@pytest.mark.parametrize("mode", ["HARD", "SOFT"])
def test_a_contradiction_with_another_policy_names_it_and_blocks(
    mine: dict[str, Any], theirs: dict[str, Any], code: str, mode: str
) -> None:
    finding = found(make_policy("mine", mode, **mine), make_policy("theirs", **theirs))[code]
    assert finding.blocking
    assert finding.policies == ("theirs",)
    assert "theirs" in finding.message
    assert finding.as_json()["code"] == code


@pytest.mark.parametrize("mine, theirs, code", CONTRADICTIONS)
def test_scopes_that_never_meet_and_monitors_contradict_nobody(
    mine: dict[str, Any], theirs: dict[str, Any], code: str
) -> None:
    here = make_policy("mine", scope=Scope.TEAM, team_id=1, **mine)
    assert code not in found(here, make_policy("theirs", scope=Scope.TEAM, team_id=2, **theirs))
    assert code not in found(
        make_policy("mine", **mine), make_policy("theirs", "MONITOR", **theirs)
    )
    watching = found(make_policy("mine", "MONITOR", **mine), make_policy("theirs", **theirs))
    assert not any(one.blocking for one in watching.values())


def test_a_policy_does_not_contradict_its_own_earlier_version() -> None:
    assert not found(make_policy("p", regions=EU), make_policy("p", regions=US))


ALONE: list[tuple[dict[str, Any], str, bool]] = [
    ({}, "asks_nothing", False),
    ({"blocked_models": frozenset({"z/none"})}, "unknown_model", False),
    ({"blocked_providers": frozenset("z")}, "unknown_provider", False),
    ({"regions": frozenset({"eu", "mars"})}, "unknown_region", False),
    ({"regions": frozenset({"mars"})}, "denies_everything", True),
    ({"required_tags": frozenset({"hipaa"})}, "denies_everything", True),
    ({"required_tags": frozenset({"hipaa"})}, "unknown_tag", False),
    ({"blocked_providers": frozenset("abc")}, "denies_everything", True),
    ({"allowed_providers": A, "blocked_providers": frozenset("ab")}, "never_applies", False),
    ({"allowed_models": frozenset(MODELS[:1]), "blocked_models": frozenset(MODELS[1:2])},
     "never_applies", False),
    ({"max_cost_per_call_nanousd": 9}, "cap_below_cheapest", True),
    ({"max_cost_per_task_nanousd": 9}, "cap_below_cheapest", True),
    ({"max_cost_per_call_nanousd": 29, "blocked_providers": frozenset("c"),
      "blocked_models": frozenset({"b/two"})}, "cap_below_cheapest", True),
    ({"min_quality": 0.91}, "quality_out_of_reach", True),
    ({"max_p95_latency_ms": 499}, "latency_out_of_reach", True),
]  # fmt: skip


@pytest.mark.parametrize("rules, code, blocking", ALONE)
def test_what_is_wrong_with_a_draft_alone_is_found(
    rules: dict[str, Any], code: str, blocking: bool
) -> None:
    assert found(make_policy(**rules))[code].blocking is blocking


@pytest.mark.parametrize("rules", [
    {"max_cost_per_call_nanousd": 10}, {"min_quality": 0.9}, {"max_p95_latency_ms": 500},
    {"regions": EU}, {"blocked_providers": frozenset("ab")}, {"unknown_price": True},
    {"max_requests_per_minute": 5},
])  # fmt: skip
def test_nothing_is_found_where_somebody_complies(rules: dict[str, Any]) -> None:
    assert not found(make_policy(**rules))


def test_a_soft_limit_out_of_reach_is_said_and_does_not_block() -> None:
    for rules in ({"max_cost_per_call_nanousd": 9}, {"min_quality": 0.99}):
        (finding,) = found(make_policy("p", "SOFT", **rules)).values()
        assert not finding.blocking


def test_what_is_not_known_is_out_of_nobodys_reach() -> None:
    market = Market(SPECS)
    for rules in ({"max_cost_per_call_nanousd": 1}, {"min_quality": 1.0},
                  {"max_p95_latency_ms": 1}):  # fmt: skip
        assert not found(make_policy(**rules), market=market)
    market = Market(SPECS, p95_ms={"a/one": 500.0})
    assert not found(make_policy(max_p95_latency_ms=1), market=market)


def test_a_rule_that_a_wider_policy_makes_needless_is_named() -> None:
    wide = make_policy("wide", blocked_providers=frozenset("ab"))
    narrow = make_policy("narrow", scope=Scope.TEAM, team_id=1, blocked_providers=A)
    finding = found(narrow, wide)["never_applies"]
    assert (finding.policies, finding.blocking) == (("wide",), False)
    assert "never_applies" not in found(wide, narrow)


def test_types_of_task_that_lose_every_model_are_named() -> None:
    specs = {"a/one": make_spec("a/one", task_types=frozenset({"evaluation"})),
             "b/one": make_spec("b/one", task_types=TASK_TYPES - {"evaluation"})}  # fmt: skip
    finding = found(make_policy(blocked_providers=A), market=Market(specs))["denies_everything"]
    assert "every model for evaluation:" in finding.message
    scoped = make_policy(scope=Scope.TASK_TYPE, task_type="summarization", blocked_providers=A)
    assert not found(scoped, market=Market(specs))


@few
@given(policies, st.lists(policies, max_size=3))
def test_a_draft_that_passes_leaves_a_model_wherever_the_others_do(
    draft: Policy, others: list[Policy]
) -> None:
    others = [one for one in others if one.name != draft.name]
    if not draft.enforced or any(one.blocking for one in analyse(draft, others, MARKET)):
        return
    enforced = [one for one in others if one.enforced and draft.overlaps(one)]
    task_type = draft.task_type or "code_review"
    there = [one for one in enforced if one.task_type in ("", task_type)]

    def left(held: list[Policy]) -> set[str]:
        return set(MODELS) - {name for one in bind(held, SPECS) for name in one.fixed}

    assert left([draft, *there]) or not left(there)
