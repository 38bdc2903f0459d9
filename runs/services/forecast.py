"""What a run would cost, which models would take it, and whether it would be let through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Avg

from budgets.core.forecast import Estimate, Forecast, Risk, forecast, from_prices, learned, risk_of
from budgets.models import Team
from budgets.selectors import free_nanousd
from routing.core.candidates import Candidate, Demand, Removal, filter_candidates
from routing.core.choice import choose
from routing.core.policy import Place
from routing.core.policy_denial import is_denial
from routing.core.policy_ruling import judge, ruled
from routing.core.policy_violation import Measures
from routing.core.request import Message, ModelRequest
from routing.core.snapshot import RoutingSnapshot, candidates_for
from routing.core.tokens import count_tokens
from routing.selectors import snapshot
from runs.core.rules import FALLBACK_TYPE, Phase, rules_for
from runs.core.tasks import Plan
from runs.models import Run

# A run whose plan is not known yet is taken for one like the team's last ones, else for this.
ASSUMED_TASKS: Final = 5
LOOK_BACK: Final = 20
# Attempts a task is expected to need; each is one generation, one critique and two judgements.
ATTEMPTS: Final = 2
JUDGES: Final = 2
PLANNING_TOKENS: Final = 4_096
CRITIQUE_TOKENS: Final = 1_024
JUDGEMENT_TOKENS: Final = 512
_CODE: Final = frozenset({"code_generation", "code_review"})
# What the engine's own words around a prompt take.
FRAME_TOKENS: Final = 700
# How far a call's cost lies from its mean where calls were seen.
LEARNED_SPREAD: Final = Decimal("0.6")


@dataclass(frozen=True, slots=True)
class Step:
    """Some equal calls of a run, and the model they would go to (None: no model is left)."""

    phase: Phase
    task_type: str
    calls: int
    model: str | None
    provider: str
    removed: tuple[Removal, ...]
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Preview:
    """`free_nanousd` None: no budget limits the team. `planned`: the tasks were given."""

    forecast: Forecast
    risk: Risk
    free_nanousd: int | None
    steps: tuple[Step, ...]
    tasks: int
    planned: bool

    @property
    def denied(self) -> tuple[Step, ...]:
        """Return the steps that no model could take."""
        return tuple(step for step in self.steps if step.model is None)

    @property
    def denied_by_policy(self) -> Step | None:
        """Return the first step that policies leave no model for, whatever is tried and paid.

        A critique that nobody can give is left out by the engine, and denies nothing.
        """
        needed = (step for step in self.denied if step.phase is not Phase.CROSS_REVIEW)
        return next((step for step in needed if is_denial(step.removed)), None)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Equal calls before a model is known."""

    phase: Phase
    task_type: str
    input_tokens: int
    output_tokens: int
    calls: int


def preview(
    team: Team,
    plan: Plan | None,
    project: str,
    allowed: Mapping[str, frozenset[str]],
    preference: str,
    now: datetime,
) -> Preview:
    """Forecast a run of this plan (None: not planned yet) without storing anything.

    `allowed` maps who restricts (team, key, run) to the models left.
    """
    known = snapshot(team.org_id, now, team.pk)
    size = count_tokens([Message("user", project)])
    tasks = _tasks(team, plan)
    kinds = _kinds(plan, tasks, size)
    steps = _steps(kinds, known, team.pk, allowed, preference, now)
    expected = forecast(step.estimate for step in steps)
    free = free_nanousd(team.org, team, now)
    return Preview(expected, risk_of(expected, free), free, steps, tasks, plan is not None)


def _tasks(team: Team, plan: Plan | None) -> int:
    if plan is not None:
        return len(plan.tasks)
    recent = Run.objects.filter(team=team, decomposition="planned").order_by("-pk")[:LOOK_BACK]
    mean = Run.objects.filter(pk__in=list(recent.values_list("pk", flat=True))).aggregate(
        mean=Avg("tasks_total")
    )["mean"]
    return round(mean) if mean else ASSUMED_TASKS


