"""What was learned in a month, what kept failing in it, and a proposal against that."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from budgets.models import Org, Team
from routing.core.candidates import Candidate
from routing.core.choice import choose
from routing.core.quality import Estimate
from routing.models import Decision, Recommendation
from routing.services.belief_days import keep_beliefs
from routing.services.decisions import RecordDecision
from routing.services.learning import ObserveAttempt
from runs.models import FailureAnalysis, FailurePattern, Feedback, Task, TuningDataset
from telemetry.services.journal import apply_now
from tests.integration.tuning import scene

SEEN = {
    "sim/claude-opus-5-5": (0.92, 30_000_000),
    "sim/gpt-6-luna": (0.79, 1_900_000),
    "sim/gemini-3.8-flash": (0.84, 5_000_000),
    "sim/deepseek-v4-flash": (0.74, 900_000),
    "sim/kimi-k2.6": (0.81, 3_100_000),
}
PATTERNS = (
    ("data_extraction", "json_schema", ("date", "iso", "missing"), 148, 0.41, 1_920_000_000, 0.42),
    ("summarization", "low_score", ("repetitive", "casual", "tone"), 96, 0.27, 610_000_000, 0.61),
    ("code_generation", "pytest", ("timezone", "naive", "assert"), 71, 0.2, 402_000_000, 0.55),
    ("data_extraction", "json_schema", (), 43, 0.12, 118_000_000, 0.5),
)


def learned(org: Org, team: Team) -> Recommendation:
    """Write it all, and return the proposal."""
    _evidence(org, team)
    _patterns(org)
    row = scene.proposal(org)
    now = timezone.now()
    _invoices(team)
    TuningDataset.objects.create(
        org=org, recommendation_id=row.pk, state="done", requested_at=now, requested_by="ada",
        finished_at=now, until=now, task_type=row.task_type, validator="json_schema",
        considered=520, train=341, validation=39,
        left_out={"not_accepted": 120, "policy": 12, "near_duplicate": 8},
        redactions={"email": 31, "phone": 4, "iban": 2, "card": 0, "api_key": 1},
        digests={form: {"train": "3f9a" * 16, "validation": "c07e" * 16}
                 for form in ("openai", "gemini")},
    )  # fmt: skip
    return row


def _invoices(team: Team) -> None:
    """Write a run that holds enough examples to reckon with."""
    text = "Read the fields of October's invoices into one table"
    scene.good(
        team, 60, scene.run_of(team, project=text, score=0.95, tasks_total=60, tasks_done=60)
    )


def _evidence(org: Org, team: Team) -> None:
    now = timezone.now()
    commands: list[ObserveAttempt | RecordDecision] = []
    for place, (model, (mean, cost)) in enumerate(SEEN.items()):
        for number in range(30 - 4 * place):
            later = 0.08 if model.endswith("luna") and number < 8 else 0.0
            commands.append(
                ObserveAttempt(
                    org_id=org.pk, team_id=team.pk, model=model, task_type="code_generation",
                    score=min(1.0, mean + later + (number * 7 % 11 - 5) / 60),
                    cost_nanousd=cost, latency_ms=900, input_tokens=1_400,
                    at=now - timedelta(days=number * 0.9, hours=1),
                )
            )  # fmt: skip
    commands += [_choice(org, team, number) for number in range(24)]
    apply_now(*commands)
    keep_beliefs(org.pk, now)
    for number, task in enumerate(Task.objects.filter(score__isnull=False, feedback=None)[:14]):
        Feedback.objects.create(task=task, score=0.6 + number % 5 / 12, at=now)


def _choice(org: Org, team: Team, number: int) -> RecordDecision:
    candidates = [
        Candidate(model, "p", Estimate(mean, 0.05, 20, 0.1), cost, cost)
        for model, (mean, cost) in SEEN.items()
    ]
    draws = {"sim/kimi-k2.6": 3.0} if number % 6 == 0 else {}
    made = choose(candidates, preference="balanced", draws=draws)
    row = Decision(
        at=timezone.now(), org_id=org.pk, team_id=team.pk, kind="route", outcome="allow",
        phase="generation", model=made.model, inputs={"task_type": "code_generation"},
        candidates=made.as_json(),
    )  # fmt: skip
    return RecordDecision(row)


def _patterns(org: Org) -> None:
    now = timezone.now()
    analysis = FailureAnalysis.objects.create(
        org=org, state="done", requested_at=now, requested_by="ada", finished_at=now,
        since=now - timedelta(days=90), until=now, attempts=2_841, failures=358,
        retry_nanousd=3_050_000_000,
    )  # fmt: skip
    attempts = list(
        Task.objects.filter(attempts__isnull=False).values_list("attempts__pk", flat=True)[:3]
    )
    for kind, caught, terms, n, share, retries, score in PATTERNS:
        FailurePattern.objects.create(
            analysis=analysis, task_type=kind, caught_by=caught, terms=list(terms), n=n,
            share=share, retry_nanousd=retries, retried=n * 2 // 3, mean_score=score,
            examples=attempts,
        )  # fmt: skip
