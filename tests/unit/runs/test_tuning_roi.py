"""What tuning would bring: a table of cases, and what holds for all of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.core.tuning.assumptions import Assumptions, BaseModel
from runs.core.tuning.facts import Facts, missing_examples
from runs.core.tuning.interval import range_from
from runs.core.tuning.roi import Estimate, as_json, estimate
from runs.core.tuning.sensitivity import EXAMPLES, PRICES, UPLIFTS, VOLUMES, months_to_pay

USD = 1_000_000_000
TODAY = date(2026, 11, 26)
BASE = BaseModel("small", "p", 2 * USD, USD // 5, USD, TODAY, "price list")
ASSUMED = Assumptions((BASE,))


def facts(**fields: Any) -> Facts:
    given = {
        "days": 30.4375, "tasks": 10_000, "cost_nanousd": 20_000_000.0,
        "cost_sd_nanousd": 10_000_000.0, "check_nanousd": 1_000_000.0, "input_tokens": 1_000.0,
        "output_tokens": 500.0, "attempts": 1.5, "quality": 0.85, "quality_sd": 0.1,
        "scores": 10_000, "examples": 800, "example_tokens": 1_500.0, "ceiling": 0.95,
        "base_quality": 0.6, "base_sd": 0.05,
    }  # fmt: skip
    return Facts(**{"sampled": fields.get("tasks", given["tasks"])} | given | fields)


def made(base: BaseModel = BASE, assumed: Assumptions = ASSUMED, **fields: Any) -> Estimate:
    found = estimate(facts(**fields), base, assumed, TODAY)
    assert found is not None
    return found


def test_the_plain_case_adds_up():
    one = made()
    # 800 of 1,000 parts of the gap from 0.60 to 0.95 close.
    assert one.quality_after.value == pytest.approx(0.6 + 0.8 * 0.35)
    assert one.training_nanousd == 800 * 1_500 * 3 * 2_000
    # The gap to the examples falls from 0.10 to 0.07, and repeated attempts with it.
    attempts = 1 + 0.5 * 0.7
    call = 1_000 * 200 + 500 * 1_000
    assert one.tuned_nanousd.value == pytest.approx(attempts * (call + 1_000_000))
    assert one.present_nanousd.value == pytest.approx(20_000_000 + 1.5 * 1_000_000)
    saving = 10_000 * (21_500_000 - attempts * 1_700_000)
    assert one.saving_nanousd.value == pytest.approx(saving)
    assert one.n == 10_000
    days = one.training_nanousd / saving * 30.4375
    assert one.break_even == TODAY + timedelta(days=1 + int(days))


@pytest.mark.parametrize(
    ("fields", "missing"), [({}, 0), ({"examples": 50}, 0), ({"examples": 49}, 1)]
)
def test_too_few_examples_give_no_estimate(fields: dict[str, int], missing: int):
    assert missing_examples(facts(**fields), ASSUMED) == missing
    assert (estimate(facts(**fields), BASE, ASSUMED, TODAY) is None) == bool(missing)


def test_no_task_gives_no_estimate():
    assert estimate(facts(tasks=0), BASE, ASSUMED, TODAY) is None


def test_a_dearer_model_never_pays():
    one = made(replace(BASE, output_nanousd=1_000 * USD))
    assert one.saving_nanousd.high < 0
    assert (one.break_even, one.earliest, one.latest) == (None, None, None)
    assert all(cell.months is None for cell in one.sensitivity if cell.price == 2.0)


def test_hosting_and_labour_are_counted():
    plain, hosted = made(), made(replace(BASE, hosting_nanousd=5 * USD))
    assert plain.saving_nanousd.value - hosted.saving_nanousd.value == pytest.approx(5 * USD)
    worked = made(assumed=replace(ASSUMED, labour_nanousd=400 * USD))
    assert worked.training_nanousd - plain.training_nanousd == 400 * USD
    assert worked.break_even > plain.break_even  # type: ignore[operator]


def test_what_pays_only_after_years_has_no_date():
    assert made(assumed=replace(ASSUMED, labour_nanousd=1_000_000 * USD)).break_even is None


def test_fewer_tasks_make_a_wider_interval():
    many, few = made(), made(tasks=25, scores=25)
    wide = [(one.saving_nanousd.high - one.saving_nanousd.low) / one.saving_nanousd.value
            for one in (many, few)]  # fmt: skip
    assert wide[1] > 3 * wide[0]
    assert few.earliest is not None
    assert few.latest is not None
    assert few.earliest <= few.break_even <= few.latest  # type: ignore[operator]


def test_the_sensitivity_table_holds_the_likely_case_and_all_others():
    one = made()
    cells = {(cell.volume, cell.price): cell for cell in one.sensitivity}
    assert set(cells) == {(volume, price) for volume in VOLUMES for price in PRICES}
    assert cells[1.0, 1.0].saving_nanousd == round(one.saving_nanousd.value)
    assert cells[2.0, 1.0].saving_nanousd == pytest.approx(2 * one.saving_nanousd.value)
    assert cells[1.0, 2.0].saving_nanousd < cells[1.0, 1.0].saving_nanousd


def test_volume_is_of_all_tasks_and_certainty_of_those_looked_at():
    one, few = made(), made(sampled=100)
    assert few.n == 100
    assert few.saving_nanousd.value == one.saving_nanousd.value
    assert few.tasks_a_month == one.tasks_a_month
    wide, narrow = (each.present_nanousd.high - each.present_nanousd.low for each in (few, one))
    assert wide == pytest.approx(10 * narrow)


def test_the_table_of_examples_holds_the_likely_case_and_what_teaches_less_or_more():
    one = made()
    cells = {(cell.examples, cell.uplift): cell for cell in one.learning}
    assert set(cells) == {(share, uplift) for share in EXAMPLES for uplift in UPLIFTS}
    likely = cells[1.0, 1.0]
    assert likely.saving_nanousd == round(one.saving_nanousd.value)
    assert likely.quality == one.quality_after.value
    # Nothing learned is the base model, which fails more often and so costs more retries.
    assert cells[1.0, 0.0].quality == 0.6
    assert cells[1.0, 0.0].saving_nanousd < cells[1.0, 0.5].saving_nanousd < likely.saving_nanousd
    # 3,200 of 3,400 parts of the gap close, and training costs four times as much.
    assert cells[4.0, 1.0].quality == pytest.approx(0.6 + 3_200 / 3_400 * 0.35)
    assert cells[4.0, 1.0].months == pytest.approx(
        4 * one.training_nanousd / cells[4.0, 1.0].saving_nanousd
    )
    # Nobody learns more than the examples hold.
    assert cells[4.0, 1.25].quality == 0.95


@pytest.mark.parametrize(
    ("fields", "attempts"),
    [
        ({"ceiling": 0.85, "quality": 0.85, "base_quality": 0.85}, 1.5),  # nothing to gain
        ({"ceiling": 0.85, "quality": 0.9, "base_quality": 0.9, "base_sd": 0.0}, 1.5),
        ({"ceiling": 0.85, "quality": 0.9, "base_quality": 0.1}, 2.0),  # worse than now
        ({"quality": 0.94, "base_quality": 0.0}, 2.5),  # far worse: at most three times as often
    ],
)
def test_attempts_follow_what_is_missing_to_the_examples(fields: dict[str, Any], attempts: float):
    one = made(check_nanousd=0.0, **fields)
    assert one.tuned_nanousd.value == pytest.approx(attempts * 700_000, rel=1e-6)


def test_an_estimate_is_written_as_plain_figures_and_read_again():
    one = made()
    plain = json.loads(json.dumps(as_json(one)))
    assert plain["saving_low_nanousd"] == one.saving_nanousd.low
    assert plain["quality_after_high"] == one.quality_after.high
    assert plain["break_even"] == one.break_even.isoformat()  # type: ignore[union-attr]
    assert len(plain["sensitivity"]) == 16
    assert plain["learning"][0]["quality"] == one.learning[0].quality
    assert range_from(plain, "saving_nanousd") == one.saving_nanousd
    assert range_from(plain, "tasks_a_month") == one.tasks_a_month


def test_months_to_pay():
    assert months_to_pay(10, 5.0) == 2.0
    assert months_to_pay(10, 0.0) is None


@settings(max_examples=30, deadline=None)
@given(
    tasks=st.integers(1, 5_000),
    cost=st.floats(0, 1e9),
    quality=st.floats(0, 1),
    ceiling=st.floats(0, 1),
    base=st.floats(0, 1),
    attempts=st.floats(1, 6),
    examples=st.integers(50, 5_000),
)
def test_every_interval_holds_its_value(
    tasks: int, cost: float, quality: float, ceiling: float, base: float, attempts: float,
    examples: int,
):  # fmt: skip
    one = made(tasks=tasks, scores=tasks, cost_nanousd=cost, quality=quality, ceiling=ceiling,
               base_quality=base, attempts=attempts, examples=examples)  # fmt: skip
    for found in (one.saving_nanousd, one.present_nanousd, one.tuned_nanousd, one.tasks_a_month,
                  one.quality_before, one.quality_after):  # fmt: skip
        assert found.low <= found.value <= found.high
    assert 0.0 <= one.quality_after.value <= max(base, ceiling) + 1e-9
