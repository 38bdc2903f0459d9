"""A small world: an org with two teams, people of every kind, another org, and keys.

Plain functions with keyword overrides; nothing here is a fixture.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.utils import timezone
from uuid_utils.compat import uuid7

from budgets.core.access import Caller, Role, Scope
from budgets.core.period import PeriodKind
from budgets.models import Budget, Hold, Membership, Org, Team, User
from budgets.services.access import caller_of_user
from budgets.services.allocation import open_hold
from budgets.services.keys import create_key
from runs.core.similarity import signature, text_digest
from runs.core.status import RunStatus, TaskStatus
from runs.models import Attempt, AttemptText, Run, Task, TaskText
from runs.services.labels import add_labels
from telemetry.models import Call, Event

DOLLAR = 1_000_000_000
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
PASSWORD = "a-long-passphrase-of-tests"
_numbers = count(1)


def make_org(**fields: Any) -> Org:
    number = next(_numbers)
    return Org.objects.create(**{"name": f"Org {number}", "slug": f"org-{number}"} | fields)


def make_team(org: Org | None = None, **fields: Any) -> Team:
    number = next(_numbers)
    defaults = {"name": f"Team {number}", "slug": f"team-{number}"}
    return Team.objects.create(org=org or make_org(), **defaults | fields)


def make_user(org: Org | None = None, *, team: Team | None = None, role: Role = Role.DEVELOPER,
              **fields: Any) -> User:  # fmt: skip
    """A person with one role, in a team or in a whole org; without an org a stranger to all.

    Nobody can log in by password unless one is given: hashing it takes as long as a whole test.
    """
    number = next(_numbers)
    defaults = {"username": f"user-{number}", "email": f"user-{number}@example.com"}
    user = User.objects.create_user(**defaults | fields)
    belongs_to = team.org if team is not None else org
    if belongs_to is not None:
        Membership.objects.create(user=user, org=belongs_to, team=team, role=role)
    return user


def make_key(team: Team, *, scopes: Any = tuple(Scope), **fields: Any) -> str:
    """An API key; its text, which nothing else knows."""
    _, raw = create_key(**{"team": team, "name": "test", "scopes": scopes} | fields)
    return raw


def make_budget(team: Team | None = None, *, org: Org | None = None, limit: int = 10 * DOLLAR,
                period: PeriodKind = PeriodKind.MONTH) -> Budget:  # fmt: skip
    """A limit of a team, or of a whole org."""
    owner = team.org if team is not None else org
    assert owner is not None
    return Budget.objects.create(org=owner, team=team, period=period, limit_nanousd=limit)


def make_hold(team: Team, run_id: Any, *, amount: int = 2 * DOLLAR, now: Any = None) -> Hold:
    return open_hold(
        run_id=run_id, org=team.org, team=team, limit_nanousd=amount, amount_nanousd=amount,
        now=now or timezone.now(),
    )  # fmt: skip


def make_run(team: Team, *, held: bool = True, **fields: Any) -> Run:
    """A run as submitting leaves it; `status` and the rest by keyword."""
    run_id = fields.pop("id", None) or uuid7()
    project = fields.pop("project", "Build a service")
    criteria = fields.pop("success_criteria", "")
    budget = fields.pop("budget_nanousd", 2 * DOLLAR)
    now = fields.pop("created_at", None) or timezone.now()
    defaults = {
        "status": RunStatus.QUEUED, "time_limit_seconds": 3600, "max_parallel_tasks": 8,
        "text_digest": text_digest(project, criteria), "signature": signature(project, criteria),
        "hold": make_hold(team, run_id, amount=budget, now=now) if held else None,
    }  # fmt: skip
    run = Run.objects.create(
        id=run_id, org=team.org, team=team, project=project, success_criteria=criteria,
        budget_nanousd=budget, created_at=now, **defaults | fields,
    )  # fmt: skip
    add_labels([run])
    return run


def make_task(run: Run, key: str = "t1", *, output: str = "", prompt: str = "Do it", **fields: Any
              ) -> Task:  # fmt: skip
    """A task with its texts; with an output it also has one attempt that was kept."""
    defaults: dict[str, Any] = {
        "position": next(_numbers) % 30_000, "type": "code_generation", "threshold": 0.85,
    }  # fmt: skip
    if output:
        defaults |= {"status": TaskStatus.COMPLETED, "best_attempt": 1, "score": 0.9,
                     "model": "sim/gpt-6-luna"}  # fmt: skip
    task = Task.objects.create(run=run, key=key, **defaults | fields)
    TaskText.objects.create(task=task, prompt=prompt, output=output)
    if output:
        make_attempt(task, output=output)
    return task


def make_attempt(task: Task, *, output: str = "", critique: str = "Well done", **fields: Any
                 ) -> Attempt:  # fmt: skip
    now = timezone.now()
    defaults = {"number": 1, "kind": "first", "model": "sim/gpt-6-luna", "score": 0.9,
                "started_at": now, "finished_at": now, "has_output": bool(output)}  # fmt: skip
    attempt = Attempt.objects.create(task=task, **defaults | fields)
    AttemptText.objects.create(attempt=attempt, output=output, critique=critique)
    return attempt


def make_call(run: Run, **fields: Any) -> Call:
    defaults = {"at": timezone.now(), "org_id": run.org_id, "team_id": run.team_id,
                "run_id": run.pk, "phase": "generation", "task_type": "code_generation",
                "provider": "sim-openai", "model": "sim/gpt-6-luna", "outcome": "ok",
                "cost_nanousd": 4_215_000}  # fmt: skip
    return Call.objects.create(**defaults | fields)


def make_event(run: Run, kind: str = "task.finished", **payload: Any) -> Event:
    return Event.objects.create(
        at=timezone.now(), org_id=run.org_id, team_id=run.team_id, run_id=run.pk, type=kind,
        payload=payload,
    )  # fmt: skip


@dataclass(frozen=True)
class World:
    """Who is who. `team` and `sibling` are of one org; `other` is of another."""

    org: Org
    team: Team
    sibling: Team
    other: Team
    owner: User  # of the whole org
    member: User  # develops in `team`
    auditor: User  # reads in `team`
    neighbour: User  # develops in `sibling`
    stranger: User  # owns the other org
    key: str  # of `team`, every scope
    reading_key: str  # of `team`, runs:read alone
    sibling_key: str
    stranger_key: str

    def caller(self, user: User | None = None) -> Caller:
        return caller_of_user(user or self.member)


def make_world(**fields: Any) -> World:
    org = make_org(name="Acme")
    team = make_team(org, **{"name": "Engineering", "slug": "eng"} | fields)
    sibling = make_team(org, name="Research", slug="research")
    other = make_team(make_org(name="Elsewhere"), name="Engineering", slug="eng")
    return World(
        org=org,
        team=team,
        sibling=sibling,
        other=other,
        owner=make_user(org, role=Role.OWNER),
        member=make_user(team=team),
        auditor=make_user(team=team, role=Role.AUDITOR),
        neighbour=make_user(team=sibling),
        stranger=make_user(other.org, role=Role.OWNER),
        key=make_key(team),
        reading_key=make_key(team, scopes=[Scope.RUNS_READ]),
        sibling_key=make_key(sibling),
        stranger_key=make_key(other),
    )
