"""Replaying a draft over the choices of the last days, as many as can be read in a moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from routing.core.catalog import ModelSpec
from routing.core.policy import Place, Policy
from routing.core.policy_replay import Past, Tally, replay
from routing.core.policy_ruling import bind
from routing.models import Decision
from routing.selectors import known_models
from routing.selectors.decisions import routed
from routing.selectors.policies import latencies_for
from telemetry.models import Call

LONGEST = timedelta(days=31)
# Read and judged in some two seconds.
MOST = 5_000


@dataclass(frozen=True, slots=True)
class Replay:
    """What a draft would have done; `cut`: there were more choices, older than `since`."""

    tally: Tally
    since: datetime
    until: datetime
    cut: bool


def replay_draft(
    org_id: int, team_ids: list[int] | None, policy: Policy, since: datetime, until: datetime
) -> Replay:
    """Return what a draft would have done to the choices of that time.

    `team_ids` None: of every team. Raises: ValueError where the time is longer than LONGEST, or
    ends before it begins.
    """
    if not timedelta(0) < until - since <= LONGEST:
        raise ValueError(f"Name a time of at most {LONGEST.days} days, its beginning first.")
    teams = team_ids if policy.team_id is None else _only(policy.team_id, team_ids)
    rows = list(routed(org_id, teams, since, until)[: MOST + 1])
    cut, rows = len(rows) > MOST, rows[:MOST]
    (bound,) = bind([policy], _specs(rows))
    # Oldest first, so that what a task had cost grows as it did.
    tally = replay(bound, _past(rows[::-1]), latencies_for((policy,), org_id, until))
    return Replay(tally, rows[-1].at if cut else since, until, cut)


def _only(team_id: int, team_ids: Collection[int] | None) -> list[int]:
    return [team_id] if team_ids is None or team_id in team_ids else []


def _past(rows: list[Decision]) -> Iterator[Past]:
    calls = Call.objects.in_bulk([row.call_id for row in rows if row.call_id is not None])
    spent: dict[tuple[UUID | None, str], int] = {}
    for row in rows:
        call = calls.get(row.call_id) if row.call_id else None
        task = (row.run_id, row.task_key)
        cost = None if call is None else call.cost_nanousd
        yield _one(row, call, spent.get(task, 0) if row.task_key else 0)
        spent[task] = spent.get(task, 0) + (cost or 0)


def _one(row: Decision, call: Call | None, task_spent_nanousd: int) -> Past:
    task_type = row.inputs.get("task_type") or ("" if call is None else call.task_type)
    return Past(
        decision=str(row.pk),
        at=row.at.isoformat().replace("+00:00", "Z"),
        run=str(row.run_id or ""),
        task_key=row.task_key,
        place=Place(row.team_id, row.run_id, task_type),
        model=row.model,
        candidates=tuple(row.candidates.get("candidates", ())),
        cost_nanousd=None if call is None else call.cost_nanousd,
        task_spent_nanousd=task_spent_nanousd,
    )


def _specs(rows: list[Decision]) -> dict[str, ModelSpec]:
    """Return today's models, and those of the past of which only the provider is known."""
    specs = dict(known_models().models)
    for row in rows:
        for one in row.candidates.get("candidates", ()):
            if one["model"] not in specs:
                specs[one["model"]] = _gone(one)
    return specs


def _gone(one: Mapping[str, Any]) -> ModelSpec:
    return ModelSpec(
        name=one["model"],
        provider=one.get("provider", ""),
        litellm_name=one["model"],
        tier="standard",
        task_types=frozenset(),
        context_window=1,
        max_output_tokens=1,
        reasoning=False,
        region="",
        tags=frozenset(),
        simulated=False,
    )
