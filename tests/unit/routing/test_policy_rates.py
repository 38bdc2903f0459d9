"""The limits of rate that policies set."""

from __future__ import annotations

from dataclasses import replace

from routing.core.policy import Mode, Place, Policy, Rules
from routing.core.policy_rates import rates_of_policies
from routing.core.policy_ruling import Bound
from routing.core.rates import Measure

PLACE = Place(team_id=2, run_id=None, task_type="summarization")
SLOW = Policy("slow", 3, Mode.SOFT, Rules(max_requests_per_minute=5))


def found(*policies: Policy) -> list[tuple[str, dict[Measure, int]]]:
    limits = rates_of_policies([Bound(policy, {}) for policy in policies], 1, PLACE)
    return [(limit.key, dict(limit.caps)) for limit in limits]


def test_each_policy_that_holds_counts_on_its_own() -> None:
    tight = replace(SLOW, name="tight", rules=Rules(max_tokens_per_minute=7))
    assert found(SLOW, tight) == [
        ("policy:1:slow", {Measure.REQUESTS_PER_MINUTE: 5}),
        ("policy:1:tight", {Measure.TOKENS_PER_MINUTE: 7}),
    ]


def test_who_watches_is_elsewhere_or_limits_no_rate_counts_nothing() -> None:
    assert not found(
        replace(SLOW, mode=Mode.MONITOR),
        replace(SLOW, team_id=9),
        replace(SLOW, rules=Rules(blocked_models=frozenset({"x"}))),
    )


def test_a_policys_limit_is_named_by_its_version() -> None:
    (limit,) = rates_of_policies([Bound(SLOW, {})], 1, PLACE)
    assert limit.label == "policy slow v3"
