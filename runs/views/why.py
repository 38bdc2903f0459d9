"""Why a call went to its model, read from the decision that was recorded for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from routing.models import Decision
from runs.views.cascade_words import cascade_words
from runs.views.formats import ratio

REASONS = {
    "unhealthy": "its circuit breaker is open",
    "wrong_task_type": "not meant for this type of task",
    "window_too_small": "its context window is too small",
    "unknown_price": "its price is unknown",
    "not_enough_money": "may cost more than is left",
    "not_allowed": "not allowed here",
    "provider_excluded": "its provider must not do this step",
    "model_excluded": "must not do this step",
    "already_tried": "was tried for this call already",
    "policy": "removed by policy",
}


@dataclass(frozen=True, slots=True)
class Considered:
    """One candidate; figures that were not recorded are None."""

    model: str
    chosen: bool
    mean: float | None
    sd: float | None
    chance: float | None
    cost: int | None
    n_text: str
    draw_text: str


@dataclass(frozen=True, slots=True)
class Removed:
    model: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Explanation:
    candidates: list[Considered]
    removed: list[Removed]
    summary: str


def explain(decision: Decision | None) -> Explanation | None:
    """Return what a decision says, in the order it weighed the candidates."""
    if decision is None:
        return None
    recorded: Mapping[str, Any] = decision.candidates or {}
    return Explanation(
        [_considered(one, decision.model) for one in recorded.get("candidates", [])],
        [_removed(one) for one in recorded.get("removed", [])],
        _summary(decision, recorded),
    )


def _considered(one: Mapping[str, Any], chosen: str) -> Considered:
    n, draw = one.get("n"), one.get("draw")
    return Considered(
        model=str(one.get("model", "")),
        chosen=one.get("model") == chosen,
        mean=one.get("mean"),
        sd=one.get("sd"),
        chance=one.get("chance"),
        cost=one.get("expected_cost_nanousd"),
        n_text="–" if n is None else f"{n:.4g}",
        draw_text="–" if draw is None else f"{draw:+.2f}",
    )


def _removed(one: Mapping[str, Any]) -> Removed:
    reason = str(one.get("reason", ""))
    return Removed(str(one.get("model", "")), REASONS.get(reason, reason), _detail(one))


def _detail(one: Mapping[str, Any]) -> str:
    # The amount stands in the record as nano-dollars, for machines.
    return "" if one.get("reason") == "not_enough_money" else str(one.get("detail") or "")


def _by_recommendation(steered: Mapping[str, Any]) -> str:
    stage, arm = steered.get("stage", ""), steered.get("arm", "")
    moved = f"from {steered.get('from', '')} to {steered.get('to', '')}"
    if stage == "shadow":
        return f"a recommendation to move {moved} was compared beside it"
    drawn = ", by lot" if "draw" in steered else ""
    done = "moved it" if arm == "proposed" else "left it, though it moves others"
    return f"a recommendation {done} {moved}{drawn}"


def _summary(decision: Decision, recorded: Mapping[str, Any]) -> str:
    said = [decision.reason] if decision.reason else []
    if (steered := decision.inputs.get("recommendation")) is not None:
        said.append(_by_recommendation(steered))
    if (cascade := decision.inputs.get("cascade")) is not None:
        said.append(cascade_words(cascade))
    if (preference := recorded.get("preference")) is not None:
        said.append(f"preference {preference}")
    if (threshold := recorded.get("threshold")) is not None:
        said.append(f"threshold {ratio(threshold)}")
    if (propensity := recorded.get("propensity")) is not None:
        who = recorded.get("propensity_of", "this model")
        said.append(f"{who} was to be chosen with probability {ratio(propensity)}")
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}." if text else ""
