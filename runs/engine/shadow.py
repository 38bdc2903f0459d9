"""The other half of a shadow: the proposed model makes the same attempt, and nobody waits for it.

Its calls are calls like any other, under the same policies, on the money of the shadow alone and
under its recommendation's id: nothing of them is in the run's money, figures or scores.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from django.utils import timezone

from routing.core.errors import NoCandidate, ProviderError
from routing.core.steering import Rule
from routing.models import TrialResult
from routing.services.gateway import CallContext, Completion, Wanted
from routing.services.recommendations import (
    RecordTrial,
    TrialGuard,
    TrialOver,
    end_money,
    look,
)
from runs.core.interruption import Interruption, OutOfMoney
from runs.core.rules import Phase
from runs.engine.attempt import Attempt
from runs.engine.draft import Brief, Draft, Plan
from runs.engine.session import Session

logger = logging.getLogger(__name__)

KEY_CHARS = 64


async def shadow_attempt(
    session: Session,
    brief: Brief,
    plan: Plan,
    rule: Rule,
    present: TrialResult,
    proposed: Callable[[Draft], TrialResult],
) -> None:
    """Have the proposed model make an attempt that the present one made, and keep both results.

    `proposed` makes the row of what comes of it. An attempt that cannot be made or judged is no
    result for either.
    """
    shadow = ShadowSession(session, rule)
    try:
        draft = await Attempt(shadow, brief, plan).make()
        if draft.score is None:
            return
        results = (RecordTrial(present), RecordTrial(proposed(draft)))
        await session.journal.write(*results, guard=TrialGuard(rule.id))
    except OutOfMoney:
        await session.journal.call(end_money, rule.id, session.run.team_id, timezone.now())
    except (Interruption, NoCandidate, ProviderError, TrialOver) as error:
        logger.info("A shadow of %s was left out: %s", rule.proposed, type(error).__name__)
    else:
        await session.journal.call(look, rule.id, timezone.now())


class ShadowSession(Session):
    """Asks on a shadow's behalf: for its model, on its money, as long as its stage goes on."""

    def __init__(self, session: Session, rule: Rule) -> None:
        super().__init__(
            session.run_id, session.epoch, session.journal, session.gateway, checks=session.checks
        )
        self.run, self.allowed = session.run, session.allowed
        self._rule = rule

    async def ask(
        self, wanted: Wanted, *, task_key: str = "", attempt: int = 0, retrying: bool = False
    ) -> Completion:
        """Have one call made; who writes is the proposed model and nobody else."""
        if wanted.phase == Phase.GENERATION and wanted.only_model is None:
            wanted = replace(wanted, only_model=self._rule.proposed, steerable=False)
        wanted = replace(wanted, patient=False)
        return await super().ask(wanted, task_key=task_key, attempt=attempt, retrying=True)

    def _context(self, task_key: str, attempt: int, retrying: bool) -> CallContext:
        rule = self._rule
        if rule.hold_id is None:
            raise ValueError(f"recommendation {rule.id} has no money for this team")
        guard = TrialGuard(rule.id)
        return replace(
            super()._context(task_key, attempt, retrying),
            run_id=rule.id,
            hold_id=rule.hold_id,
            # Keys of other runs' tasks are the same: a policy's cap on a task is on this one.
            task_key=f"{self.run_id.hex[-12:]}:{task_key}"[:KEY_CHARS],
            guard=guard,
            start_guard=guard,
            on_settled=lambda call: (),
            on_over_cap=lambda phase: (),
            governing_run_id=self.run_id,
        )
