"""Moving money by the journal's commands."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from uuid_utils.compat import uuid7

from budgets.core.errors import UnknownHold, UnknownReservation
from budgets.core.ledger import Charge, ReservationState
from budgets.models import BudgetPeriod, Hold, LedgerLine, Reservation
from budgets.services.ledger import (
    Closed,
    CloseHold,
    ExtendHold,
    Granted,
    MarkSent,
    Refused,
    Reserve,
    Settle,
)
from telemetry.models import Event
from telemetry.services.journal import apply_now
from tests.integration.budgets.world import (
    NOW,
    close,
    differences,
    extend,
    figures,
    make_world,
    reserve,
    reserve_command,
    send,
    settle,
)

pytestmark = pytest.mark.django_db


def test_reserve_refuses_when_the_hold_has_no_room_and_stores_nothing() -> None:
    hold = make_world().hold(100, limit=200)
    assert reserve(hold, 60, phase="generation")[1] == Granted()
    call_id, result = reserve(hold, 41)
    assert result == Refused("run", 200, 0, 60, 41, extendable=True, missing_nanousd=1)
    assert not Reservation.objects.filter(pk=call_id).exists()


def test_a_batch_is_judged_in_order_and_in_one_go() -> None:
    world = make_world()
    one, two = world.hold(100), world.hold(50)
    commands = [
        reserve_command(one, 60),
        reserve_command(two, 50),
        reserve_command(one, 50),
        reserve_command(one, 40),
        reserve_command(two, 1),
    ]
    results = Reserve.apply(commands)
    assert [type(result) for result in results] == [Granted, Granted, Refused, Granted, Refused]
    assert set(Hold.objects.values_list("pk", "reserved_nanousd")) == {(one.pk, 100), (two.pk, 50)}
    assert Reservation.objects.count() == 3


def test_money_freed_in_a_batch_can_be_reserved_in_it() -> None:
    hold = make_world().hold(50, limit=100)
    first, _ = reserve(hold, 50)
    again = reserve_command(hold, 50)
    granted, released = apply_now(again, Settle(first, Charge.released(), NOW))
    assert (granted, released) == (Granted(), 0)


def test_a_call_can_be_reserved_and_marked_sent_in_one_batch() -> None:
    hold = make_world().hold(50, limit=100)
    command = reserve_command(hold, 50)
    assert apply_now(MarkSent(command.call_id, NOW), command) == (True, Granted())
    assert Reservation.objects.get().state == ReservationState.SENT


def test_a_command_for_something_unknown_is_a_bug_and_says_so() -> None:
    hold = make_world().hold(100)
    for command, error in [
        (reserve_command(hold, 1, hold_id=uuid7()), UnknownHold),
        (MarkSent(uuid7(), NOW), UnknownReservation),
        (Settle(uuid7(), Charge.released(), NOW), UnknownReservation),
        (ExtendHold(uuid7(), 1, NOW), UnknownHold),
        (CloseHold(uuid7(), NOW), UnknownHold),
    ]:
        with pytest.raises(error):
            apply_now(command)


@pytest.mark.parametrize(
    ("charge", "state", "charged", "kind", "over_bound"),
    [
        (Charge.exact(12), "SETTLED", 12, "CHARGE", False),
        (Charge.exact(0), "SETTLED", 0, "CHARGE", False),
        (Charge.exact(45), "SETTLED", 45, "CHARGE", True),
        (Charge.unconfirmed(), "UNCONFIRMED", 40, "UNCONFIRMED", False),
        (Charge.released(), "RELEASED", 0, None, False),
    ],
)
def test_settle_charges_by_certainty(
    charge: Charge, state: str, charged: int, kind: str | None, over_bound: bool
) -> None:
    hold = make_world().hold(100)
    call_id, _ = reserve(hold, 40, phase="cross_review")
    send(call_id)
    assert settle(call_id, charge) == charged
    hold.refresh_from_db()
    assert (hold.spent_nanousd, hold.reserved_nanousd) == (charged, 0)
    assert hold.spent_cross_review_nanousd == charged
    assert Reservation.objects.get().state == state
    lines = LedgerLine.objects.filter(call_id=call_id)
    expected = [] if kind is None else [(kind, charged, over_bound)]
    assert list(lines.values_list("kind", "amount_nanousd", "over_bound")) == expected
    assert differences() == []


def test_a_second_settle_changes_nothing_in_another_batch_or_the_same() -> None:
    hold = make_world().hold(100)
    call_id, _ = reserve(hold, 40)
    twice = Settle(call_id, Charge.exact(30), NOW)
    assert apply_now(twice, twice) == (30, None)
    assert apply_now(Settle(call_id, Charge.exact(7), NOW)) == (None,)
    hold.refresh_from_db()
    assert (hold.spent_nanousd, hold.reserved_nanousd) == (30, 0)
    assert LedgerLine.objects.filter(kind="CHARGE").count() == 1


def test_a_settled_call_can_no_longer_be_sent() -> None:
    hold = make_world().hold(100)
    call_id, _ = reserve(hold, 40)
    assert send(call_id)
    assert send(call_id)
    settle(call_id, Charge.released())
    assert not send(call_id)
    assert Reservation.objects.get().state == ReservationState.RELEASED


def test_a_provider_that_charges_beyond_the_bound_leaves_less_for_the_next_call() -> None:
    hold = make_world().hold(100)
    call_id, _ = reserve(hold, 40)
    settle(call_id, Charge.exact(90))
    assert isinstance(reserve(hold, 11)[1], Refused)
    assert isinstance(reserve(hold, 10)[1], Granted)


def test_a_hold_charged_beyond_its_amount_takes_the_rest_when_it_closes() -> None:
    world = make_world()
    hold = world.hold(100)
    call_id, _ = reserve(hold, 100)
    settle(call_id, Charge.exact(130))
    assert close(hold) == Closed(-30)
    assert figures(world.eng, world.org) == (130, 0)
    assert differences() == []


def test_the_database_refuses_a_second_charge_for_one_call() -> None:
    world = make_world()
    hold = world.hold(100)
    call_id, _ = reserve(hold, 10)
    settle(call_id, Charge.exact(1))
    line = LedgerLine.objects.get(call_id=call_id)
    line.pk, line._state.adding = uuid7(), True
    with pytest.raises(IntegrityError), transaction.atomic():
        line.save()


def test_a_line_that_stands_is_neither_changed_nor_deleted() -> None:
    make_world().hold(100)
    line = LedgerLine.objects.get()
    with pytest.raises(TypeError):
        line.save()
    with pytest.raises(TypeError):
        line.delete()


def test_a_hold_grows_within_its_own_limit() -> None:
    world = make_world()
    hold = world.hold(100, limit=150)
    assert extend(hold, 50) == Granted()
    assert extend(hold, 1) == Refused("run", 150, 0, 0, 1)
    hold.refresh_from_db()
    assert hold.amount_nanousd == 150
    assert figures(world.eng, world.org) == (0, 150)
    assert figures(None, world.org) == (0, 150)
    assert differences() == []


@pytest.mark.parametrize(
    ("eng_limit", "org_limit", "scope"), [(110, 1000, "team"), (1000, 110, "org")]
)
def test_a_hold_grows_only_where_team_and_org_have_room(
    eng_limit: int, org_limit: int, scope: str
) -> None:
    world = make_world(eng_limit=eng_limit, org_limit=org_limit)
    hold = world.hold(100, limit=1000)
    assert extend(hold, 11) == Refused(scope, 110, 0, 0, 111)  # type: ignore[arg-type]
    assert extend(hold, 10) == Granted()


def test_extensions_in_one_batch_see_each_other() -> None:
    world = make_world(eng_limit=None, org_limit=100)
    one, two = world.hold(10, limit=100), world.hold(10, limit=100)
    results = apply_now(
        ExtendHold(one.pk, 50, NOW),
        ExtendHold(two.pk, 50, NOW),
        ExtendHold(two.pk, 30, NOW),
    )
    assert [type(result) for result in results] == [Granted, Refused, Granted]
    assert figures(None, world.org) == (0, 100)


def test_what_one_hold_gives_back_another_may_take_in_the_same_batch() -> None:
    world = make_world(eng_limit=None, org_limit=100)
    one, two = world.hold(50), world.hold(50, limit=100)
    granted, closed = apply_now(ExtendHold(two.pk, 50, NOW), CloseHold(one.pk, NOW))
    assert (granted, closed) == (Granted(), Closed(50))
    assert figures(None, world.org) == (0, 100)


def test_closing_moves_what_was_spent_and_returns_the_rest_once() -> None:
    world = make_world()
    hold = world.hold(100)
    call_id, _ = reserve(hold, 40)
    settle(call_id, Charge.exact(25))
    assert close(hold) == Closed(75)
    assert close(hold) is None
    twice = world.hold(10)
    assert apply_now(CloseHold(twice.pk, NOW), CloseHold(twice.pk, NOW)) == (Closed(10), None)
    assert figures(world.eng, world.org) == (25, 0)
    assert figures(None, world.org) == (25, 0)
    assert differences() == []


def test_closing_settles_by_certainty_what_nobody_settled() -> None:
    world = make_world()
    hold = world.hold(100)
    reserve(hold, 30)
    sent, _ = reserve(hold, 40)
    send(sent)
    closed = close(hold)
    assert closed is not None
    assert closed.returned_nanousd == 60
    assert {(each.kind, each.amount_nanousd) for each in closed.recovered} == {
        ("RELEASED", 0),
        ("UNCONFIRMED", 40),
    }
    assert figures(world.eng, world.org) == (40, 0)
    assert differences() == []


def test_nothing_can_be_drawn_on_a_closed_hold_and_a_late_answer_costs_nothing_more() -> None:
    hold = make_world().hold(100, limit=200)
    call_id, _ = reserve(hold, 40)
    send(call_id)
    close(hold)
    refusal = reserve(hold, 1)[1]
    assert isinstance(refusal, Refused)
    assert (refusal.closed, refusal.extendable) == (True, False)
    assert isinstance(extend(hold, 1), Refused)
    assert settle(call_id, Charge.exact(3)) is None
    assert not send(call_id)
    assert differences() == []


def test_each_threshold_is_told_once_a_period() -> None:
    world = make_world(eng_limit=None, org_limit=100)
    for cost in (40, 15, 30, 2, 13):
        hold = world.hold(cost)
        call_id, _ = reserve(hold, cost)
        settle(call_id, Charge.exact(cost))
        close(hold)
    events = Event.objects.filter(type="budget.threshold").order_by("seq")
    assert [event.payload["percent"] for event in events] == [50, 80, 100]
    assert BudgetPeriod.objects.get().alerted_percent == 100


def test_reserving_a_whole_batch_takes_three_statements(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    world = make_world()
    holds = [world.hold(10) for _ in range(8)]
    commands = [reserve_command(hold, 1) for hold in holds for _ in range(8)]
    # One locks the holds, one writes them all, one stores the reservations.
    with django_assert_num_queries(3):  # type: ignore[operator]
        Reserve.apply(commands)
