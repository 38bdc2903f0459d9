"""Adding up what pricing history anew would change."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from routing.core.repricing import Reckoned, parts_of

OCTOBER = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
NOVEMBER = (datetime(2026, 11, 1, tzinfo=UTC), None)


def test_calls_are_added_up_by_team_and_period_and_unchanged_ones_left_out() -> None:
    rows = [
        Reckoned(uuid4(), team, period, before, after)
        for team, period, before, after in [
            (2, NOVEMBER, 10, 15),
            (1, NOVEMBER, 10, 10),
            (2, OCTOBER, None, 7),
            (2, OCTOBER, 5, 1),
            (1, NOVEMBER, 3, 4),
        ]
    ]
    found = [
        (part.team_id, part.period, part.calls, part.before_nanousd, part.difference_nanousd)
        for part in parts_of(rows)
    ]
    assert found == [(2, OCTOBER, 2, 5, 3), (1, NOVEMBER, 1, 3, 1), (2, NOVEMBER, 1, 10, 5)]
