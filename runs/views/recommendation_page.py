"""The page of one recommendation: what it rests on, how its trial stands, what it saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from budgets.core.access import Action, Caller
from budgets.selectors import teams_of
from routing.core.advice import TOLERANCE
from routing.core.stages import stages_after
from routing.core.trial import ALPHA, Verdict
from routing.models import RealisedSaving, Recommendation
from routing.models.recommendation import STEERING, Kind, State
from runs.selectors.recommendation_samples import samples_of
from runs.selectors.recommendations import (
    Reading,
    readings_of,
    recommendation_get,
    shadow_money,
    verdict_of,
)
from runs.views.asking import caller_of, page
from runs.views.formats import usd
from runs.views.interval_bar import IntervalBar, Scale, interval_bar
from runs.views.recommendation_actions import CanaryForm, ShadowForm
from runs.views.recommendation_lines import LOOKS, Line, quality_text, saving_bar, signed

OPEN = (State.PROPOSED, *STEERING)


@dataclass(frozen=True, slots=True)
class Month:
    """One line of the ledger of savings, on one scale with the estimate."""

    saved: RealisedSaving
    bar: IntervalBar


@require_safe
@page
def recommendation(request: HttpRequest, recommendation_id: UUID) -> HttpResponse:
    """Show one recommendation with its evidence."""
    caller = caller_of(request)
    row = recommendation_get(caller, recommendation_id)
    if row.kind == Kind.FINE_TUNING:
        return redirect("tuning-proposal", row.pk)
    (reading,) = readings_of(caller, [row])
    verdict = verdict_of(row)
    context: dict[str, Any] = {
        "line": Line(reading, _own_bar(reading)),
        "row": row,
        "evidence": row.evidence,
        "teams": _teams(caller, row),
        "quality_bar": _quality_bar(row),
        "verdict": verdict,
        "verdict_bar": _verdict_bar(verdict) if verdict else None,
        "verdict_text": _verdict_text(verdict) if verdict else "",
        "verdict_mean": signed(verdict.mean) if verdict and verdict.mean is not None else "",
        "certainty": f"{1 - 2 * ALPHA:.0%}".replace("%", " %"),
        "tolerance": signed(-TOLERANCE),
        "money": shadow_money(row),
        "samples": samples_of(caller, row),
        "months": _months(row),
        "steps": [
            (step, LOOKS[step.after], _figures_text(step.figures)) for step in row.steps.all()
        ],
        **_ways_on(reading),
    }
    return render(request, "recommendations/page.html", context)


def _ways_on(reading: Reading) -> dict[str, Any]:
    """Return the forms of what can be decided; none for who may not decide."""
    row = reading.row
    after = stages_after(row.kind, row.state) if reading.may_decide else ()
    return {
        "shadow_form": ShadowForm.of(row) if State.SHADOW in after else None,
        "canary_form": CanaryForm() if State.CANARY in after else None,
        "may_apply": State.APPLIED in after,
        "may_dismiss": reading.may_decide and row.state == State.PROPOSED,
        "may_revert": reading.may_decide and row.state in STEERING,
        "is_over": row.state not in OPEN,
    }


def _own_bar(reading: Reading) -> IntervalBar:
    row = reading.row
    return saving_bar(reading, Scale.over((row.saving_low_nanousd, row.saving_high_nanousd)))


def _quality_bar(row: Recommendation) -> IntervalBar | None:
    if row.quality_low is None or row.quality_high is None:
        return None
    scale = Scale.over((row.quality_low, row.quality_high, -1.5 * TOLERANCE, 1.5 * TOLERANCE))
    label = quality_text(row.quality_change, row.quality_low, row.quality_high)
    return interval_bar(
        label, row.quality_low, row.quality_change, row.quality_high, scale, [-TOLERANCE]
    )


def _verdict_bar(verdict: Verdict) -> IntervalBar:
    scale = Scale.over((verdict.low, verdict.high, -3 * TOLERANCE, 3 * TOLERANCE))
    label = f"{signed(verdict.low)} to {signed(verdict.high)}"
    return interval_bar(label, verdict.low, verdict.mean, verdict.high, scale, [-TOLERANCE])


def _verdict_text(verdict: Verdict) -> str:
    if verdict.is_worse:
        return "Quality is lower by more than the tolerance."
    if verdict.holds:
        return "Quality holds: it is surely no lower than the tolerance allows."
    return "Not certain yet. As soon as a drop is certain, it stops by itself."


def _figures_text(figures: Mapping[str, Any]) -> str:
    """Write what the stage that a step ended had come to; empty: nothing was measured."""
    told = []
    if pairs := figures.get("pairs"):
        change = quality_text(*(figures[f"quality_{name}"] for name in ("change", "low", "high")))
        told.append(f"{pairs:,} comparison{'s' if pairs > 1 else ''}, mean score {change}")
    if (spent := figures.get("spent_nanousd")) is not None:
        told.append(f"{usd(spent)} spent")
    return "; ".join(told)


def _months(row: Recommendation) -> list[Month]:
    rows = list(row.savings.all())
    bounds = (each for one in rows for each in (one.saving_low_nanousd, one.saving_high_nanousd))
    scale = Scale.over((*bounds, row.saving_nanousd))
    return [
        Month(
            one,
            interval_bar(
                f"{usd(one.saving_nanousd)} saved, {usd(row.saving_nanousd)} estimated",
                one.saving_low_nanousd,
                one.saving_nanousd,
                one.saving_high_nanousd,
                scale,
                [row.saving_nanousd],
            ),
        )
        for one in rows
    ]


def _teams(caller: Caller, row: Recommendation) -> Iterable[dict[str, Any]]:
    """Return the figures by team, of those teams whose usage the caller may read."""
    names = dict(teams_of(caller, Action.READ_USAGE).values_list("pk", "name"))
    return [
        one | {"name": names[one["team_id"]]}
        for one in row.evidence.get("teams", [])
        if one["team_id"] in names
    ]
