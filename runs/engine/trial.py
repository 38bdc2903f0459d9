"""What an attempt means to a recommendation that had a say in who made it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from django.utils import timezone

from routing.core.stages import CANARY, SHADOW
from routing.core.steering import Steered
from routing.core.trial import CURRENT, PROPOSED
from routing.models import TrialResult
from routing.services.recommendations import RecordTrial, look
from runs.core.rules import Phase
from runs.engine.draft import Brief, Draft, Plan
from runs.engine.session import Session
from runs.engine.shadow import shadow_attempt
from telemetry.services.journal import Command


class Trials:
    """Tells recommendations what the attempts at one task came to."""

    def __init__(self, session: Session, brief: Brief) -> None:
        self._session = session
        self._brief = brief
        self._last: Steered | None = None

    def commands(self, draft: Draft, now: datetime) -> tuple[Command, ...]:
        """Return what is to be kept of an attempt, beside the attempt itself.

        A shadow's attempt is kept with its other half, once that is there.
        """
        steered = self._steering(draft)
        if steered is None or steered.rule.stage == SHADOW or not draft.output:
            return ()
        return (RecordTrial(trial_result(steered, draft, self._session, self._brief, now)),)

    async def go_on(self, draft: Draft, plan: Plan) -> None:
        """Judge a canary by its newest result; begin the other half of a shadow."""
        steered = draft.steered
        if steered is None or not draft.output:
            return
        if steered.rule.stage == CANARY:
            await self._session.journal.call(look, steered.rule.id, timezone.now())
        elif steered.rule.stage == SHADOW and draft.score is not None:
            self._shadow(steered, draft, plan)

    def _shadow(self, steered: Steered, draft: Draft, plan: Plan) -> None:
        def row(arm: str, made: Draft) -> TrialResult:
            one = replace(steered, arm=arm)
            return trial_result(one, made, self._session, self._brief, timezone.now())

        work = shadow_attempt(
            self._session,
            self._brief,
            plan,
            steered.rule,
            row(CURRENT, draft),
            partial(row, PROPOSED),
        )
        self._session.background.start(work)

    def _steering(self, draft: Draft) -> Steered | None:
        """Return what steered an attempt; one that goes on with a model belongs to that trial."""
        if draft.steered is not None:
            self._last = draft.steered
            return draft.steered
        last = self._last
        if last is None or draft.model != _model_of(last):
            return None
        return Steered(last.rule, last.arm)  # no draw: it is no new result of the lot


def trial_result(
    steered: Steered, draft: Draft, session: Session, brief: Brief, now: datetime
) -> TrialResult:
    """Return the row of one arm's attempt."""
    return TrialResult(
        recommendation_id=steered.rule.id,
        at=now,
        stage=steered.rule.stage,
        arm=steered.arm,
        team_id=session.run.team_id,
        run_id=session.run_id,
        task_key=brief.key,
        attempt=draft.number,
        call_id=_written_by(draft),
        score=draft.score,
        accepted=draft.is_accepted(brief.threshold),
        cost_nanousd=draft.cost_nanousd,
        draw=steered.draw,
        moved_ratio=steered.moved_ratio,
    )


def _model_of(steered: Steered) -> str:
    rule = steered.rule
    return rule.proposed if steered.arm == PROPOSED else rule.current


def _written_by(draft: Draft) -> UUID | None:
    """Return the call whose answer is the attempt's output: the last that wrote."""
    writing = [done.call.id for done in draft.calls if done.call.phase == Phase.GENERATION]
    return writing[-1] if writing else None
