"""What a hold allows, decision by decision."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.core.ledger import (
    Charge,
    ChargeKind,
    Granted,
    HoldState,
    LimitState,
    Phase,
    Refused,
    ReservationState,
    certain_charge,
    extend,
    reserve,
    settle,
    threshold_crossed,
)

GENERATION = Phase.GENERATION


def hold(**figures: object) -> HoldState:
    return HoldState(**{"limit_nanousd": 1000, "amount_nanousd": 600} | figures)  # type: ignore[arg-type]


def test_reserve_sets_the_amount_aside() -> None:
    after, result = reserve(hold(spent_nanousd=100, reserved_nanousd=200), GENERATION, 300)
    assert result == Granted()
    assert after == hold(spent_nanousd=100, reserved_nanousd=500)


def test_reserve_refuses_when_spent_plus_reserved_plus_amount_exceeds_what_is_held() -> None:
    before = hold(spent_nanousd=100, reserved_nanousd=200)
    after, result = reserve(before, GENERATION, 301)
    assert result == Refused("run", 1000, 100, 200, 301, extendable=True, missing_nanousd=1)
    assert after == before


@pytest.mark.parametrize(("amount", "extendable"), [(700, True), (701, False)])
def test_a_refusal_tells_whether_the_hold_may_still_grow_by_enough(
    amount: int, extendable: bool
) -> None:
    _, result = reserve(hold(spent_nanousd=300), GENERATION, amount)
    assert isinstance(result, Refused)
    assert result.extendable is extendable


@pytest.mark.parametrize(
    ("spent", "requested", "missing", "ample"),
    [
        (500, 200, 100, 200),  # as much again as was asked for
        (500, 450, 350, 400),  # what is left of the limit
        (800, 100, 300, 300),  # more was charged than was held: that is made up for, too
    ],
)
def test_a_refusal_tells_what_is_missing_and_what_would_be_ample(
    spent: int, requested: int, missing: int, ample: int
) -> None:
    _, result = reserve(hold(spent_nanousd=spent), GENERATION, requested)
    assert isinstance(result, Refused)
    assert (result.missing_nanousd, result.ample_nanousd) == (missing, ample)


def test_reserve_refuses_on_a_closed_hold_however_much_is_left() -> None:
    _, result = reserve(hold(closed=True), GENERATION, 1)
    assert result == Refused("run", 1000, 0, 0, 1, extendable=False, closed=True)


def test_nothing_negative_is_reserved_extended_or_charged() -> None:
    with pytest.raises(ValueError, match="never negative"):
        reserve(hold(), GENERATION, -1)
    with pytest.raises(ValueError, match="never shrinks"):
        extend(hold(), (), -1)
    with pytest.raises(ValueError, match="never negative"):
        Charge.exact(-1)


def test_a_grant_tells_when_the_phase_has_eaten_the_reserve_too() -> None:
    full = hold(amount_nanousd=1000, phases={GENERATION: 500})
    assert reserve(full, GENERATION, 50)[1] == Granted(over_phase_cap=False)
    assert reserve(full, GENERATION, 51)[1] == Granted(over_phase_cap=True)


@pytest.mark.parametrize(
    ("charge", "state", "charged", "over_bound"),
    [
        (Charge.exact(80), ReservationState.SETTLED, 80, False),
        (Charge.exact(100), ReservationState.SETTLED, 100, False),
        (Charge.exact(101), ReservationState.SETTLED, 101, True),
        (Charge.unconfirmed(), ReservationState.UNCONFIRMED, 100, False),
        (Charge.released(), ReservationState.RELEASED, 0, False),
    ],
)
def test_settle_charges_by_certainty(
    charge: Charge, state: ReservationState, charged: int, over_bound: bool
) -> None:
    before = hold(spent_nanousd=50, reserved_nanousd=250, phases={GENERATION: 50})
    done = settle(before, GENERATION, 100, charge)
    assert (done.state, done.charged_nanousd, done.over_bound) == (state, charged, over_bound)
    assert done.hold == hold(
        spent_nanousd=50 + charged, reserved_nanousd=150, phases={GENERATION: 50 + charged}
    )


def test_settle_starts_a_phase_that_had_spent_nothing() -> None:
    done = settle(hold(reserved_nanousd=9), Phase.EVALUATION, 9, Charge.exact(4))
    assert done.hold.phases == {Phase.EVALUATION: 4}


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (ReservationState.RESERVED, ChargeKind.RELEASED),
        (ReservationState.SENT, ChargeKind.UNCONFIRMED),
    ],
)
def test_what_nobody_settled_is_charged_only_if_it_was_sent(
    state: ReservationState, kind: ChargeKind
) -> None:
    assert certain_charge(state).kind is kind


def test_extend_is_granted_within_every_limit() -> None:
    limits = (LimitState("team", 1000, 300, 300), LimitState("org", 5000, 300, 4300))
    assert extend(hold(), limits, 400) == Granted()


@pytest.mark.parametrize(
    ("state", "limits", "refusal"),
    [
        (hold(), (), Refused("run", 1000, 0, 0, 401)),
        (hold(limit_nanousd=2000, closed=True), (), Refused("run", 2000, 0, 0, 401, closed=True)),
        (
            hold(limit_nanousd=2000, spent_nanousd=600),
            (LimitState("team", 1300, 300, 600), LimitState("org", 1, 0, 0)),
            Refused("team", 1300, 300, 600, 401),
        ),
        (
            hold(limit_nanousd=2000, spent_nanousd=600),
            (LimitState("team", 1301, 300, 600), LimitState("org", 5000, 900, 3700)),
            Refused("org", 5000, 900, 3700, 401),
        ),
    ],
)
def test_extend_is_refused_by_the_first_limit_without_room(
    state: HoldState, limits: tuple[LimitState, ...], refusal: Refused
) -> None:
    assert extend(state, limits, 401) == refusal


def test_a_refused_extension_leaves_what_the_hold_has_not_used_to_its_calls() -> None:
    state = hold(spent_nanousd=100, reserved_nanousd=200)
    refusal = extend(state, (LimitState("team", 1000, 0, 700),), 301)
    assert refusal == Refused("team", 1000, 0, 400, 601)


def test_a_limit_lowered_below_what_is_spent_leaves_nothing_free() -> None:
    assert LimitState("org", 100, 90, 50).free_nanousd == 0
    assert LimitState("org", 100, 20, 50).free_nanousd == 30


@pytest.mark.parametrize(
    ("spent", "told", "percent"),
    [
        (49, 0, None),
        (50, 0, 50),
        (50, 50, None),
        (85, 50, 80),
        (85, 0, 80),
        (250, 80, 100),
        (250, 100, None),
    ],
)
def test_each_threshold_is_told_once(spent: int, told: int, percent: int | None) -> None:
    assert threshold_crossed([50, 80, 100], 100, spent, told) == percent


def test_nothing_spent_passes_no_threshold_even_of_a_limit_of_nothing() -> None:
    assert threshold_crossed([50], 0, 0, 0) is None
    assert threshold_crossed([50], 0, 1, 0) == 50


@given(
    st.integers(0, 1000),
    st.lists(
        st.tuples(
            st.integers(0, 400),
            st.sampled_from([Charge.exact(0), Charge.unconfirmed(), Charge.released()]),
            st.booleans(),
        ),
        max_size=20,
    ),
)
def test_a_hold_never_gives_out_more_than_it_has(
    amount: int, calls: list[tuple[int, Charge, bool]]
) -> None:
    state = hold(amount_nanousd=amount)
    for wanted, charge, at_once in calls:
        state, result = reserve(state, GENERATION, wanted)
        if at_once and isinstance(result, Granted):
            state = settle(state, GENERATION, wanted, charge).hold
        assert state.reserved_nanousd >= 0
        assert state.spent_nanousd >= 0
        assert state.spent_nanousd + state.reserved_nanousd <= amount
