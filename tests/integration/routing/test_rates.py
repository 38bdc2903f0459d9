"""Limits of rate as all workers share them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from routing.core.rates import Measure, RateLimit, Scope, Use, Wait
from routing.models import Decision, RateWindow
from routing.models import RateLimit as Row
from routing.selectors.rates import rate_limits_for
from routing.services.rates import Room, TakeRoom
from telemetry.services.journal import Journal, apply_now

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
CALL = Use(tokens=100, nanousd=50)


def make_limit(key: str = "a", **overrides: Any) -> RateLimit:
    caps = overrides.pop("caps", {Measure.REQUESTS_PER_MINUTE: 3})
    fields: dict[str, Any] = {"key": key, "label": f"limit {key}", "scope": Scope.ORG}
    return RateLimit(**(fields | {"caps": caps} | overrides))


def ask(*limits: RateLimit, use: Use = CALL, seconds: float = 0.0) -> TakeRoom:
    return TakeRoom(limits or (make_limit(),), use, NOW + timedelta(seconds=seconds))


def goes(results: Any) -> list[bool]:
    return [isinstance(result, Room) for result in results]


@pytest.mark.django_db
def test_one_batch_takes_no_more_than_there_is() -> None:
    assert goes(apply_now(*[ask() for _ in range(5)])) == [True] * 3 + [False] * 2
    (wait,) = apply_now(ask(seconds=10))
    assert wait == Wait(51.0, "limit a", Measure.REQUESTS_PER_MINUTE)
    assert goes(apply_now(ask(seconds=61)))[0]


@pytest.mark.django_db
def test_a_call_takes_room_under_all_its_limits_or_none() -> None:
    tight = make_limit("b", caps={Measure.TOKENS_PER_MINUTE: 100})
    assert goes(apply_now(ask(make_limit(), tight))) == [True]
    assert goes(apply_now(ask(make_limit(), tight))) == [False]
    # The refused call left the wider limit as it was: two more fit there.
    assert goes(apply_now(*[ask(make_limit()) for _ in range(3)])) == [True, True, False]


@pytest.mark.django_db
def test_what_a_call_did_not_use_comes_back() -> None:
    limit = make_limit(caps={Measure.TOKENS_PER_DAY: 100, Measure.NANOUSD_PER_HOUR: 50})
    (room,) = apply_now(ask(limit))
    assert goes(apply_now(ask(limit, use=Use(40, 20)))) == [False]
    assert apply_now(TakeRoom(room.limits, Use(60, 30), NOW, instead_of=room)) == (None,)
    assert goes(apply_now(ask(limit, use=Use(41, 20)))) == [False]
    assert goes(apply_now(ask(limit, use=Use(40, 20)))) == [True]


@pytest.mark.django_db
def test_a_batch_is_four_queries_however_many_ask() -> None:
    apply_now(ask())
    with CaptureQueriesContext(connection) as queries:
        apply_now(*[ask(seconds=second) for second in range(50)])
    statements = [one["sql"] for one in queries if "ratewindow" in one["sql"].lower()]
    assert len(statements) == 3


async def _race(count: int, limits: tuple[RateLimit, ...]) -> list[Any]:
    """Ask from two workers at once, each with a journal of its own."""
    journals = [Journal(0.001), Journal(0.001)]
    try:
        asks = []
        for number in range(count):
            order = limits if number % 2 else limits[::-1]
            asks.append(journals[number % 2].write(ask(*order, seconds=number / 100)))
            if number % 5 == 0:
                await asyncio.sleep(0.002)  # so that there are many batches, not two
        answers = await asyncio.gather(*asks)
        return [answer[0] for answer in answers]
    finally:
        for journal in journals:
            await asyncio.to_thread(journal.close)


@pytest.mark.django_db(transaction=True)
def test_two_workers_together_pass_no_limit() -> None:
    limits = (
        make_limit("a", caps={Measure.REQUESTS_PER_MINUTE: 17}),
        make_limit("b", caps={Measure.TOKENS_PER_MINUTE: 5_000}),
    )
    answers = asyncio.run(_race(100, limits))
    assert sum(goes(answers)) == 17
    assert {answer.limit for answer in answers if isinstance(answer, Wait)} == {"limit a"}
    assert sorted(RateWindow.objects.values_list("key", flat=True)) == ["a", "b"]


@pytest.mark.django_db
def test_an_organisation_is_counted_by_its_own_limits_and_by_everybodys() -> None:
    Row.objects.create(scope="provider", name="acme", requests_per_minute=5)
    Row.objects.create(scope="team", org_id=1, team_id=2, nanousd_per_hour=7)
    Row.objects.create(scope="org", org_id=2, tokens_per_day=9)
    Row.objects.create(scope="model", name="acme/x", requests_per_minute=1, enabled=False)
    found = rate_limits_for(1)
    assert [(one.label, dict(one.caps)) for one in found] == [
        ("limit of provider acme", {Measure.REQUESTS_PER_MINUTE: 5}),
        ("limit of team 2", {Measure.NANOUSD_PER_HOUR: 7}),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"scope": "provider"},
        {"scope": "team", "org_id": 1},
        {"scope": "org"},
        {"scope": "org", "org_id": 1, "team_id": 1},
        {"scope": "model", "name": "acme/x"},
    ],
)
def test_the_database_refuses_a_limit_of_nobody_and_a_second_of_the_same(
    fields: dict[str, Any],
) -> None:
    Row.objects.create(scope="model", name="acme/x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Row.objects.create(**fields)


OFFICE = "/admin/routing/ratelimit/add/"


def in_the_office(client: Any, **given: Any) -> Any:
    from tests.world import make_user

    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client.post(OFFICE, {"scope": "provider", "name": "acme", "enabled": "on"} | given)


@pytest.mark.django_db
def test_a_limit_set_in_the_office_is_recorded_with_who_set_it(client: Any) -> None:
    response = in_the_office(client, requests_per_minute="60", dollars_per_hour="1.50")
    assert response.status_code == 302, response.context["errors"]
    limit = Row.objects.get()
    assert (limit.requests_per_minute, limit.nanousd_per_hour) == (60, 1_500_000_000)
    change = Decision.objects.get(kind="change")
    assert change.reason == "rate limit provider acme was made"
    client.post(f"/admin/routing/ratelimit/{limit.pk}/delete/", {"post": "yes"})
    assert not Row.objects.exists()
    assert Decision.objects.filter(kind="change").count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "__all__"),
        ({"name": "", "requests_per_minute": "1"}, "name"),
        ({"scope": "org", "requests_per_minute": "1"}, "name"),
        ({"scope": "org", "name": "", "requests_per_minute": "1"}, "org"),
        ({"scope": "team", "name": "", "requests_per_minute": "1"}, "team"),
        ({"requests_per_minute": "0"}, "requests_per_minute"),
        ({"dollars_per_hour": "1e309"}, "dollars_per_hour"),
        ({"dollars_per_hour": "0"}, "dollars_per_hour"),
    ],
)
def test_the_office_refuses_a_limit_that_makes_no_sense(
    client: Any, given: dict[str, str], field: str
) -> None:
    response = in_the_office(client, **given)
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert not Row.objects.exists()
