"""From a project to a plan: ask, read, have it mended once, ask the next model, and last of all
take the whole project as one task, marked so that everybody sees it."""

from __future__ import annotations

from django.utils import timezone

from routing.core.catalog import ModelSpec
from routing.core.errors import NoCandidate, ProviderError
from routing.core.request import Message, ModelRequest
from routing.services.gateway import Avoid, Completion, Wanted
from runs.core.errors import PlanError
from runs.core.plan import parse_plan, single_task_plan
from runs.core.prompts import plan_prompt, plan_repair_prompt
from runs.core.rules import Phase, TaskType, output_tokens
from runs.core.tasks import Plan
from runs.engine.asking import request
from runs.engine.session import Session
from runs.services.progress import SavePlan

PLANNERS = 2
MAX_PLAN_TOKENS = 4096


async def decompose(session: Session) -> None:
    """Plan the run and make the plan durable. Raises: Interruption."""
    plan, planner = await _plan(session)
    if plan is None:
        plan, decomposition = single_task_plan(session.run.project), "fallback"
    else:
        decomposition = "planned"
    await session.write(
        SavePlan(session.run_id, decomposition, plan),
        session.event(
            "run.planned",
            timezone.now(),
            decomposition=decomposition,
            planner=planner,
            tasks=len(plan.tasks),
        ),
    )


async def _plan(session: Session) -> tuple[Plan | None, str]:
    """Return the first plan that can be used and its planner; None if none can."""
    heard: frozenset[str] = frozenset()
    nonce = session.nonce(session.run.project, session.run.success_criteria)
    asked = plan_prompt(session.run.project, session.run.success_criteria, nonce)
    for turn in range(PLANNERS):
        try:
            avoid = (Avoid(models=heard),)
            done = await _ask(session, asked, avoid=avoid, patient=turn == 0)
        except (ProviderError, NoCandidate):
            continue
        plan = await _read_or_repair(session, asked, done, nonce)
        if plan is not None:
            return plan, done.spec.name
        heard |= {done.spec.name}
    return None, ""


async def _read_or_repair(
    session: Session, asked: tuple[Message, ...], done: Completion, nonce: str
) -> Plan | None:
    try:
        return parse_plan(done.reply.text)
    except PlanError as error:
        repair = plan_repair_prompt(asked, done.reply.text, str(error), nonce)
    try:
        again = await _ask(session, repair, only_model=done.spec.name, patient=False)
        return parse_plan(again.reply.text)
    except (PlanError, ProviderError, NoCandidate):
        return None


async def _ask(
    session: Session,
    messages: tuple[Message, ...],
    *,
    only_model: str | None = None,
    avoid: tuple[Avoid, ...] = (Avoid(),),
    patient: bool,
) -> Completion:
    def prepare(spec: ModelSpec) -> ModelRequest:
        limit = output_tokens(MAX_PLAN_TOKENS, reasoning=spec.reasoning)
        kind = TaskType.COMPLEX_REASONING
        return request(Phase.DECOMPOSITION, kind, spec, messages, limit)

    wanted = Wanted(
        Phase.DECOMPOSITION, prepare, only_model=only_model, avoid=avoid, patient=patient
    )
    return await session.ask(wanted, retrying=only_model is not None)
