"""Which state of a recommendation may follow which."""

from __future__ import annotations

import pytest

from routing.core.stages import (
    FINE_TUNING,
    ROUTING,
    WrongStage,
    check_advance,
    check_dismiss,
    check_revert,
    next_stage,
    stages_after,
)


@pytest.mark.parametrize(
    ("kind", "state", "after"),
    [
        (ROUTING, "proposed", ("shadow", "canary", "applied")),
        (ROUTING, "shadow", ("canary", "applied")),
        (ROUTING, "canary", ("applied",)),
        (ROUTING, "applied", ()),
        (ROUTING, "dismissed", ()),
        (ROUTING, "outdated", ()),
        (FINE_TUNING, "proposed", ("applied",)),
        (FINE_TUNING, "applied", ()),
    ],
)
def test_stages_go_forward_alone(kind: str, state: str, after: tuple[str, ...]):
    assert stages_after(kind, state) == after
    assert next_stage(kind, state) == (after[0] if after else None)
    for stage in after:
        assert check_advance(kind, state, stage) == stage
    if after:
        assert check_advance(kind, state, None) == after[0]
    with pytest.raises(WrongStage):
        check_advance(kind, state, "proposed")


def test_only_proposals_are_dismissed_and_only_what_is_under_way_is_reverted():
    check_dismiss("proposed")
    for state in ("shadow", "applied", "dismissed"):
        with pytest.raises(WrongStage):
            check_dismiss(state)
    for state in ("shadow", "canary", "applied"):
        check_revert(ROUTING, state)
    for state in ("proposed", "reverted", "outdated"):
        with pytest.raises(WrongStage):
            check_revert(ROUTING, state)
