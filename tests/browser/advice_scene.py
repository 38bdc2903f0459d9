"""Recommendations at each stage: proposed, in shadow, as canary, applied, and taken back."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from budgets.models import Team
from routing.models import RealisedSaving, Recommendation, TrialResult
from routing.services.recommendations import Wanted, advance, dismiss
from telemetry.models import Call, CallBody
from tests.integration.routing.advice import CENT, make_recommendation

CURRENT_TEXT = "Revenue grew by 4 % to 12.1 million. Churn fell. Two outages, none over an hour."
PROPOSED_TEXT = "Revenue up 4 % (12.1 million), churn down, two short outages."


def advice(eng: Team) -> dict[str, Recommendation]:
    """Store one recommendation of each kind; return them by what they show."""
    now = timezone.now()
    found = {
        "proposed": make_recommendation(eng, now - timedelta(hours=5)),
        "applied": _applied(eng, now),
        "canary": _canary(eng, now),
        "shadow": _shadow(eng, now),
        "dismissed": make_recommendation(
            eng, now, task_type="evaluation", saving_nanousd=35 * CENT,
            saving_low_nanousd=5 * CENT, saving_high_nanousd=61 * CENT, n=88,
        ),
    }  # fmt: skip
    dismiss(found["dismissed"].pk, by="ada", now=now, reason="The provider changes prices soon.")
    return found


def _applied(eng: Team, now: datetime) -> Recommendation:
    row = _moved(
        make_recommendation(
            eng, now - timedelta(days=70), task_type="code_review", of_org=True,
            current_model="sim/claude-sonnet-5-5", proposed_model="sim/kimi-k2.6",
            saving_nanousd=620 * CENT, saving_low_nanousd=510 * CENT,
            saving_high_nanousd=730 * CENT, n=412,
        ), "applied", now - timedelta(days=62),
    )  # fmt: skip
    first = date(now.year, now.month, 1)
    for ago, saved in ((2, 180), (1, 655), (0, 540)):
        month = first
        for _ in range(ago):
            month = (month - timedelta(days=1)).replace(day=1)
        RealisedSaving.objects.create(
            recommendation=row, month=month, tasks=saved // 3, spent_nanousd=saved * CENT // 2,
            expected_nanousd=saved * CENT * 3 // 2, saving_nanousd=saved * CENT,
            saving_low_nanousd=saved * CENT * 8 // 10, saving_high_nanousd=saved * CENT * 12 // 10,
            quality_mean=0.9, updated_at=now,
        )  # fmt: skip
    return row


def _canary(eng: Team, now: datetime) -> Recommendation:
    row = _moved(
        make_recommendation(
            eng, now, task_type="data_extraction", saving_nanousd=210 * CENT,
            saving_low_nanousd=90 * CENT, saving_high_nanousd=330 * CENT,
        ), "canary", now - timedelta(days=2), share=0.1,
    )  # fmt: skip
    _tried(row, "canary", 34, now)
    return row


def _shadow(eng: Team, now: datetime) -> Recommendation:
    row = _moved(
        make_recommendation(
            eng, now, task_type="creative_writing", saving_nanousd=120 * CENT,
            saving_low_nanousd=20 * CENT, saving_high_nanousd=190 * CENT, n=131,
        ), "shadow", now - timedelta(hours=6), budget_nanousd=200 * CENT,
    )  # fmt: skip
    _tried(row, "shadow", 12, now)
    return row


def _moved(row: Recommendation, stage: str, now: datetime, **how: Any) -> Recommendation:
    return advance(row.pk, Wanted(stage, **how), by="ada", now=now)


def _tried(row: Recommendation, stage: str, count: int, now: datetime) -> None:
    draws = random.Random(7)
    for number in range(count):
        for arm, text in (("current", CURRENT_TEXT), ("proposed", PROPOSED_TEXT)):
            call = Call.objects.create(
                at=now, org_id=row.org_id, team_id=row.team_id or 0, run_id=row.pk,
                phase="generation",
                task_type=row.task_type, provider="sim", model=row.current_model, outcome="ok",
                cost_nanousd=0,
            )  # fmt: skip
            CallBody.objects.create(call=call, messages=[], output=text)
            TrialResult.objects.create(
                recommendation=row, at=now, stage=stage, arm=arm, team_id=row.team_id or 0,
                run_id=row.pk, task_key=f"t{number}", attempt=1, call_id=call.pk, accepted=True,
                score=round(draws.gauss(0.9, 0.03), 3), cost_nanousd=CENT, draw=0.05,
            )  # fmt: skip
