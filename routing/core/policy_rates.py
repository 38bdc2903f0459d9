"""The limits of rate that policies set, beside those that operators set.

Invariant: each policy counts on its own, so the most restrictive of those that hold wins.
"""

from __future__ import annotations

from collections.abc import Sequence

from routing.core.policy import Place, Policy
from routing.core.policy_ruling import Bound
from routing.core.rates import Measure, RateLimit, Scope


def rates_of_policies(bound: Sequence[Bound], org_id: int, place: Place) -> tuple[RateLimit, ...]:
    """Return the limits of the policies that hold for a call; who only watches, limits nothing."""
    holding = (one.policy for one in bound if one.policy.enforced and one.policy.applies(place))
    limits = (_limit(policy, org_id) for policy in holding)
    return tuple(limit for limit in limits if limit.caps)


def _limit(policy: Policy, org_id: int) -> RateLimit:
    caps = {
        Measure.REQUESTS_PER_MINUTE: policy.rules.max_requests_per_minute,
        Measure.TOKENS_PER_MINUTE: policy.rules.max_tokens_per_minute,
    }
    return RateLimit(
        key=f"policy:{org_id}:{policy.name}",
        label=f"policy {policy.label}",
        scope=Scope.ORG,
        caps={measure: cap for measure, cap in caps.items() if cap is not None},
        org_id=org_id,
    )
