"""Attempts of tasks, many at a time: good ones to learn from, and failures of planted kinds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from budgets.models import Org, Team
from routing.models import Recommendation
from runs.core.tuning.dataset import LeftOut
from runs.core.tuning.facts import Facts
from runs.core.tuning.roi import estimate
from runs.models import Attempt, AttemptText, Run, Task, TaskText, TuningDataset
from runs.selectors.tuning.assumptions import first_assumptions
from runs.selectors.tuning.examples import Eligible, Kind
from runs.selectors.tuning.places import Place
from runs.services.tuning.datasets import ask_for_dataset, carry_out
from runs.services.tuning.proposals import Offer, Reckoning, propose
from telemetry.models import Call
from tests.world import make_run

DATES = "The field invoice date is missing: dates must be written as ISO 8601 calendar dates"
TOTALS = "The currency total does not match the sum of line amounts, rounding differs by cents"
TONE = "The summary is verbose and repetitive, its tone too casual for the board"


def run_of(team: Team, **fields: Any) -> Run:
    return make_run(team, held=False, status="SUCCESS", **fields)


def tasks(run: Run, count: int, *, first: int = 0, **fields: Any) -> list[Task]:
    """Write tasks with a text each; nothing of two of them is alike but their form."""
    values: dict[str, Any] = {
        "type": "data_extraction", "threshold": 0.9, "status": "COMPLETED",
        "validators": [{"name": "json_schema", "options": {}}],
    } | fields  # fmt: skip
    prompt = values.pop("prompt", "Read out the fields of invoice {}: {}")
    numbers = range(first, first + count)
    made = Task.objects.bulk_create(
        Task(run=run, key=f"t{number}", position=number, **values) for number in numbers
    )
    TaskText.objects.bulk_create(
        TaskText(task=task, prompt=prompt.format(number, words(number)))
        for task, number in zip(made, numbers, strict=True)
    )
    return made


def words(number: int) -> str:
    return " ".join(f"word{number * 131 + place}" for place in range(12))


def attempts(made: list[Task], number: int = 1, *, output: str = "answer {} {}",
             critique: str = "Fine", said: str = "", failed: str = "", **fields: Any
             ) -> list[Attempt]:  # fmt: skip
    """Write one attempt each: `failed` names the validator that did, `said` is its message."""
    now = timezone.now()
    results = [{"name": failed, "status": "FAILED", "message": said}] if failed else []
    values: dict[str, Any] = {
        "kind": "first", "model": "sim/gpt-6-luna", "provider": "sim-openai", "score": 0.95,
        "started_at": now, "finished_at": now - timedelta(seconds=1), "has_output": True,
        "validators_passed": not failed, "validators": results, "cost_nanousd": 30_000_000,
    } | fields  # fmt: skip
    rows = Attempt.objects.bulk_create(Attempt(task=task, number=number, **values) for task in made)
    AttemptText.objects.bulk_create(
        AttemptText(
            attempt=row, output=output.format(place, words(10_000 + row.task.position)),
            critique=critique.format(place),
        )
        for place, row in enumerate(rows)
    )  # fmt: skip
    return rows


def calls(made: list[Task], run: Run, cost: int = 25_000_000, **fields: Any) -> None:
    """Write for each task one call that wrote."""
    values: dict[str, Any] = {
        "at": timezone.now(), "org_id": run.org_id, "team_id": run.team_id, "run_id": run.pk,
        "phase": "generation", "task_type": made[0].type, "provider": "sim-openai",
        "model": "sim/gpt-6-luna", "outcome": "ok", "cost_nanousd": cost, "input_tokens": 1_200,
        "output_tokens": 400,
    } | fields  # fmt: skip
    Call.objects.bulk_create(Call(task_key=task.key, **values) for task in made)


def good(team: Team, count: int, run: Run | None = None, first: int = 0, **fields: Any) -> Run:
    """Write tasks that were done well at once, with their calls."""
    run = run or run_of(team)
    made = tasks(run, count, first=first)
    attempts(made, **fields)
    calls(made, run)
    return run


def planted(team: Team) -> Run:
    """Write three kinds of failure: two that one validator caught, one of low scores."""
    run = run_of(team)
    dates = tasks(run, 12)
    attempts(dates, failed="json_schema", said=DATES, score=0.4, critique="Wrong dates, {}")
    attempts(dates[:6], 2, cost_nanousd=40_000_000, kind="iterate")
    totals = tasks(run, 8, first=20)
    attempts(totals, failed="json_schema", said=TOTALS, score=0.5, critique="Wrong total, {}")
    tone = tasks(run, 5, first=40, type="summarization", prompt="Sum up report {}: {}")
    attempts(tone, score=0.3, critique=TONE)
    attempts(tone, 2, score=0.95)
    return run


def proposal(org: Org, team: Team | None = None, **fields: Any) -> Recommendation:
    """Keep a proposal of figures that are made up."""
    now = timezone.now()
    facts = Facts(
        days=30.0, tasks=2_000, sampled=2_000, cost_nanousd=25e6, cost_sd_nanousd=9e6,
        check_nanousd=5e6, input_tokens=1_200.0, output_tokens=400.0, attempts=1.4, quality=0.88,
        quality_sd=0.1, scores=2_000, examples=400, example_tokens=900.0, ceiling=0.95,
        base_quality=0.7, base_sd=0.06,
    )  # fmt: skip
    assumed = first_assumptions()
    base = assumed.base_models[0]
    made = estimate(facts, base, assumed, now.date())
    assert made is not None
    examples = Eligible(tuple(range(400)), 520, {LeftOut.NOT_ACCEPTED: 120}, 0.95)
    kind, place = Kind("data_extraction", "json_schema"), Place(org, team)
    offer = Offer(base, facts, made)
    reckoned = Reckoning(place, kind, assumed, examples, facts, 0, (offer,))
    row = propose(reckoned, offer, actor="ada", now=now)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row


def dataset(row: Recommendation, org: Org, team: Team | None = None) -> TuningDataset:
    """Make the data set of a proposal, at once."""
    kind = Kind(row.task_type, row.evidence["validator"])
    at = timezone.now() + timedelta(seconds=2)
    asked = ask_for_dataset(Place(org, team), kind, actor="ada", now=at, recommendation=row.pk)
    carry_out(asked.pk)
    return TuningDataset.objects.get(pk=asked.pk)
