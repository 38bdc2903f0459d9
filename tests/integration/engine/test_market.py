"""What an organisation says of models and prices, at work in the engine."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from budgets.models import LedgerLine
from routing.core.pricing import cost, flat_prices
from routing.models import Decision
from routing.selectors.repricing import usage_of
from routing.services.market import Actor, add_price, switch_model
from tests.fixtures.simulator import Simulator
from tests.integration.engine.harness import assert_money_adds_up, calls_of, carry, given_run
from tests.integration.engine.world import make_team

pytestmark = pytest.mark.django_db(transaction=True)
LUNA, HAIKU = "sim/gpt-6-luna", "sim/claude-haiku-5-5"


def actor() -> Actor:
    return Actor(make_team().org_id, "ada", timezone.now())


def test_a_disabled_model_is_no_candidate_of_any_call(providers: Simulator) -> None:
    assert switch_model(LUNA, False, actor())

    (run,) = carry(given_run({"key": "a"}))

    assert calls_of(run)
    assert not providers.requests(model="gpt-6-luna")
    for decision in Decision.objects.filter(kind="route"):
        assert LUNA not in {one["model"] for one in decision.candidates["candidates"]}


@pytest.mark.usefixtures("providers")
def test_calls_are_charged_the_price_that_holds_when_they_are_made() -> None:
    who, past = actor(), timezone.now() - timedelta(days=1)
    for model in (LUNA, HAIKU):
        add_price(model, past, {"input": Decimal(3), "output": Decimal(7)}, "contract", who)
        tomorrow = {"input": Decimal(90), "output": Decimal(90)}
        add_price(model, past + timedelta(days=2), tomorrow, "dearer", who)

    (run,) = carry(given_run({"key": "a"}, allowed_models=[LUNA, HAIKU]))

    prices = flat_prices(Decimal(3), Decimal(7))
    told = [call for call in calls_of(run) if call.input_tokens]
    assert told
    for call in told:
        assert call.cost_nanousd == cost(prices, usage_of(call))
        line = LedgerLine.objects.get(call_id=call.pk)
        assert line.amount_nanousd == call.cost_nanousd and not line.over_bound
    assert_money_adds_up(run)
