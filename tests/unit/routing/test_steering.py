"""What recommendations that act make of a choice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from routing.core.candidates import Candidate
from routing.core.choice import Choice, choose
from routing.core.quality import Estimate
from routing.core.stages import APPLIED, CANARY, SHADOW
from routing.core.steering import Rule, Steered, steer

ID, HOLD = UUID(int=1), UUID(int=2)


def choice(*models: str) -> Choice:
    """Choose among models, the first of which is by far the best."""
    return choose(
        [
            Candidate(model, model, Estimate(0.9 - 0.2 * place, 0.01, 50, 0.1), 100, 100)
            for place, model in enumerate(models)
        ],
        preference="balanced",
        draws={},
    )


def rule(stage: str, **fields: Any) -> Rule:
    named: dict[str, Any] = {"task_type": "t", "current": "a", "proposed": "b"}
    return Rule(id=ID, stage=stage, **(named | fields))


def never() -> float:
    raise AssertionError("no draw is needed")


def test_an_applied_rule_puts_its_model_first_and_the_chosen_one_next():
    moved, steered = steer(choice("a", "c", "b"), [rule(APPLIED, moved_ratio=0.7)], "t", never)
    assert (moved.model, moved.fallbacks) == ("b", ("a", "c"))
    assert steered is not None and (steered.arm, steered.moved_ratio) == ("proposed", 0.7)


def test_what_is_chosen_anyway_counts_as_the_rules_and_stays_as_it_is():
    before = choice("b", "a")
    assert steer(before, [rule(APPLIED)], "t", never) == (
        before,
        Steered(rule(APPLIED), "proposed"),
    )


@pytest.mark.parametrize(
    ("models", "rules"),
    [
        (("a", "c"), [rule(APPLIED)]),  # removed by health, policy, window or money
        (("c", "a", "b"), [rule(APPLIED)]),
        (("c", "a", "b"), [rule(CANARY)]),
        (("a", "b"), [rule(APPLIED, task_type="other")]),
        (("a", "b"), [rule(SHADOW)]),  # without money for this team
        (("a", "b"), []),
    ],
)
def test_a_rule_that_does_not_concern_a_choice_changes_nothing(
    models: tuple[str, ...], rules: list[Rule]
):
    before = choice(*models)
    assert steer(before, rules, "t", never) == (before, None)


@pytest.mark.parametrize(("draw", "model"), [(0.19, "b"), (0.2, "a")])
def test_a_canary_takes_its_share_by_a_recorded_draw(draw: float, model: str):
    before = choice("a", "b")
    after, steered = steer(before, [rule(CANARY, share=0.2)], "t", lambda: draw)
    assert after.model == model
    share = 0.2 if model == "b" else 0.8
    assert after.propensity == pytest.approx(before.propensity * share)
    assert steered is not None and steered.moved_ratio == 1.0
    told = steered.as_json()["recommendation"]
    assert (told["draw"], told["share"], told["id"]) == (draw, 0.2, str(ID))


def test_a_shadow_leaves_the_choice_alone_and_says_so():
    before = choice("a", "b")
    after, steered = steer(before, [rule(SHADOW, hold_id=HOLD)], "t", never)
    assert after == before and steered is not None and steered.arm == "current"
    assert "draw" not in steered.as_json()["recommendation"]


def test_the_first_rule_that_concerns_a_choice_wins():
    own, wide = rule(APPLIED, proposed="c"), rule(APPLIED)
    moved, _ = steer(choice("a", "b", "c"), [replace(own), wide], "t", never)
    assert moved.model == "c"
