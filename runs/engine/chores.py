"""What must be done now and then, whoever does it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from routing.services.cache import prune_replies
from runs.services import repricing, webhooks
from runs.services.advice import look_after_advice
from runs.services.budget_alerts import look_after_budgets
from runs.services.figures import fold_figures
from telemetry.services.journal import Journal
from telemetry.services.numbering import forget_writers

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 20.0
# Webhooks whose job was lost between a commit and the queue; replies too old to be used; hours
# of figures that have become days; alerts of budgets; advice; marks of journals that died;
# calls that were to be priced anew.
CHORES: tuple[Callable[[datetime], object], ...] = (
    webhooks.enqueue_due,
    prune_replies,
    fold_figures,
    look_after_budgets,
    look_after_advice,
    forget_writers,
    repricing.enqueue_forgotten,
)


async def sweep(journal: Journal) -> None:
    """Do the chores again and again, until cancelled; one that fails keeps none from the others."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        for chore in CHORES:
            try:
                await journal.call(chore, timezone.now())
            except Exception:
                logger.exception("A chore failed: %s", chore.__name__)
