"""Submitting a run: checked first, then stored with its money in one transaction."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from uuid_utils.compat import uuid7

from budgets.core.access import Caller, common_models
from budgets.core.errors import BudgetExceeded
from budgets.models.org import HoldMode
from budgets.services.allocation import hold_amount, open_hold
from runs import queue
from runs.core.refusals import DeniedByPolicy, NoCommonModel, NotResumable, RunBudgetSpent
from runs.core.similarity import signature, text_digest
from runs.core.submission import Submission
from runs.models import Run
from runs.services import lifecycle
from runs.services.admission import Checked, check, look_ahead, record_refusal
from runs.services.labels import add_labels
from runs.services.narrowing import record_no_common_model
from runs.services.permission import policy_denial, record_denial
from runs.services.progress import SavePlan
from runs.services.terms import asked_anew, same_work
from telemetry.services.journal import apply_now

__all__ = [
    "Checked",
    "Submission",
    "check",
    "note_refusal",
    "policy_denial",
    "store",
    "submit",
]


def submit(caller: Caller, wanted: Submission, now: datetime) -> Run:
    """Store a run and have it carried out, or go on with the one it resumes.

    Raises: InvalidSubmission, ModelsNotAllowed, DeniedByPolicy, PermissionDenied,
    BudgetExceeded, and for a run that was named NotResumable and RunBudgetSpent.
    """
    checked = check(caller, wanted, now)
    if (denial := policy_denial(checked, now)) is not None:
        note_refusal(checked, denial, now)
        raise denial
    try:
        with transaction.atomic():
            return store(checked, now)
    except (BudgetExceeded, NoCommonModel) as error:
        note_refusal(checked, error, now)
        raise


def note_refusal(checked: Checked, error: Exception, now: datetime) -> None:
    """Write down that a budget or policy refused a run, after everything else was rolled back."""
    if isinstance(error, BudgetExceeded):
        record_refusal(checked, error, now)
    elif isinstance(error, DeniedByPolicy):
        record_denial(checked, error, now)
    elif isinstance(error, NoCommonModel):
        record_no_common_model(error, checked.caller.name, now)


def store(checked: Checked, now: datetime) -> Run:
    """Store the run, its money and its event in the caller's transaction.

    Raises: BudgetExceeded, with nothing changed; NotResumable, RunBudgetSpent, NoCommonModel.
    """
    if checked.resumes is not None:
        return _go_on(checked, checked.resumes, now)
    if (going := _resume_same(checked, now)) is not None:
        return going
    run = _create(checked, now)
    apply_now(lifecycle.event(run, "run.queued", now, by=checked.caller.name))
    transaction.on_commit(queue.ring)
    return run


def _resume_same(checked: Checked, now: datetime) -> Run | None:
    """Go on with the newest run of the same text and terms that can; None: there is none."""
    same = checked.found.same_text
    if not same:
        return None
    budget = checked.wanted.budget_nanousd
    runs = Run.objects.select_related("team__org").defer("project", "signature")
    by_id = runs.in_bulk(list(same))
    for run in (by_id[run_id] for run_id in same):
        if lifecycle.may_go_on(run, budget) and same_work(run, checked.plan, checked.models):
            try:
                return _go_on(checked, run, now)
            # Somebody else was faster; or it spent more than there is for this one; or its
            # author's key was restricted meanwhile.
            except (NotResumable, RunBudgetSpent, NoCommonModel):
                continue
    return None


def _go_on(checked: Checked, run: Run, now: datetime) -> Run:
    return lifecycle.resume(
        run.pk,
        now,
        budget_nanousd=checked.wanted.budget_nanousd,
        time_limit_seconds=checked.wanted.time_limit_seconds,
        by=checked.caller.name,
        models=common_models(checked.caller.models, checked.wanted.allowed_models),
        changes=asked_anew(run, checked.wanted),
    )


def _create(checked: Checked, now: datetime) -> Run:
    wanted, team, caller = checked.wanted, checked.team, checked.caller
    run_id, budget = uuid7(), checked.budget_nanousd
    hold = open_hold(
        run_id=run_id,
        org=team.org,
        team=team,
        limit_nanousd=budget,
        amount_nanousd=_amount(checked, now),
        now=now,
    )
    run = Run.objects.create(
        id=run_id,
        org=team.org,
        team=team,
        created_by_id=caller.user_id,
        api_key_id=caller.api_key_id,
        hold=hold,
        project=wanted.project,
        success_criteria=wanted.success_criteria,
        labels=dict(wanted.labels),
        priority=wanted.priority,
        budget_nanousd=budget,
        time_limit_seconds=wanted.time_limit_seconds,
        max_parallel_tasks=wanted.max_parallel_tasks,
        allowed_models=None if checked.models is None else sorted(checked.models),
        preference=wanted.preference,
        cache=wanted.cache,
        webhook_url=wanted.webhook_url,
        text_digest=text_digest(wanted.project, wanted.success_criteria),
        signature=signature(wanted.project, wanted.success_criteria),
        resume_candidates=checked.found.as_json(),
        created_at=now,
    )
    add_labels([run])
    if checked.plan is not None:
        apply_now(SavePlan(run.pk, "given", checked.plan))
        run.refresh_from_db(fields=["tasks_total", "decomposition", "notes"])
    return run


def _amount(checked: Checked, now: datetime) -> int:
    if checked.team.hold_mode != HoldMode.FORECAST:
        return checked.budget_nanousd
    high = look_ahead(checked, now).forecast.high_nanousd
    return hold_amount(checked.team, checked.budget_nanousd, high)
