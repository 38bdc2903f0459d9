"""One attempt at a task: generate, critique, revise, validate, evaluate."""

from __future__ import annotations

from dataclasses import replace

from django.utils import timezone

from routing.core.catalog import ModelSpec
from routing.core.errors import NoCandidate, ProviderError
from routing.core.request import ModelRequest
from routing.services.gateway import Avoid, Completion, Wanted
from runs.core.attempts import AttemptKind
from runs.core.context import context_chars, fit_outputs
from runs.core.critique import parse_critique
from runs.core.feedback import length
from runs.core.plain_text import storable
from runs.core.prompts import (
    critique_prompt,
    generation_prompt,
    revision_prompt,
)
from runs.core.rules import Phase, TaskType, output_tokens, rules_for
from runs.engine.asking import request
from runs.engine.draft import Brief, Draft, Plan
from runs.engine.judging import Jury
from runs.engine.session import Session
from runs.validators import validate

MAX_CRITIQUE_TOKENS = 1024
# A critique of code is code review; any other is an evaluation.
CRITIQUE_TYPES = {
    TaskType.CODE_GENERATION: TaskType.CODE_REVIEW,
    TaskType.CODE_REVIEW: TaskType.CODE_REVIEW,
}


class Attempt:
    """Makes one attempt; interruptions pass through it, everything else becomes its outcome."""

    def __init__(self, session: Session, brief: Brief, plan: Plan) -> None:
        self._session = session
        self._brief = brief
        self._plan = plan
        self._draft = Draft(plan.number, plan.kind, timezone.now())

    async def make(self) -> Draft:
        """Return the finished attempt.

        Raises: Interruption; NoCandidate, where the plan rules out every model that is left.
        """
        draft = self._draft
        await self._generate()
        if draft.output:
            await self._review()
            await self._validate()
        if draft.validators_passed is False:
            draft.score = 0.0
        elif draft.output:
            await self._judge()
        return draft

    async def _generate(self) -> None:
        draft = self._draft
        try:
            done = await self._first_draft()
        except ProviderError as error:
            draft.notes.append(f"no output: {error}")
            return
        draft.model, draft.provider = done.spec.name, done.spec.provider
        draft.reasoning, draft.steered = done.spec.reasoning, done.steered
        draft.escalate_to = done.escalate_to
        draft.output = storable(done.reply.text)
        if done.reply.finish_reason == "length":
            draft.notes.append("the output was cut at its token limit")

    async def _first_draft(self) -> Completion:
        """Ask the model that is to go on, if it still can, else whoever suits best."""
        plan = self._plan
        wanted = Wanted(
            Phase.GENERATION,
            self._generation,
            avoid=(Avoid(models=plan.exclude_models),),
            patient=not plan.exclude_models,
            threshold=self._brief.threshold,
            steerable=True,
            check=plan.check,
        )
        if plan.go_on_with:
            again = replace(
                wanted, only_model=plan.go_on_with, patient=False, escalation=plan.escalation
            )
            try:
                return await self._ask(again)
            except NoCandidate:
                self._draft.notes.append(f"{plan.go_on_with} could not go on")
        return await self._ask(wanted)

    async def _review(self) -> None:
        """Get a critique from another provider and, where it finds problems, revise."""
        draft = self._draft
        avoid = (
            Avoid(providers=frozenset({draft.provider})),
            Avoid(models=frozenset({draft.model})),
        )
        try:
            done = await self._ask(
                Wanted(Phase.CROSS_REVIEW, self._critique, avoid=avoid, patient=False)
            )
        except (ProviderError, NoCandidate) as error:
            draft.notes.append(f"not reviewed: {error}")
            return
        critique = parse_critique(done.reply.text)
        draft.reviewer, draft.critique = done.spec.name, critique.text
        # A reasoning model gets the critique with the next attempt's prompt.
        if not critique.is_approval and not draft.reasoning:
            await self._revise()

    async def _revise(self) -> None:
        draft = self._draft
        wanted = Wanted(Phase.GENERATION, self._revision, only_model=draft.model, patient=False)
        try:
            done = await self._ask(wanted)
        except (ProviderError, NoCandidate) as error:
            draft.notes.append(f"not revised: {error}")
            return
        draft.output = storable(done.reply.text)

    async def _validate(self) -> None:
        for spec in self._brief.validators:
            self._session.check()
            result = await validate(spec.name, self._draft.output, options=spec.options)
            self._draft.validators.append(result)

    async def _judge(self) -> None:
        draft = self._draft
        jury = Jury(self._ask, self._session.nonce, self._brief.assignment, draft.output)
        draft.score = await jury.score(draft.provider, draft.model)
        draft.judgements = jury.judgements

    async def _ask(self, wanted: Wanted) -> Completion:
        done = await self._session.ask(
            wanted,
            task_key=self._brief.key,
            attempt=self._plan.number,
            retrying=self._plan.feedback is not None,
        )
        self._draft.calls.append(done)
        return done

    def _generation(self, spec: ModelSpec) -> ModelRequest:
        brief, feedback = self._brief, self._plan.feedback
        limit = output_tokens(
            rules_for(brief.task_type).max_output_tokens, reasoning=spec.reasoning
        )
        room = context_chars(
            spec.context_window, limit, len(brief.prompt) + len(brief.criteria) + length(feedback)
        )
        messages = generation_prompt(
            brief.assignment,
            self._session.nonce(brief.prompt, str(feedback)),
            context=fit_outputs(brief.context, room) if brief.context else (),
            feedback=feedback,
            variant=int(self._plan.kind is AttemptKind.REWORD),
        )
        return request(Phase.GENERATION, brief.task_type, spec, messages, limit)

    def _critique(self, spec: ModelSpec) -> ModelRequest:
        output = self._draft.output
        messages = critique_prompt(self._brief.assignment, output, self._session.nonce(output))
        limit = output_tokens(MAX_CRITIQUE_TOKENS, reasoning=spec.reasoning)
        kind = CRITIQUE_TYPES.get(TaskType(self._brief.task_type), TaskType.EVALUATION)
        return request(Phase.CROSS_REVIEW, kind, spec, messages, limit)

    def _revision(self, spec: ModelSpec) -> ModelRequest:
        brief, draft = self._brief, self._draft
        nonce = self._session.nonce(draft.output, draft.critique)
        messages = revision_prompt(brief.assignment, draft.output, draft.critique, nonce)
        limit = output_tokens(
            rules_for(brief.task_type).max_output_tokens, reasoning=spec.reasoning
        )
        return request(Phase.GENERATION, brief.task_type, spec, messages, limit)
