"""How changes and figures are put into words."""

from __future__ import annotations

import pytest

from runs.core.metrics import METRICS
from runs.views.compare import change_of, percent, value_text
from runs.views.cost_heat import shade_of, short_usd


@pytest.mark.parametrize(
    ("now", "before", "text", "direction"),
    [
        (3, 2, "+50 %", "up"),
        (1, 2, "−50 %", "down"),
        (1_001, 1_000, "no change", ""),
        (50, 2, "×25", "up"),
        (5, 0, "new", "up"),
        (0, 0, "", ""),
        (0, 7, "−100 %", "down"),
        (None, 7, "", ""),
        (7, None, "", ""),
    ],
)
def test_a_change_is_a_share_of_what_was_before(now, before, text, direction):
    assert (change_of(now, before).text, change_of(now, before).direction) == (text, direction)


def test_a_score_changes_by_points_not_by_a_share():
    assert change_of(0.9, 0.85, absolute=True).text == "+0.05"
    assert change_of(0.851, 0.85, absolute=True).text == "no change"


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        ("cost", 12_500_000_000, "$12.50"),
        ("cost", None, "–"),
        ("latency_p95", 2_100.4, "2.1 s"),
        ("quality", 0.876, "0.88"),
        ("error_rate", 0.0123, "1.2 %"),
        ("tokens", 1_310_000, "1.31M"),
        ("calls", 0, "0"),
    ],
)
def test_a_value_has_its_unit_and_what_is_not_known_is_no_zero(metric, value, text):
    assert value_text(METRICS[metric], value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(None, "–"), (0, "0 %"), (0.004, "0.4 %"), (0.4, "40 %"), (1, "100 %")]
)
def test_small_shares_keep_a_decimal(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("nanousd", "text"),
    [
        (123_400_000_000, "$123"),
        (12_340_000_000, "$12"),
        (1_234_000_000, "$1.23"),
        (423_000_000, "42¢"),
        (4_230_000, "0.4¢"),
        (42_300, "<.1¢"),
        (0, "$0"),
    ],
)
def test_money_fits_a_narrow_cell(nanousd, text):
    assert short_usd(nanousd) == text


def test_shades_go_by_ratio_and_stay_on_the_scale():
    ends = (10, 1_000)
    assert [shade_of(amount, ends) for amount in (0, 10, 100, 1_000, 5_000)] == [0, 0, 5, 9, 9]
    assert shade_of(7, (7, 7)) == 9
