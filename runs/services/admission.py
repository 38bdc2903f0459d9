"""Judging a submission before anything of it is stored: who, for which team, with which models."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied

from budgets.core.access import Action, Caller, common_models
from budgets.core.errors import BudgetExceeded
from budgets.models import Team
from budgets.selectors import teams_of
from budgets.services.access import allowed_models, can
from routing.models import Decision
from routing.models.decision import Kind, Outcome
from routing.selectors import known_models
from routing.services.decisions import RecordDecision
from runs.core.errors import PlanError
from runs.core.given_plan import given_plan
from runs.core.refusals import InvalidSubmission, ModelsNotAllowed, NotVisible, TeamArchived
from runs.core.submission import Submission
from runs.core.tasks import Plan
from runs.models import Run
from runs.selectors.runs import refusal, run_get
from runs.services import resume
from runs.services.forecast import Preview, preview
from telemetry.core.addresses import RefusedAddress
from telemetry.services.journal import apply_now
from telemetry.services.outgoing import check_url


@dataclass(frozen=True, slots=True)
class Checked:
    """A submission that may be stored: the team that pays, the plan, the models left.

    `resumes`: the run that the caller asked to go on with. `found`: runs that could be gone on
    with, where the caller leaves it to us.
    """

    caller: Caller
    wanted: Submission
    team: Team
    plan: Plan | None
    models: frozenset[str] | None
    resumes: Run | None = None
    found: resume.Found = field(default_factory=resume.Found)

    @property
    def budget_nanousd(self) -> int:
        return self.wanted.budget_nanousd or self.team.org.default_run_budget_nanousd


def check(caller: Caller, wanted: Submission, now: datetime) -> Checked:
    """Judge a submission without storing anything but a denial.

    Names may be looked up here, so call it outside of any transaction.
    Raises: InvalidSubmission, ModelsNotAllowed, PermissionDenied.
    """
    resumes = _resumed(caller, wanted)
    team = resumes.team if resumes else _team(caller, wanted.team)
    if team.archived_at is not None:
        field = "resume" if resumes else "team"
        raise InvalidSubmission({field: [str(TeamArchived(team.name))]})
    plan = _plan(wanted)
    if wanted.webhook_url:
        try:
            check_url(wanted.webhook_url)
        except RefusedAddress as error:
            raise InvalidSubmission({"webhook_url": [str(error)]}) from error
    allowed = allowed_models(caller, team)
    _check_models(caller, team, wanted, allowed, now)
    models = common_models(allowed, wanted.allowed_models)
    # Here and not in the transaction: reading through thousands of runs must lock out nobody.
    found = resume.Found()
    if wanted.resume == "auto":
        found = resume.find(team.pk, wanted.project, wanted.success_criteria, now)
    return Checked(caller, wanted, team, plan, models, resumes, found)


def look_ahead(checked: Checked, now: datetime) -> Preview:
    """Forecast what was submitted, storing nothing."""
    limits = {
        "key": checked.caller.models,
        "team": _frozen(checked.team.allowed_models),
        "run": _frozen(checked.wanted.allowed_models),
    }
    allowed = {who: models for who, models in limits.items() if models is not None}
    wanted = checked.wanted
    return preview(checked.team, checked.plan, wanted.project, allowed, wanted.preference, now)


def record_refusal(checked: Checked, error: BudgetExceeded, now: datetime) -> None:
    """Write down that a budget had no room, after everything else was rolled back."""
    _deny(
        checked.team, checked.caller, Kind.BUDGET, f"{error.scope} budget {error.budget_id}",
        str(error), now,
        {
            "limit_nanousd": error.limit_nanousd,
            "spent_nanousd": error.spent_nanousd,
            "held_nanousd": error.held_nanousd,
            "requested_nanousd": error.requested_nanousd,
        },
    )  # fmt: skip


def _team(caller: Caller, name: str) -> Team:
    if not name:
        teams = list(teams_of(caller, Action.WRITE_RUNS))
        if not teams:
            raise PermissionDenied(refusal(caller, Action.WRITE_RUNS))
        taking = [team for team in teams if team.archived_at is None]
        if len(taking) > 1:
            raise InvalidSubmission({"team": ["You are in several teams: name the one to pay."]})
        return (taking or teams)[0]
    org, _, slug = name.rpartition("/")
    found = list(teams_of(caller).filter(slug=slug, **({"org__slug": org} if org else {}))[:2])
    if not found:
        raise InvalidSubmission({"team": ["You are in no team of this name."]})
    if len(found) > 1:
        raise InvalidSubmission({"team": ["Several teams have this name: write org/team."]})
    if not can(caller, Action.WRITE_RUNS, found[0]):
        raise PermissionDenied(refusal(caller, Action.WRITE_RUNS))
    return found[0]


def _resumed(caller: Caller, wanted: Submission) -> Run | None:
    if not isinstance(wanted.resume, UUID):
        return None
    try:
        return run_get(caller, wanted.resume, Action.WRITE_RUNS)
    except NotVisible:
        raise InvalidSubmission({"resume": ["There is no such run."]}) from None


def _plan(wanted: Submission) -> Plan | None:
    if wanted.tasks is None:
        return None
    try:
        return given_plan(wanted.tasks)
    except PlanError as error:
        raise InvalidSubmission({"tasks": [str(error)]}) from error


def _check_models(
    caller: Caller, team: Team, wanted: Submission, allowed: frozenset[str] | None, now: datetime
) -> None:
    asked = wanted.allowed_models
    if asked is not None:
        known = known_models(team.org_id).models
        if unknown := [name for name in asked if name not in known]:
            raise InvalidSubmission({"allowed_models": [f"There is no model {unknown[0]!r}."]})
    if allowed is None:
        return
    refused = [name for name in asked or () if name not in allowed]
    if refused or not allowed:
        by_key = caller.models is not None and not set(refused) <= caller.models
        policy = "models of the API key" if by_key else "models of the team"
        reason = f"{policy} leave out: {', '.join(refused) or 'every model'}"
        decision = _deny(team, caller, Kind.POLICY, policy, reason, now, {"models": refused})
        raise ModelsNotAllowed(refused, policy, reason, decision)


def _deny(
    team: Team,
    caller: Caller,
    kind: Kind,
    policy: str,
    reason: str,
    now: datetime,
    inputs: dict[str, object],
) -> UUID:
    decision = Decision(
        at=now, org_id=team.org_id, team_id=team.pk, kind=kind, outcome=Outcome.DENY,
        policy=policy, reason=reason[:500], actor=caller.name[:128], inputs=inputs,
    )  # fmt: skip
    apply_now(RecordDecision(decision))
    return decision.pk


def _frozen(models: object) -> frozenset[str] | None:
    return frozenset(models) if isinstance(models, list | tuple) else None
