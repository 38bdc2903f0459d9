"""Many workers and many submissions at the same last dollar."""

from __future__ import annotations

import random
from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budgets.core.access import Action, Caller
from budgets.core.errors import BudgetExceeded, InFlight
from budgets.core.ledger import Charge, Granted, Refused
from budgets.models import BudgetPeriod, Hold, LedgerLine, Org, Team
from budgets.services import idempotency
from budgets.services.ledger import CloseHold, ExtendHold, RecoverHold, Settle
from telemetry.models import Call
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordCall
from tests.integration.budgets.race import at_once, in_processes
from tests.integration.budgets.world import (
    NOW,
    World,
    call_row,
    close,
    differences,
    figures,
    make_world,
    record_call,
    recover,
    reserve,
    send,
)

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(results: list[Any]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


def test_of_ten_runs_that_want_the_last_thirty_three_get_it() -> None:
    world = make_world(org_limit=100, eng_limit=None)
    results = at_once([partial(world.hold, 30)] * 10)
    assert kinds(results) == {"Hold": 3, "BudgetExceeded": 7}
    assert figures(None, world.org) == (0, 90)
    assert BudgetPeriod.objects.count() == 1
    assert differences() == []


def _hold_in_a_process(number: int) -> int:
    """Take as much as there is in steps of 7; return how often it worked."""
    org = Org.objects.get(slug="acme")
    world = World(org, Team.objects.get(slug="eng"), Team.objects.get(slug="ops"))
    team = world.eng if number % 2 else world.ops
    taken = 0
    while True:
        try:
            world.hold(7, team=team)
        except BudgetExceeded:
            connection.close()
            return taken
        taken += 1


def test_four_processes_take_what_there_is_and_nothing_more() -> None:
    make_world(org_limit=200, eng_limit=100)
    taken = in_processes(4, _hold_in_a_process)
    assert sum(taken) == 200 // 7
    assert taken[1] + taken[3] <= 100 // 7
    assert BudgetPeriod.objects.get(budget__team=None).held_nanousd == 196
    assert differences() == []


def test_calls_at_once_never_reserve_more_than_their_hold_has() -> None:
    hold = make_world().hold(100)
    results = at_once([partial(reserve, hold, 30)] * 8)
    assert kinds([result[1] for result in results]) == {"Granted": 3, "Refused": 5}
    hold.refresh_from_db()
    assert hold.reserved_nanousd == 90


def test_holds_that_grow_at_once_never_pass_the_limit() -> None:
    world = make_world(org_limit=100, eng_limit=60)
    holds = [world.hold(5, team=team, limit=50) for team in (world.eng, world.ops) * 3]
    results = at_once([partial(apply_now, ExtendHold(hold.pk, 20, NOW)) for hold in holds])
    granted = [result for (result,) in results if isinstance(result, Granted)]
    refused = [result for (result,) in results if isinstance(result, Refused)]
    # 30 are held; the org has room for three more of 20, the team eng for two.
    assert (len(granted), len(refused)) == (3, 3)
    assert figures(None, world.org) == (0, 90)
    assert differences() == []


def test_a_hold_closed_by_several_at_once_is_closed_once() -> None:
    world = make_world()
    hold = world.hold(100)
    results = at_once([partial(apply_now, CloseHold(hold.pk, NOW))] * 6)
    assert kinds([result for (result,) in results]) == {"Closed": 1, "NoneType": 5}
    assert figures(None, world.org) == (0, 0)


def test_a_hold_with_an_abandoned_call_locks_its_periods_before_the_figures_by_hour() -> None:
    hold = make_world().hold(100)
    call_id, _ = reserve(hold, 30)
    send(call_id)

    with CaptureQueriesContext(connection) as asked:
        apply_now(CloseHold(hold.pk, NOW))

    statements = [query["sql"] for query in asked.captured_queries]
    tables = ("budgets_budgetperiod", "telemetry_hourlyrollup")
    first = [next(n for n, sql in enumerate(statements) if table in sql) for table in tables]
    assert first == sorted(first)
    assert differences() == []


def test_a_batch_locks_the_figures_of_the_hour_once_whoever_adds_to_them() -> None:
    world = make_world()
    holds = [world.hold(100), world.hold(100), world.hold(100)]
    left = [reserve(hold, 30)[0] for hold in holds[:2]]
    for call_id in left:
        send(call_id)
    own, _ = reserve(holds[2], 30, model="sim/claude")

    with CaptureQueriesContext(connection) as asked:
        apply_now(
            CloseHold(holds[0].pk, NOW),
            RecoverHold(holds[1].pk, NOW),
            Settle(own, Charge.exact(3), NOW),
            RecordCall(call_row(own, 3)),
        )

    statements = [query["sql"] for query in asked.captured_queries]
    assert sum("INSERT INTO telemetry_hourlyrollup" in sql for sql in statements) == 1
    assert Call.objects.count() == 3
    assert differences() == []


def test_a_call_settled_by_its_worker_and_by_recovery_at_once_is_charged_once() -> None:
    world = make_world()
    for _ in range(5):
        hold = world.hold(10)
        call_id, _ = reserve(hold, 10)
        send(call_id)
        settled, recovered = at_once(
            [
                partial(apply_now, Settle(call_id, Charge.exact(4), NOW)),
                partial(recover, hold),
            ]
        )
        assert (settled == (4,)) is (recovered == [])
        if settled == (4,):
            record_call(call_id, 4)
        close(hold)
    assert LedgerLine.objects.filter(call_id__isnull=False).count() == 5
    assert differences() == []


def test_submissions_extensions_and_closings_in_any_order_never_wait_for_each_other_forever() -> (
    None
):
    world = make_world(org_limit=100_000, eng_limit=90_000)
    make_world(org_limit=100_000, eng_limit=90_000, slug="other")
    other = World(
        Org.objects.get(slug="other"),
        Team.objects.get(org__slug="other", slug="eng"),
        Team.objects.get(org__slug="other", slug="ops"),
    )

    def work(seed: int) -> int:
        dice, mine = random.Random(seed), list[Hold]()
        for _ in range(15):
            where = dice.choice([world, other])
            mine.append(where.hold(10, team=dice.choice([where.eng, where.ops]), limit=50))
            dice.shuffle(mine)
            commands = [ExtendHold(hold.pk, 5, NOW) for hold in mine[:3]]
            if len(mine) > 3:
                commands.append(CloseHold(mine.pop().pk, NOW))
            apply_now(*commands)
        return len(mine)

    results = at_once([partial(work, seed) for seed in range(6)])
    assert all(isinstance(result, int) for result in results), results
    assert differences() == []


def test_of_one_request_sent_many_times_at_once_one_is_done() -> None:
    world = make_world()
    caller = Caller("key", api_key_id=1, team_actions={world.eng.pk: frozenset(Action)})
    send_it = partial(idempotency.begin, caller, "k", "POST", "/runs/", "digest", NOW)
    results = at_once([send_it] * 8)
    assert kinds(results) == {"Fresh": 1, "InFlight": 7}
    assert isinstance(next(each for each in results if isinstance(each, InFlight)), InFlight)
