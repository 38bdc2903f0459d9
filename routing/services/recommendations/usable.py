"""Which models a team could be advised to move to, as things stand."""

from __future__ import annotations

from datetime import datetime

from budgets.models import Team
from routing.core.candidates import UNHEALTHY, Demand, filter_candidates
from routing.core.policy import Place
from routing.core.policy_ruling import judge
from routing.core.policy_violation import Measures
from routing.core.request import ModelRequest
from routing.core.snapshot import candidates_for
from routing.selectors import snapshot

# A call of common size: what its model may cost is judged by it.
INPUT_TOKENS = 1_000
OUTPUT_TOKENS = 1_024
TIMEOUT_SECONDS = 60.0


def usable_models(
    org_id: int, team_id: int | None, task_type: str, now: datetime
) -> frozenset[str]:
    """Return the models that policies, prices and the team's own list leave for a task type.

    `team_id` None: that every team of the organisation may use. Health is of the moment, and does
    not count.
    """
    request = ModelRequest("generation", task_type, (), OUTPUT_TOKENS, None, TIMEOUT_SECONDS)
    known = snapshot(org_id, now, team_id)
    candidates = candidates_for(known, request, INPUT_TOKENS, now)
    teams = Team.objects.filter(org_id=org_id, **({} if team_id is None else {"pk": team_id}))
    left = frozenset(known.models)
    for pk, allowed in teams.values_list("pk", "allowed_models"):
        ruling = judge(
            known.policies, Place(pk, None, task_type), candidates, Measures(0, known.p95_ms)
        )
        demand = Demand(
            input_tokens=INPUT_TOKENS,
            allowed={} if allowed is None else {"team": frozenset(allowed)},
            ruled_out=ruling.removals,
            unknown_price_allowed=ruling.unknown_price_allowed,
        )
        kept, removed = filter_candidates(candidates, demand)
        resting = {one.model for one in removed if one.reason == UNHEALTHY}
        back = [one for one in candidates if one.model in resting]
        preferred, _ = ruling.prefer([*kept, *back])
        left &= {one.model for one in preferred}
    return left
