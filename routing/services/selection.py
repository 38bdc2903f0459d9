"""Picks the model of one call from a snapshot that all calls of a process share."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.core.candidates import (
    NOT_ENOUGH_MONEY,
    PROVIDER_EXCLUDED,
    UNHEALTHY,
    Candidate,
    Demand,
    Removal,
    filter_candidates,
)
from routing.core.cascade import Check, Escalation
from routing.core.catalog import ModelSpec
from routing.core.choice import DEFAULT_THRESHOLD, Choice, choose
from routing.core.errors import NoCandidate
from routing.core.escalated import escalated
from routing.core.policy_denial import no_candidate
from routing.core.policy_ruling import NO_RULING, Ruling
from routing.core.quality import Estimate
from routing.core.request import ModelRequest
from routing.core.snapshot import RoutingSnapshot, candidate_for
from routing.core.steering import Steered, steer
from routing.core.tokens import count_tokens
from routing.selectors import snapshot
from routing.services.cascading import Cascading, cascaded
from routing.services.effort import Effort
from routing.services.ruling import Asking, rule
from telemetry.services.journal import Journal

SNAPSHOT_SECONDS = 1.0
Prepare = Callable[[ModelSpec], ModelRequest]


@dataclass(frozen=True)
class Avoid:
    """Whom a call should keep away from, where that leaves anybody."""

    providers: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()


NOBODY = Avoid()


@dataclass(frozen=True)
class Wanted:
    """What a caller asks for, before a model is known.

    `prepare` writes the request for a given model, since its window and kind shape the prompt.
    `avoid` is tried in order until one leaves a candidate. `patient`: wait for a model that
    will be back soon, rather than give up at once. `steerable`: recommendations that are let act
    may change the choice. `check` is what will check the result, where that may send it on to a
    better model; None: nothing does. `escalation`: this call is where a check sent it.
    """

    phase: str
    prepare: Prepare
    only_model: str | None = None
    avoid: tuple[Avoid, ...] = (NOBODY,)
    patient: bool = True
    threshold: float = DEFAULT_THRESHOLD
    steerable: bool = False
    check: Check | None = None
    escalation: Escalation | None = None


@dataclass(frozen=True)
class Pick:
    """The model that takes the call, the request as written for it, and why it was chosen.

    `to_probe` are models whose breaker may be tried again, beside this call and not by it.
    `ruling` is what the policies said of all candidates, `steered` which recommendation had a
    say, if any, and `cascading` what step of a cascade this is, or why it is none.
    """

    spec: ModelSpec
    request: ModelRequest
    choice: Choice
    candidate: Candidate
    snapshot: RoutingSnapshot
    to_probe: tuple[str, ...] = ()
    ruling: Ruling = NO_RULING
    steered: Steered | None = None
    cascading: Cascading | None = None


class Selector:
    """Keeps one fresh snapshot per team and picks from it."""

    def __init__(self, journal: Journal, randomness: random.Random) -> None:
        self._journal = journal
        self._random = randomness
        self._snapshots: dict[tuple[int, int], RoutingSnapshot] = {}
        self._refreshing: dict[tuple[int, int], asyncio.Task[RoutingSnapshot]] = {}

    def forget(self) -> None:
        """Look afresh next time: the health of a model has changed."""
        self._snapshots.clear()

    async def snapshot(self, org_id: int, team_id: int, now: datetime) -> RoutingSnapshot:
        """Return what routing knows, at most a second old; one query whoever waits for it."""
        place = (org_id, team_id)
        known = self._snapshots.get(place)
        if known is not None and _is_fresh(known, now):
            return known
        if place not in self._refreshing:
            reading = self._journal.call(snapshot, org_id, now, team_id)
            self._refreshing[place] = asyncio.ensure_future(reading)
            self._refreshing[place].add_done_callback(lambda _: self._refreshing.pop(place, None))
        fresh = await asyncio.shield(self._refreshing[place])
        self._snapshots[place] = fresh
        return fresh

    async def pick(
        self,
        wanted: Wanted,
        effort: Effort,
        allowed: Mapping[str, frozenset[str]],
        *,
        asking: Asking,
        preference: str,
        deadline_at: datetime,
        now: datetime,
    ) -> Pick:
        """Return the model to call. Raises: NoCandidate, with what removed every model."""
        known = await self.snapshot(asking.org_id, asking.team_id, now)
        drafts = _drafts(known, wanted, now)
        candidates = [draft.candidate for draft in drafts.values()]
        task_type = next((draft.request.task_type for draft in drafts.values()), "")
        ruling = await rule(self._journal, known, asking, task_type, candidates)
        for avoid in wanted.avoid:
            kept, removed = _filtered(drafts, wanted, effort, allowed, avoid, ruling)
            if kept:
                break
        kept, to_probe, probed = _without_probes(kept)
        kept, failed = _elsewhere_first(kept, effort)
        removed += probed + failed
        if not kept:
            raise no_candidate(removed)
        choice = choose(
            kept,
            preference=preference,
            draws={one.model: self._random.gauss(0.0, 1.0) for one in kept},
            threshold=wanted.threshold,
            removed=removed,
        )
        steered = None
        if known.rules and wanted.steerable and not (wanted.only_model or effort.pinned):
            choice, steered = steer(choice, known.rules, task_type, self._random.random)
        if steered is None:
            left = (deadline_at - now).total_seconds()
            seen = known.beliefs.estimate((choice.model, escalated(task_type)))
            choice, effort.cascading = _cheaper_first(choice, wanted, effort, drafts, left, seen)
        else:
            effort.cascading = None
        draft, spec = drafts[choice.model], known.models[choice.model]
        return Pick(
            spec, draft.request, choice, draft.candidate, known, to_probe, ruling, steered,
            effort.cascading,
        )  # fmt: skip


def _is_fresh(known: RoutingSnapshot, now: datetime) -> bool:
    age = now - known.taken_at
    return age < timedelta(seconds=SNAPSHOT_SECONDS) and known.prices_hold(now)


@dataclass(frozen=True)
class _Draft:
    """A model with the request as it would be put to it."""

    candidate: Candidate
    request: ModelRequest
    input_tokens: int


def _drafts(known: RoutingSnapshot, wanted: Wanted, now: datetime) -> dict[str, _Draft]:
    """Return every model as a candidate; models of one shape share one request."""
    requests: dict[tuple[bool, int], tuple[ModelRequest, int]] = {}
    drafts = {}
    for name in sorted(known.models):
        spec = known.models[name]
        shape = (spec.reasoning, spec.context_window)
        if shape not in requests:
            request = wanted.prepare(spec)
            requests[shape] = (request, count_tokens(request.messages))
        request, tokens = requests[shape]
        drafts[name] = _Draft(candidate_for(known, spec, request, tokens, now), request, tokens)
    return drafts


def _filtered(
    drafts: Mapping[str, _Draft],
    wanted: Wanted,
    effort: Effort,
    allowed: Mapping[str, frozenset[str]],
    avoid: Avoid,
    ruling: Ruling,
) -> tuple[list[Candidate], list[Removal]]:
    only = effort.pinned or wanted.only_model
    kept: list[Candidate] = []
    removed: list[Removal] = []
    for draft in drafts.values():
        demand = Demand(
            input_tokens=draft.input_tokens,
            larger_than=effort.larger_than,
            free_nanousd=effort.free_nanousd,
            allowed={**allowed, "this call": frozenset({only})} if only else allowed,
            excluded_providers=avoid.providers,
            excluded_models=avoid.models,
            tried=frozenset(effort.spent_models),
            unknown_price_allowed=ruling.unknown_price_allowed,
            ruled_out={**ruling.removals, **effort.held_up},
        )
        fits, out = filter_candidates([draft.candidate], demand)
        kept += fits
        removed += out
    kept, out_softly = ruling.prefer(kept)
    return kept, removed + out_softly


def _cheaper_first(
    choice: Choice,
    wanted: Wanted,
    effort: Effort,
    drafts: Mapping[str, _Draft],
    seconds_left: float,
    at_failed_tasks: Estimate,
) -> tuple[Choice, Cascading | None]:
    """Return the choice as a cascade has it, and what is to be recorded of one."""
    if effort.pinned:
        return choice, effort.cascading
    if wanted.check is None or effort.spent_models:
        return choice, wanted.escalation
    seconds = {name: draft.request.timeout_seconds for name, draft in drafts.items()}
    return cascaded(choice, wanted.check, seconds, seconds_left, at_failed_tasks)


def short_of_money(error: NoCandidate) -> bool:
    """Tell whether money is what stands between this call and some model."""
    return any(one.reason == NOT_ENOUGH_MONEY for one in error.removed)


def _without_probes(
    kept: list[Candidate],
) -> tuple[list[Candidate], tuple[str, ...], list[Removal]]:
    """Leave out models on probation while a healthy one is there: no request waits for them."""
    healthy = [one for one in kept if not one.probe]
    probes = [one for one in kept if one.probe]
    if not healthy or not probes:
        return kept, (), []
    removed = [Removal(one.model, UNHEALTHY, "being probed beside this call") for one in probes]
    return healthy, tuple(one.model for one in probes), removed


def _elsewhere_first(
    kept: list[Candidate], effort: Effort
) -> tuple[list[Candidate], list[Removal]]:
    """Leave out providers that just failed this call, while another one is there."""
    if effort.pinned:
        return kept, []
    elsewhere = [one for one in kept if one.provider not in effort.failed_providers]
    if not elsewhere:
        return kept, []
    failed = [one for one in kept if one.provider in effort.failed_providers]
    return elsewhere, [Removal(one.model, PROVIDER_EXCLUDED, "just failed") for one in failed]