def _kinds(plan: Plan | None, tasks: int, size: int) -> list[_Kind]:
    if plan is None:
        planning = _Kind(
            Phase.DECOMPOSITION, FALLBACK_TYPE, size + FRAME_TOKENS, PLANNING_TOKENS, 1
        )
        return [planning, *_task_kinds(FALLBACK_TYPE, size // 2, tasks)]
    sizes: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for task in plan.tasks:
        counts[task.type] += 1
        sizes[task.type] += count_tokens([Message("user", task.prompt)])
    return [kind for name, n in counts.items() for kind in _task_kinds(name, sizes[name] // n, n)]


def _task_kinds(task_type: str, prompt_tokens: int, tasks: int) -> Iterable[_Kind]:
    output = rules_for(task_type).max_output_tokens
    asked = prompt_tokens + FRAME_TOKENS
    read = asked + output // 3  # a reviewer reads the answer too, which rarely is of full length
    attempts = tasks * ATTEMPTS
    yield _Kind(Phase.GENERATION, task_type, asked, output, attempts)
    review = "code_review" if task_type in _CODE else "evaluation"
    yield _Kind(Phase.CROSS_REVIEW, review, read, CRITIQUE_TOKENS, attempts)
    yield _Kind(Phase.EVALUATION, "evaluation", read, JUDGEMENT_TOKENS, attempts * JUDGES)


def _steps(
    kinds: Iterable[_Kind],
    known: RoutingSnapshot,
    team_id: int,
    allowed: Mapping[str, frozenset[str]],
    preference: str,
    now: datetime,
) -> tuple[Step, ...]:
    steps: list[Step] = []
    maker = ""
    for kind in kinds:
        # Whoever made a text is not asked to judge it, as long as there is somebody else.
        judges = kind.phase in (Phase.CROSS_REVIEW, Phase.EVALUATION)
        barred = frozenset({maker}) if judges and maker else frozenset[str]()
        others = Demand(kind.input_tokens, allowed=allowed, excluded_providers=barred)
        step = _step(kind, known, team_id, others, preference, now)
        if step.model is None and barred:
            anybody = Demand(kind.input_tokens, allowed=allowed)
            step = _step(kind, known, team_id, anybody, preference, now)
        maker = step.provider if kind.phase is Phase.GENERATION else maker
        steps.append(step)
    return tuple(steps)


def _step(
    kind: _Kind,
    known: RoutingSnapshot,
    team_id: int,
    demand: Demand,
    preference: str,
    now: datetime,
) -> Step:
    request = ModelRequest(kind.phase, kind.task_type, (), kind.output_tokens, None, 60.0)
    candidates = candidates_for(known, request, kind.input_tokens, now)
    place = Place(team_id, None, kind.task_type)
    ruling = judge(known.policies, place, candidates, Measures(p95_ms=known.p95_ms))
    fitting, removed = filter_candidates(candidates, ruled(demand, ruling))
    kept, out = ruling.prefer(fitting)
    removed += tuple(out)
    if not kept:
        return Step(kind.phase, kind.task_type, kind.calls, None, "", removed, _NOTHING)
    # No draws: the likeliest choice. The engine itself explores a little.
    model = choose(kept, preference=preference, draws={}).model
    chosen = next(candidate for candidate in kept if candidate.model == model)
    estimate = _estimate(kind, chosen, known, request, now)
    return Step(kind.phase, kind.task_type, kind.calls, model, chosen.provider, removed, estimate)


_NOTHING: Final = Estimate(Decimal(0), Decimal(0))


def _estimate(
    kind: _Kind, chosen: Candidate, known: RoutingSnapshot, request: ModelRequest, now: datetime
) -> Estimate:
    bare = ModelRequest(request.phase, request.task_type, (), 0, None, 60.0)
    least = _of(candidates_for(known, bare, kind.input_tokens, now), chosen.model)
    prior = from_prices(least.upper_bound_nanousd or 0, chosen.upper_bound_nanousd or 0)
    seen = known.beliefs.spent.mean((chosen.model, kind.task_type))
    if seen is not None and kind.phase is Phase.GENERATION:
        mean = Decimal(round(seen.cost_nanousd))
        prior = learned(prior, round(seen.calls), mean, mean * LEARNED_SPREAD)
    return Estimate(prior.expected_nanousd * kind.calls, prior.sd_nanousd * kind.calls)


def _of(candidates: Sequence[Candidate], model: str) -> Candidate:
    return next(candidate for candidate in candidates if candidate.model == model)
