"""Made-up runs as the rows that the engine would have left: tasks, attempts, calls and money."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from budgets.models import Team
from runs.core.demo.facts import DemoCall, DemoRun
from runs.core.similarity import signature, text_digest
from runs.core.status import RunStatus
from runs.models import Run
from runs.selectors.made_up import DEMO_LABEL
from runs.services.demo.money import budget_of, hold_id_of, id_at, store_money
from runs.services.demo.tasks import store_tasks
from runs.services.labels import add_labels
from telemetry.models import Call, Event, Outcome, Score

DEMO_LABELS = {DEMO_LABEL: "yes"}
BATCH = 500
NO_ID = UUID(int=0)


def call_rows(run: DemoRun, team: Team, run_id: UUID) -> list[Call]:
    """Return a run's calls, without ids."""
    found = [_call(run.plan, team, run_id)]
    for task in run.tasks:
        for number, attempt in enumerate(task.attempts, 1):
            found += [_call(call, team, run_id, task.key, number) for call in attempt.calls]
    return found


def score_rows(run: DemoRun, team: Team, run_id: UUID | None) -> list[Score]:
    """Return what a run's attempts were worth."""
    return [
        Score(
            at=attempt.calls[-1].at,
            org_id=team.org_id,
            team_id=team.pk,
            run_id=run_id,
            task_key=task.key,
            attempt=number,
            task_type=task.type,
            provider=attempt.model.provider,
            model=attempt.model.name,
            score=attempt.score,
            accepted=attempt.accepted,
            cost_nanousd=attempt.cost_nanousd,
            demo=True,
        )
        for task in run.tasks
        for number, attempt in enumerate(task.attempts, 1)
    ]


def store_runs(runs: Sequence[DemoRun], teams: Mapping[str, Team], draws: random.Random) -> None:
    """Store runs that can be opened, with money that adds up and belongs to no budget."""
    stored = [(run, teams[run.team], id_at(run.started_at, draws)) for run in runs]
    calls = {run_id: call_rows(run, team, run_id) for run, team, run_id in stored}
    for rows in calls.values():
        for row in rows:
            row.id = id_at(row.at, draws)
    store_money(stored, calls, draws)
    made = [_run(run, team, run_id, calls[run_id]) for run, team, run_id in stored]
    Run.objects.bulk_create(made, BATCH)
    add_labels(made)
    store_tasks(stored)
    Call.objects.bulk_create((row for rows in calls.values() for row in rows), BATCH)
    Score.objects.bulk_create(
        (row for run, team, run_id in stored for row in score_rows(run, team, run_id)), BATCH
    )
    Event.objects.bulk_create(
        (event for run, team, run_id in stored for event in _events(run, team, run_id)), BATCH
    )


def store_scores(runs: Iterable[tuple[DemoRun, Team]]) -> None:
    """Store what the attempts of runs that cannot be opened were worth: advice rests on each."""
    rows = [row for run, team in runs for row in score_rows(run, team, None)]
    Score.objects.bulk_create(rows, BATCH)


def _call(call: DemoCall, team: Team, run_id: UUID, key: str = "", attempt: int = 0) -> Call:
    failed = call.failed
    return Call(
        id=NO_ID,
        at=call.at,
        org_id=team.org_id,
        team_id=team.pk,
        run_id=run_id,
        task_key=key,
        attempt=attempt,
        phase=call.phase,
        task_type=call.task_type,
        provider=call.model.provider,
        model=call.model.name,
        outcome=Outcome.ERROR if failed else Outcome.OK,
        error_class="TransientError" if failed else "",
        error_origin="provider" if failed else "",
        error_detail="503: the service is overloaded" if failed else "",
        input_tokens=None if failed else call.input_tokens,
        output_tokens=None if failed else call.output_tokens,
        cost_nanousd=call.cost_nanousd,
        latency_ms=call.latency_ms,
        demo=True,
    )


def _run(run: DemoRun, team: Team, run_id: UUID, calls: Sequence[Call]) -> Run:
    criteria = "It works, and somebody else can follow it."
    scores = [task.attempts[task.best - 1].score for task in run.tasks]
    return Run(
        id=run_id,
        org_id=team.org_id,
        team=team,
        project=run.project,
        success_criteria=criteria,
        labels=DEMO_LABELS,
        budget_nanousd=budget_of(calls),
        time_limit_seconds=3600,
        max_parallel_tasks=8,
        status=RunStatus.SUCCESS if run.succeeded else RunStatus.COMPLETED_DEGRADED,
        decomposition="planned",
        score=sum(scores) / len(scores),
        tasks_total=len(run.tasks),
        tasks_done=len(run.tasks),
        calls=len(calls),
        input_tokens=sum(call.input_tokens or 0 for call in calls),
        output_tokens=sum(call.output_tokens or 0 for call in calls),
        created_at=run.started_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        hold_id=hold_id_of(run_id),
        text_digest=text_digest(run.project, criteria),
        signature=signature(run.project, criteria),
    )


def _events(run: DemoRun, team: Team, run_id: UUID) -> Iterator[Event]:
    status = RunStatus.SUCCESS if run.succeeded else RunStatus.COMPLETED_DEGRADED
    for kind, at, payload in (
        ("run.queued", run.started_at, {"status": "QUEUED"}),
        ("run.started", run.started_at, {"status": "RUNNING"}),
        ("run.finished", run.finished_at, {"status": status}),
    ):
        yield Event(
            at=at, org_id=team.org_id, team_id=team.pk, run_id=run_id, type=kind, payload=payload
        )
