"""Runs of every kind and size, for the screenshots and for tests that walk all pages."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from budgets.models import Team
from runs.models import Run
from tests.browser import (
    advice_scene,
    budget_scene,
    figures,
    market_scene,
    policy_scene,
    tuning_scene,
    world,
)

EIGHT = {
    "models": (),
    "storage": ("models",),
    "tokens": (),
    "login": ("storage", "tokens"),
    "limiter": ("storage",),
    "endpoints": ("login", "limiter"),
    "tests": ("endpoints",),
    "summary": ("tests", "models"),
}


def everything() -> dict[str, Run]:
    """Write one run of each kind and return them by name."""
    org, eng, research = world.org_with_people()
    now = timezone.now()
    old = [
        ("SUCCESS", "Summarise the quarterly incident reports for the board", 0.93, 0.4183, 6),
        ("COMPLETED_DEGRADED", "Extract supplier names and amounts from 40 invoices", 0.71, 1.2, 9),
        ("BUDGET_EXHAUSTED", "Translate the product manual into plain English", 0.88, 2.0, 8),
        ("TIMEOUT", "Write property tests for the parser of the pricing module", None, 0.2214, 5),
        ("SYSTEM_FAILURE", "Draft release notes from the commit log", None, 0.0, 0),
        ("CANCELLED", "Compare three vector databases for our search", 0.8, 0.0612, 4),
        ("PARTIAL_SUCCESS", "Review the access rules of the billing service", 0.9, 0.734, 7),
        ("SUCCESS", "Write a Python module that parses ISO 8601 dates", 0.97, 0.0312, 1),
    ]
    for age, (status, project, score, spent, total) in enumerate(reversed(old)):
        created = now - timedelta(hours=30 - 3 * age, minutes=7 * age)
        done = total if status in ("SUCCESS", "COMPLETED_DEGRADED") else total // 2
        world.run(
            research if age % 3 == 0 else eng,
            status=status,
            project=project,
            score=score,
            spent=str(spent),
            tasks_total=total,
            tasks_done=done,
            created_at=created,
            started_at=created + timedelta(seconds=1),
            finished_at=created + timedelta(minutes=4),
            labels={"quarter": "Q4"} if age % 4 == 0 else {},
        )
    figures.history(eng)
    single = _single(eng)
    scenes = {"one": single, "many": _many(eng), "wide": _wide(eng), "eight": eight(eng)} | {
        "queued": world.run(eng, project="Name five risks of moving payroll to a new vendor")
    }
    _judged(scenes["eight"])
    budget_scene.money(org, eng)
    policy_scene.rules(org, eng, single)
    advice_scene.advice(eng)
    tuning_scene.learned(org, eng)
    market_scene.market(org)
    return scenes


def _judged(run: Run) -> None:
    """Have two people say what they think of one task."""
    task = run.tasks.get(key="tokens")
    why = "Tokens of a user who was removed are still taken until they expire."
    world.verdict(task, "dev", 0.5, why, minutes=42)
    world.verdict(task, "ada", 1.0, minutes=3)


def _single(team: Team) -> Run:
    now = timezone.now()
    run = world.run(
        team,
        status="SUCCESS",
        project="Write a Python module that issues and checks access tokens",
        score=0.91,
        spent="0.0214",
        decomposition="given",
        tasks_total=1,
        tasks_done=1,
        calls=8,
        input_tokens=14_210,
        output_tokens=5_320,
        started_at=now - timedelta(seconds=70),
        finished_at=now - timedelta(seconds=10),
    )
    world.finished_task(run, "tokens")
    return run


def eight(team: Team) -> Run:
    """Write a run of eight tasks, half of them done."""
    now = timezone.now()
    run = world.run(
        team,
        status="RUNNING",
        score=0.88,
        spent="0.1931",
        reserved="0.0280",
        decomposition="planned",
        tasks_total=8,
        tasks_done=4,
        calls=31,
        input_tokens=58_904,
        output_tokens=21_377,
        started_at=now - timedelta(seconds=95),
        labels={"service": "auth"},
    )
    looks = {
        "models": ("COMPLETED", 0.94),
        "storage": ("COMPLETED", 0.9),
        "tokens": ("COMPLETED", 0.91),
        "login": ("RUNNING", None),
        "limiter": ("DEGRADED", 0.78),
    }
    for key, depends_on in EIGHT.items():
        status, score = looks.get(key, ("PENDING", None))
        if status in ("COMPLETED", "DEGRADED"):
            world.finished_task(run, key, depends_on, status=status, score=score)
            world.event(run, "task.finished", task=key, status=status, score=str(score))
        else:
            kind = "summarization" if key == "summary" else "code_generation"
            started = now - timedelta(seconds=9) if status == "RUNNING" else None
            world.task(run, key, depends_on, status=status, type=kind, started_at=started)
    return run


def _many(team: Team) -> Run:
    """64 tasks in 10 layers."""
    run = _large(team, "Port the reporting suite to the new warehouse, one report a task", 37)
    for index in range(64):
        layer = index // 7
        first = (layer - 1) * 7
        above = (first + index % 7, first + (index + 1) % 7) if layer else ()
        _numbered(run, index, tuple(f"report-{one:02d}" for one in above))
    return run


def _wide(team: Team) -> Run:
    """62 tasks side by side between a first and a last one."""
    run = _large(team, "Classify 62 support threads and write one digest", 20)
    _numbered(run, 0, ())
    for index in range(1, 63):
        _numbered(run, index, ("report-00",))
    _numbered(run, 63, tuple(f"report-{one:02d}" for one in range(1, 63)))
    return run


def _large(team: Team, project: str, done: int) -> Run:
    return world.run(
        team,
        status="RUNNING",
        project=project,
        score=0.86,
        spent="3.4127",
        reserved="0.21",
        budget_nanousd=world.usd("8"),
        decomposition="planned",
        tasks_total=64,
        tasks_done=done,
        calls=402,
        input_tokens=912_000,
        output_tokens=402_311,
        started_at=timezone.now() - timedelta(minutes=6),
    )


def _numbered(run: Run, index: int, depends_on: tuple[str, ...]) -> None:
    done = index < run.tasks_done
    status = "COMPLETED" if done else "RUNNING" if index < run.tasks_done + 5 else "PENDING"
    if done and index % 11 == 5:
        status = "DEGRADED"
    score = (0.72 if status == "DEGRADED" else 0.86 + index % 9 / 100) if done else None
    world.task(run, f"report-{index:02d}", depends_on, status=status, score=score)
