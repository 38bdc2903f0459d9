"""Cancelling a run, and going on with one that was interrupted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from budgets.models.org import HoldMode
from budgets.selectors import NO_MONEY, run_money
from budgets.services.allocation import hold_amount, open_hold
from budgets.services.ledger import Closed, CloseHold
from runs import queue
from runs.core.refusals import AlreadyEnded, NotResumable, RunBudgetSpent, TeamArchived
from runs.core.status import RESUMABLE, RunStatus
from runs.models import Run
from runs.services import webhooks
from runs.services.labels import renew_labels
from runs.services.narrowing import narrow
from runs.services.recovery import count_recovered
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordEvent

NO_CHANGES: Final[Mapping[str, Any]] = MappingProxyType({})


def cancel(run_id: UUID, now: datetime, *, by: str = "") -> Run:
    """Stop a run: at once when nobody carries it out yet, else before its next call.

    Finished tasks are kept. A run that is being cancelled, or was, is left as it is.
    Raises: AlreadyEnded.
    """
    with transaction.atomic():
        run = _locked(run_id)
        if run.status in (RunStatus.CANCELLING, RunStatus.CANCELLED):
            return run
        if run.status == RunStatus.QUEUED and not run.owner:
            _end_as_cancelled(run, now, by)
        elif run.status in (RunStatus.QUEUED, RunStatus.RUNNING):
            run.status, run.cancel_requested_at = RunStatus.CANCELLING, now
            run.save(update_fields=["status", "cancel_requested_at"])
            apply_now(event(run, "run.cancelling", now, by=by))
            transaction.on_commit(queue.ring)
        else:
            raise AlreadyEnded(run.status)
    return run


def resume(
    run_id: UUID,
    now: datetime,
    *,
    budget_nanousd: int | None = None,
    time_limit_seconds: int | None = None,
    by: str = "",
    models: frozenset[str] | None = None,
    changes: Mapping[str, Any] = NO_CHANGES,
) -> Run:
    """Queue an interrupted run again, with what is left of its budget and a new deadline.

    `budget_nanousd` is the run's whole budget from now on, None: the one it had. `models` are
    those that whoever asks may use, None: any; the run then uses no other. `changes` are fields
    to be set.
    Raises: NotResumable; TeamArchived; RunBudgetSpent when that budget leaves nothing to go on
    with; BudgetExceeded when team or org have no room for the rest; NoCommonModel.
    """
    with transaction.atomic():
        run = _locked(run_id)
        if run.status not in RESUMABLE:
            raise NotResumable(run.status)
        if run.team.archived_at is not None:
            raise TeamArchived(run.team.name)
        narrow(run, models)
        _close_hold(run, now)
        budget = run.budget_nanousd if budget_nanousd is None else budget_nanousd
        rest = _rest(run, budget)
        run.hold = open_hold(
            run_id=run.pk,
            org=run.team.org,
            team=run.team,
            limit_nanousd=rest,
            amount_nanousd=hold_amount(run.team, rest, rest),
            now=now,
        )
        run.budget_nanousd = budget
        run.time_limit_seconds = time_limit_seconds or run.time_limit_seconds
        for name, value in changes.items():
            setattr(run, name, value)
        _queue_again(run, changes)
        if "labels" in changes:
            renew_labels(run)
        apply_now(event(run, "run.resumed", now, by=by))
        transaction.on_commit(queue.ring)
    return run


def may_go_on(run: Run, budget_nanousd: int | None) -> bool:
    """Tell whether going on with a run makes sense with that budget (None: the one it had).

    A run that used its budget up would only stop again.
    """
    if run.status not in RESUMABLE:
        return False
    raised = budget_nanousd is not None and budget_nanousd > run.budget_nanousd
    return raised or run.status != RunStatus.BUDGET_EXHAUSTED


def event(run: Run, kind: str, now: datetime, *, by: str = "") -> RecordEvent:
    """Return the event of a change that somebody asked for."""
    return RecordEvent(
        type=kind,
        at=now,
        org_id=run.org_id,
        team_id=run.team_id,
        run_id=run.pk,
        payload={"status": run.status, "by": by},
    )


def _locked(run_id: UUID) -> Run:
    # The run alone: PostgreSQL would lock the joined team too, which every submission needs.
    return (
        Run.objects.select_for_update(of=("self",), no_key=True)
        .select_related("team__org")
        .get(pk=run_id)
    )


def _end_as_cancelled(run: Run, now: datetime, by: str) -> None:
    run.status, run.finished_at, run.cancel_requested_at = RunStatus.CANCELLED, now, now
    run.save(update_fields=["status", "finished_at", "cancel_requested_at"])
    _close_hold(run, now)
    apply_now(event(run, "run.finished", now, by=by))
    if delivery := webhooks.delivery_for(run, now):
        delivery.save()
        transaction.on_commit(partial(queue.enqueue_webhook, delivery.pk))


def _close_hold(run: Run, now: datetime) -> None:
    """Give the rest of the run's hold back, with what a dead worker left open on it."""
    if run.hold_id is None:
        return
    (closed,) = apply_now(CloseHold(run.hold_id, now))
    if isinstance(closed, Closed) and closed.recovered:
        apply_now(*count_recovered(run, closed.recovered, now))


def _rest(run: Run, budget_nanousd: int) -> int:
    spent = run_money([run.pk]).get(run.pk, NO_MONEY).spent_nanousd
    used_up = (
        run.status == RunStatus.BUDGET_EXHAUSTED
        and run.team.hold_mode == HoldMode.BUDGET
        and budget_nanousd <= run.budget_nanousd
    )
    if used_up or budget_nanousd <= spent:
        raise RunBudgetSpent(
            limit_nanousd=run.budget_nanousd,
            spent_nanousd=spent,
            requested_nanousd=budget_nanousd,
        )
    return budget_nanousd - spent


def _queue_again(run: Run, changed: Iterable[str]) -> None:
    run.status = RunStatus.QUEUED
    run.resumed_from = run.pk
    run.owner, run.lease_expires_at, run.losses = "", None, 0
    run.deadline_at = run.finished_at = run.cancel_requested_at = None
    run.failure = None
    run.save(
        update_fields=[
            "status", "resumed_from", "owner", "lease_expires_at", "deadline_at", "finished_at",
            "cancel_requested_at", "failure", "hold", "budget_nanousd", "time_limit_seconds",
            "losses", "allowed_models", *changed,
        ]
    )  # fmt: skip
