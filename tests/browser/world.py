"""A small world that the browser tests and the screenshots look at, written row by row."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from uuid_utils.compat import uuid7

from budgets.core.money import NANOUSD_PER_USD
from budgets.models import Budget, Hold, Membership, Org, Team, User
from routing.models import Decision
from runs.models import Attempt, AttemptText, Feedback, Run, Task, TaskText
from telemetry.models import Call, Event

PASSWORD = "correct horse battery"
MODELS = (
    "sim/claude-sonnet-5-5",
    "sim/gpt-6.1-terra",
    "sim/gemini-3.8-flash",
    "sim/kimi-k2.6",
    "sim/deepseek-v4-flash",
)
PROVIDERS = ("sim-anthropic", "sim-openai", "sim-google", "sim-moonshot", "sim-deepseek")

PROJECT = (
    "Build a FastAPI service with JWT login, refresh tokens and rate limits\n\n"
    "Users register with an e-mail address; passwords are hashed with argon2. Tests cover "
    "every endpoint, the token's expiry and the limiter."
)
CODE = '''"""Issue and check access tokens."""

from datetime import datetime, timedelta, timezone

import jwt

ALGORITHM = "HS256"
LIFETIME = timedelta(minutes=15)


def issue(subject: str, secret: str, now: datetime | None = None) -> str:
    """Return a signed token that names its subject and when it ends."""
    now = now or datetime.now(timezone.utc)
    claims = {"sub": subject, "iat": now, "exp": now + LIFETIME}
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def subject_of(token: str, secret: str) -> str:
    """Return whom a token names. Raises: jwt.InvalidTokenError."""
    return jwt.decode(token, secret, algorithms=[ALGORITHM])["sub"]
'''
CRITIQUE = """The token module is sound. Two things are missing:
1. `subject_of` accepts a token without `exp`; require the claim.
2. The tests never let a token expire: freeze the clock instead of sleeping."""


def org_with_people() -> tuple[Org, Team, Team]:
    """Make an org of two teams: ada owns it, dev develops in one team, eve is of another org."""
    org = Org.objects.create(name="Northwind", slug="northwind")
    eng = Team.objects.create(org=org, name="Engineering", slug="eng")
    research = Team.objects.create(org=org, name="Research", slug="research")
    Budget.objects.create(org=org, team=eng, period="month", limit_nanousd=usd("50"))
    person("ada", org, None, "owner")
    person("dev", org, eng, "developer")
    other = Org.objects.create(name="Contoso", slug="contoso")
    person("eve", other, Team.objects.create(org=other, name="Labs", slug="labs"), "owner")
    return org, eng, research


def person(name: str, org: Org, team: Team | None, role: str) -> User:
    user = User.objects.create(
        username=name, email=f"{name}@example.com", password=_hashed(PASSWORD)
    )
    Membership.objects.create(user=user, org=org, team=team, role=role)
    return user


@cache
def _hashed(password: str) -> str:
    return make_password(password)


def usd(text: str) -> int:
    return round(float(text) * NANOUSD_PER_USD)


def run(team: Team, **given: Any) -> Run:
    """Make a run with its hold; `spent` and `reserved` are dollars as text."""
    spent, reserved = given.pop("spent", "0"), given.pop("reserved", "0")
    now = timezone.now()
    values: dict[str, Any] = {
        "org": team.org,
        "team": team,
        "project": PROJECT,
        "success_criteria": "All endpoints tested; no secret in the code.",
        "budget_nanousd": usd("2"),
        "time_limit_seconds": 3600,
        "max_parallel_tasks": 8,
        "created_at": now - timedelta(minutes=3),
        "text_digest": "0" * 64,
        "created_by": User.objects.filter(username="ada").first(),
    } | given
    made = Run.objects.create(**values)
    made.hold = hold(made, usd(spent), usd(reserved))
    made.save(update_fields=["hold"])
    event(made, "run.queued", status="QUEUED")
    return made


def hold(of: Run, spent: int, reserved: int) -> Hold:
    shares = {"decomposition": 4, "generation": 52, "cross_review": 19}
    parts = {f"spent_{name}_nanousd": spent * part // 100 for name, part in shares.items()}
    parts["spent_evaluation_nanousd"] = spent - sum(parts.values())
    return Hold.objects.create(
        run_id=of.pk,
        org=of.org,
        team=of.team,
        limit_nanousd=of.budget_nanousd,
        amount_nanousd=of.budget_nanousd,
        spent_nanousd=spent,
        reserved_nanousd=reserved,
        opened_at=of.created_at,
        **parts,
    )


def event(of: Run, kind: str, **payload: Any) -> Event:
    return Event.objects.create(
        type=kind,
        at=timezone.now(),
        org_id=of.org_id,
        team_id=of.team_id,
        run_id=of.pk,
        payload=payload,
    )


def task(of: Run, key: str, depends_on: tuple[str, ...] = (), **given: Any) -> Task:
    values: dict[str, Any] = {
        "position": Task.objects.filter(run=of).count(),
        "type": "code_generation",
        "threshold": 0.85,
        "validators": [{"name": "python_syntax", "options": {}}, {"name": "pytest", "options": {}}],
    } | given
    output = values.pop("output", "")
    prompt = values.pop("prompt", f"Write the part of the service called {key}, with its tests.")
    made = Task.objects.create(run=of, key=key, depends_on=list(depends_on), **values)
    TaskText.objects.create(task=made, prompt=prompt, output=output)
    return made


def finished_task(of: Run, key: str, depends_on: tuple[str, ...] = (), **given: Any) -> Task:
    """Make a task with one rejected and one accepted attempt, their calls and choices."""
    now = timezone.now()
    values: dict[str, Any] = {
        "status": "COMPLETED",
        "score": 0.91,
        "best_attempt": 2,
        "model": MODELS[0],
        "reviewer": MODELS[1],
        "iterations": 2,
        "cost_nanousd": usd("0.0214"),
        "started_at": now - timedelta(seconds=64),
        "finished_at": now - timedelta(seconds=12),
        "output": CODE,
    } | given
    made = task(of, key, depends_on, **values)
    attempt(made, 1, 0.0, now - timedelta(seconds=60), failing=True)
    attempt(made, 2, values["score"], now - timedelta(seconds=30))
    return made


def verdict(of: Task, name: str, score: float, comment: str = "", minutes: int = 1) -> Feedback:
    """Make what a person said of a task, so many minutes ago."""
    return Feedback.objects.create(
        task=of,
        by=User.objects.get(username=name),
        score=score,
        comment=comment,
        at=timezone.now() - timedelta(minutes=minutes),
    )


def attempt(of: Task, number: int, score: float, at: datetime, failing: bool = False) -> Attempt:
    made = Attempt.objects.create(
        task=of,
        number=number,
        kind="first" if number == 1 else "iterate",
        model=MODELS[0],
        provider=PROVIDERS[0],
        reviewer=MODELS[1],
        score=score,
        judgements=[
            {"model": MODELS[2], "score": score, "reason": "Complete, and every claim is tested."},
            {"model": MODELS[3], "score": min(1.0, score + 0.02), "reason": "Clear and safe."},
        ],
        validators=[
            {"name": "python_syntax", "status": "PASSED", "message": ""},
            {
                "name": "pytest",
                "status": "FAILED" if failing else "PASSED",
                "message": "FAILED test_tokens.py::test_expiry - assert 200 == 401"
                if failing
                else "6 passed in 0.21 s",
            },
        ],
        validators_passed=not failing,
        has_output=True,
        cost_nanousd=usd("0.0107"),
        started_at=at,
        finished_at=at + timedelta(seconds=18),
    )
    AttemptText.objects.create(attempt=made, output=CODE, critique=CRITIQUE)
    steps = (
        ("generation", 0, "ok", 6200),
        ("cross_review", 1, "error" if failing else "ok", 2100),
        ("evaluation", 2, "ok", 1400),
        ("evaluation", 3, "cached" if failing else "ok", 900),
    )
    for place, (phase, model, outcome, latency) in enumerate(steps):
        call(of, number, phase, model, outcome, latency, at + timedelta(seconds=2 + 4 * place))
    return made


def call(
    of: Task, number: int, phase: str, model: int, outcome: str, latency: int, at: datetime
) -> Call:
    call_id = uuid7()
    failed = outcome == "error"
    decision = decide(of, call_id, phase, model, at)
    return Call.objects.create(
        id=call_id,
        at=at,
        org_id=of.run.org_id,
        team_id=of.run.team_id,
        run_id=of.run_id,
        task_key=of.key,
        attempt=number,
        phase=phase,
        task_type=of.type,
        provider=PROVIDERS[model],
        model=MODELS[model],
        outcome=outcome,
        error_class="TransientError" if failed else "",
        error_origin="provider" if failed else "",
        error_detail="429: slow down" if failed else "",
        input_tokens=None if failed else 1840 + 130 * model,
        output_tokens=None if failed else 760,
        cost_nanousd=None if failed else 0 if outcome == "cached" else usd("0.0042"),
        latency_ms=latency,
        decision_id=decision.pk,
    )


def decide(of: Task, call_id: UUID, phase: str, model: int, at: datetime) -> Decision:
    considered = [
        {
            "model": MODELS[place],
            "provider": PROVIDERS[place],
            "mean": 0.89 - 0.04 * rank,
            "sd": 0.03 + 0.02 * rank,
            "n": 42 - 13 * rank,
            "draw": (0.41, -0.22, 1.07)[rank],
            "chance": 0.83 - 0.11 * rank,
            "value_nanousd": 78_000_000 - 9_000_000 * rank,
            "expected_cost_nanousd": usd("0.0042") - 900_000 * rank if rank < 2 else None,
        }
        for rank, place in enumerate([model, (model + 1) % 5, (model + 2) % 5])
    ]
    removed = [
        {"model": MODELS[(model + 3) % 5], "reason": "unhealthy", "detail": "", "retry_at": None},
        {"model": MODELS[(model + 4) % 5], "reason": "not_allowed", "detail": "team"},
    ]
    return Decision.objects.create(
        at=at,
        org_id=of.run.org_id,
        team_id=of.run.team_id,
        run_id=of.run_id,
        task_key=of.key,
        call_id=call_id,
        phase=phase,
        kind="route",
        outcome="allow",
        model=MODELS[model],
        candidates={
            "candidates": considered,
            "removed": removed,
            "preference": "balanced",
            "threshold": 0.85,
            "propensity": 0.62,
        },
    )
