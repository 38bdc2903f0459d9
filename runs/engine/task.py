"""One task: attempt after attempt until it is good enough, or nothing more may be tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from django.utils import timezone

from budgets.core.money import format_usd
from routing.core.cascade import Escalation
from routing.core.errors import NoCandidate
from runs.core.attempts import (
    AttemptFacts,
    AttemptKind,
    Escalate,
    Finish,
    Iterate,
    NextModel,
    Reword,
    Step,
    next_step,
)
from runs.core.checks import shortfall
from runs.core.prompts import Feedback
from runs.core.rules import rules_for
from runs.core.status import TaskStatus
from runs.engine.attempt import Attempt
from runs.engine.draft import Brief, Draft, Plan
from runs.engine.lessons import lesson, worth
from runs.engine.session import Session
from runs.engine.state import PastAttempt, TaskState
from runs.engine.trial import Trials
from runs.models import Attempt as AttemptRow
from runs.services.progress import FinishTask, SaveAttempt


@dataclass(frozen=True)
class TaskResult:
    """What a task came to; `score` None: it has no usable output, or nobody could judge it."""

    status: TaskStatus
    score: float | None = None
    output: str = ""


class TaskWork:
    """Carries one task from its last finished attempt to its result."""

    def __init__(self, session: Session, state: TaskState, outputs: Mapping[str, str]) -> None:
        self._session = session
        self._state = state
        self._past = list(state.attempts)
        self._no_other_model = False
        self._brief = Brief(
            key=state.key,
            task_type=state.task_type,
            prompt=state.prompt,
            criteria=session.run.success_criteria,
            threshold=state.threshold,
            validators=state.validators,
            context=tuple((key, outputs[key]) for key in state.depends_on if key in outputs),
        )
        self._trials = Trials(session, self._brief)

    async def carry_out(self) -> TaskResult:
        """Return the task's result, when it is durable. Raises: Interruption."""
        while True:
            step = self._next_step()
            if isinstance(step, Finish):
                return await self._finish(step)
            plan = await self._checked(self._plan(step))
            try:
                draft = await Attempt(self._session, self._brief, plan).make()
            except NoCandidate:
                # Only an attempt that rules models out is refused so: there is no other model.
                self._no_other_model = True
                continue
            await self._save(draft)
            await self._trials.go_on(draft, plan)

    def _next_step(self) -> Step:
        return next_step(
            rules_for(self._brief.task_type),
            self._brief.threshold,
            [past.facts for past in self._past],
            no_other_model=self._no_other_model,
        )

    def _plan(self, step: Step) -> Plan:
        number = len(self._past) + 1
        match step:
            case Iterate(feedback_from=None):
                return Plan(number, AttemptKind.FIRST)
            case Iterate(feedback_from=source):
                return Plan(number, AttemptKind.ITERATE, self._feedback(source), self._author())
            case Escalate(model=model, feedback_from=source):
                escalation = self._escalation(model)
                feedback = self._feedback(source)
                return Plan(number, AttemptKind.ESCALATE, feedback, model, escalation=escalation)
            case NextModel(exclude=exclude, feedback_from=source):
                feedback = self._feedback(source)
                return Plan(number, AttemptKind.NEXT_MODEL, feedback, exclude_models=exclude)
            case Reword(feedback_from=source):
                return Plan(number, AttemptKind.REWORD, self._feedback(source))
        raise ValueError(f"{step} is no attempt")

    async def _checked(self, plan: Plan) -> Plan:
        """Tell the first attempt what will check it: only there a cheaper model may go first."""
        if plan.kind is not AttemptKind.FIRST:
            return plan
        check = await self._session.checks.of(self._session.run, self._brief)
        return replace(plan, check=check)

    def _escalation(self, model: str) -> Escalation:
        last = self._past[-1]
        why = shortfall(last.failed_validators, last.facts.score, self._brief.threshold)
        return Escalation((last.facts.model, model), why)

    def _feedback(self, source: int | None) -> Feedback | None:
        return next((past.feedback for past in self._past if past.facts.number == source), None)

    def _author(self) -> str | None:
        """Return the model to iterate on; None when it brought nothing, or is not known."""
        last = self._past[-1].facts
        return last.model if last.has_output else None

    async def _save(self, draft: Draft) -> None:
        now = timezone.now()
        facts = AttemptFacts(
            number=draft.number,
            model=draft.model,
            provider=draft.provider,
            score=draft.score,
            validators_passed=draft.validators_passed,
            has_output=bool(draft.output),
            kind=draft.kind,
            escalate_to=draft.escalate_to,
        )
        row = AttemptRow(
            task_id=self._state.id,
            number=draft.number,
            kind=draft.kind,
            model=draft.model,
            provider=draft.provider,
            escalate_to=draft.escalate_to,
            reviewer=draft.reviewer,
            score=draft.score,
            judgements=[asdict(one) for one in draft.judgements],
            validators=[asdict(one) for one in draft.validators],
            validators_passed=draft.validators_passed,
            has_output=bool(draft.output),
            notes=draft.notes,
            cost_nanousd=draft.cost_nanousd,
            started_at=draft.started_at,
            finished_at=now,
        )
        event = self._session.event(
            "attempt.finished",
            now,
            task=self._brief.key,
            attempt=draft.number,
            model=draft.model,
            score=draft.score,
            cost_usd=format_usd(draft.cost_nanousd),
        )
        await self._session.write(
            SaveAttempt(row, draft.output, draft.critique),
            *lesson(self._session, self._brief, draft),
            *worth(self._session, self._brief, draft, now),
            *self._trials.commands(draft, now),
            event,
        )
        self._past.append(
            PastAttempt(
                facts, draft.feedback, draft.output, draft.reviewer, draft.failed_validators
            )
        )

    async def _finish(self, step: Finish) -> TaskResult:
        best = next((past for past in self._past if past.facts.number == step.best), None)
        now = timezone.now()
        result = TaskResult(
            step.status, best.facts.score if best else None, best.output if best else ""
        )
        await self._session.write(
            FinishTask(
                run_id=self._session.run_id,
                task_id=self._state.id,
                status=result.status,
                at=now,
                score=result.score,
                best_attempt=step.best,
                model=best.facts.model if best else "",
                reviewer=best.reviewer if best else "",
                iterations=len(self._past),
                failure=step.note,
                output=result.output,
            ),
            self._session.event(
                "task.finished",
                now,
                task=self._brief.key,
                status=result.status,
                score=result.score,
            ),
        )
        return result
