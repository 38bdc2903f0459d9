"""Figures worth looking at: scores, calls, errors and breakers of two weeks, always the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from uuid_utils.compat import uuid7

from budgets.models import Team
from routing.models import Breaker
from telemetry.models import Call, Event, Score
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordCall, RecordScore
from tests.browser.world import MODELS, PROVIDERS, usd

KINDS = (
    "code_generation",
    "code_review",
    "complex_reasoning",
    "creative_writing",
    "data_extraction",
    "summarization",
)
DAYS = 14


def history(team: Team) -> None:
    """Make up two weeks of work of one team."""
    now = timezone.now()
    commands: list[RecordCall | RecordScore] = []
    for place, model in enumerate(MODELS):
        for column, kind in enumerate(KINDS):
            # One pair was never seen, one only seldom.
            count = 0 if (place, column) == (4, 3) else 3 if (place + column) % 5 == 4 else 24
            for number in range(count):
                at = now - timedelta(hours=2 + number * DAYS * 24 / 25)
                commands.append(RecordScore(score(team, model, place, column, number, at)))
                commands.append(RecordCall(call(team, model, place, kind, number, at)))
    apply_now(*commands)
    breakers(now)


def score(team: Team, model: str, place: int, column: int, number: int, at: datetime) -> Score:
    skill = 0.93 - 0.05 * ((place * 2 + column * 3) % 6) + 0.015 * (number % 4)
    # One model got worse a week ago.
    skill -= 0.14 if place == 2 and number < 8 else 0.0
    return Score(
        at=at,
        org_id=team.org_id,
        team_id=team.pk,
        run_id=uuid7(),
        task_type=KINDS[column],
        provider=PROVIDERS[place],
        model=model,
        score=max(0.0, min(1.0, skill)),
        accepted=skill > 0.75,
        cost_nanousd=usd(str(0.004 * (5 - place) + 0.001 * column)),
    )


def call(
    team: Team,
    model: str,
    place: int,
    kind: str,
    number: int,
    at: datetime,
    run: UUID | None = None,
) -> Call:
    failed = (place == 3 and number % 6 == 0) or number == 11
    return Call(
        id=uuid7(),
        at=at,
        org_id=team.org_id,
        team_id=team.pk,
        run_id=run or uuid7(),
        phase="generation",
        task_type=kind,
        provider=PROVIDERS[place],
        model=model,
        outcome="error" if failed else "ok",
        error_origin=("budget" if number == 11 else "provider") if failed else "",
        input_tokens=1_800,
        output_tokens=700,
        cost_nanousd=None if failed else usd("0.0042"),
        latency_ms=900 + 450 * place + 137 * (number % 9),
    )


def breakers(now: datetime) -> None:
    """Let one breaker be open, and have another one opened and closed before."""
    reason = "503: the service is overloaded, 3 times in a row"
    Breaker.objects.create(
        model=MODELS[3], state="OPEN", strikes=4, reason=reason, updated_at=now, opened_at=now
    )
    story = (
        (MODELS[1], "OPEN", 120, "429: rate limit of the organisation"),
        (MODELS[1], "HALF_OPEN", 119, ""),
        (MODELS[1], "CLOSED", 118, ""),
        (MODELS[3], "OPEN", 50, reason),
        (MODELS[3], "HALF_OPEN", 30, ""),
        (MODELS[3], "CLOSED", 29, ""),
        (MODELS[3], "OPEN", 1, reason),
    )
    for model, state, hours, why in story:
        Event.objects.create(
            at=now - timedelta(hours=hours),
            type="breaker.changed",
            payload={"model": model, "to": state, "reason": why},
        )
