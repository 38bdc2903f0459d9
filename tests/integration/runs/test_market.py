"""Providers, models, prices and invoices on their pages, and pricing history anew."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from budgets.core.access import Role
from budgets.models import BudgetPeriod, LedgerLine
from budgets.services.reconciliation import reconcile
from routing.models import Decision, InvoiceCheck, Model, PriceOverride, Repricing
from routing.selectors import known_models, snapshot
from routing.selectors.prices import prices_at
from runs import jobs, queue
from runs.models import Run, Task
from runs.services import repricing
from runs.services.figures import rebuild_figures
from telemetry.models import Call, HourlyRollup
from tests.integration.runs.settled import COST, settled_call
from tests.world import World, make_budget, make_user, make_world

pytestmark = pytest.mark.django_db
LUNA = "sim/gpt-6-luna"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def client(world: World) -> Client:
    return logged_in(world.owner)


def logged_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def prices(org_id: int | None = None, at: Any = None) -> Any:
    spec = known_models().models[LUNA]
    found = prices_at([spec], at or timezone.now(), org_id)[LUNA]
    assert found is not None
    return found.base


def enter(client: Client, **given: Any) -> Any:
    fields = {"input": "1.5", "output": "6", "starts_at": "2026-01-01T00:00", "reason": "contract"}
    return client.post(reverse("price-add", args=[LUNA]), fields | given)


def settled(world: World, *, close: bool = True) -> Call:
    return settled_call(world.team, close=close)


def test_the_page_names_keys_only_as_set_or_not(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-never-to-be-shown")
    text = client.get(reverse("models-settings")).content.decode()
    assert "Key is set" in text
    assert "No key: set" in text
    assert "sk-never-to-be-shown" not in text
    assert LUNA in text


def test_more_models_ask_no_more_queries(
    client: Client, world: World, django_assert_max_num_queries: Any
) -> None:
    with CaptureQueriesContext(connection) as before:
        client.get(reverse("models-settings"))
    asked = len(before)
    for number in range(8):
        Model.objects.create(org_id=world.org.pk, name=f"mistral/m{number}", provider="mistral")
        enter(client)
    with django_assert_max_num_queries(asked):
        client.get(reverse("models-settings"))


def test_a_disabled_model_is_no_candidate_and_who_did_it_is_in_the_log(
    client: Client, world: World
) -> None:
    client.post(reverse("model-switch", args=[LUNA]), {"on": "0"})
    assert LUNA not in snapshot(world.org.pk, timezone.now()).models
    assert LUNA in snapshot(world.other.org_id, timezone.now()).models
    logged = Decision.objects.get(kind="change", org_id=world.org.pk)
    assert (logged.model, logged.inputs["after"]) == (LUNA, {"enabled": False})
    assert logged.actor == world.owner.get_username()
    client.post(reverse("model-switch", args=[LUNA]), {"on": "1"})
    assert LUNA in snapshot(world.org.pk, timezone.now()).models


def test_a_disabled_provider_takes_its_models_along(client: Client, world: World) -> None:
    client.post(reverse("provider-switch", args=["sim-openai"]), {"on": "0"})
    found = snapshot(world.org.pk, timezone.now())
    assert found.models
    assert not [one for one in found.models.values() if one.provider == "sim-openai"]
    client.post(reverse("provider-switch", args=["sim-openai"]), {"on": "1"})
    assert LUNA in snapshot(world.org.pk, timezone.now()).models


def test_what_the_house_has_switched_off_stays_off(client: Client, world: World) -> None:
    Model.objects.create(name=LUNA, enabled=False)
    client.post(reverse("model-switch", args=[LUNA]), {"on": "1"})
    assert LUNA not in known_models(world.org.pk).models


def test_an_organisation_changes_a_model_for_itself(client: Client, world: World) -> None:
    spec = known_models().models[LUNA]
    given = {
        "tier": "premium", "region": "eu", "context_window": 64_000, "max_output_tokens": 2000,
        "tags": "soc2, no_train", "task_types": ["summarization"],
    }  # fmt: skip
    assert client.post(reverse("model-settings", args=[LUNA]), given).status_code == 302
    changed = known_models(world.org.pk).models[LUNA]
    assert (changed.tier, changed.region, changed.max_output_tokens) == ("premium", "eu", 2000)
    assert changed.tags == {"soc2", "no_train"}
    assert known_models().models[LUNA] == spec
    wrong = client.post(
        reverse("model-settings", args=[LUNA]), given | {"max_output_tokens": 65_000}
    )
    assert wrong.status_code == 422
    assert "more than the window" in wrong.content.decode()


def test_a_model_that_litellm_knows_is_added_and_no_other(client: Client, world: World) -> None:
    name = "mistral/mistral-large-latest"
    assert client.post(reverse("model-add"), {"name": "no/such"}).status_code == 422
    assert client.post(reverse("model-add"), {"name": name}).status_code == 302
    assert known_models(world.org.pk).models[name].provider == "mistral"
    assert name not in known_models().models
    part = client.get(reverse("model-add"), {"name": "mistral large"}, headers={"HX-Request": "1"})
    assert "mistral" in part.content.decode()


def test_a_price_holds_for_its_organisation_from_its_day_on(client: Client, world: World) -> None:
    before = prices()
    assert enter(client).status_code == 302
    assert enter(client, input="9", starts_at="2099-01-01T00:00").status_code == 302
    assert prices(world.org.pk).input == Decimal(1500)
    assert prices(world.other.org_id) == prices() == before
    later = timezone.now() + timedelta(days=366 * 80)
    assert prices(world.org.pk, later).input == Decimal(9000)
    known = snapshot(world.org.pk, timezone.now())
    assert known.prices_until is not None and known.prices_until.year >= 2098
    # The same day again corrects a mistake; nothing is changed.
    enter(client, input="2")
    assert prices(world.org.pk).input == Decimal(2000)
    assert PriceOverride.objects.count() == 3
    text = client.get(reverse("model-settings", args=[LUNA])).content.decode()
    assert "contract" in text and "to come" in text
    assert Decision.objects.filter(kind="change", inputs__what="price").count() == 3


@pytest.mark.parametrize("bad", [{"input": "-1"}, {"output": ""}, {"reason": ""}, {"input": "NaN"}])
def test_a_price_that_makes_no_sense_is_refused(client: Client, bad: dict[str, str]) -> None:
    assert enter(client, **bad).status_code == 422
    assert not PriceOverride.objects.exists()


@pytest.mark.parametrize("role", [Role.ANALYST, Role.DEVELOPER, Role.AUDITOR])
def test_others_look_and_change_nothing(world: World, role: Role) -> None:
    client = logged_in(make_user(world.org, role=role))
    assert client.get(reverse("models-settings")).status_code == 200
    assert client.post(reverse("model-switch", args=[LUNA]), {"on": "0"}).status_code == 403
    assert enter(client).status_code == 403


def window() -> dict[str, str]:
    return {"model": LUNA, "starts_at": "2026-01-01T00:00", "ends_at": "2099-01-01T00:00"}


def test_history_is_priced_anew_by_new_lines_and_once(client: Client, world: World) -> None:
    make_budget(world.team)
    call, going = settled(world), settled(world, close=False)
    period = BudgetPeriod.objects.get(budget__team=world.team)
    enter(client)
    seen = client.get(reverse("reprice"), window()).content.decode()
    assert "Engineering" in seen and "1 of 2 calls" in seen

    done = client.post(reverse("reprice"), window() | {"reason": "a wrong price"}, follow=True)
    assert "goes through 2 calls" in done.content.decode()
    assert "0 of 2 looked at" in done.content.decode()
    assert not LedgerLine.objects.filter(kind="CORRECTION").exists()
    jobs.price_anew(str(Repricing.objects.get().pk))

    after = 1000 * 1500 + 500 * 6000
    (line,) = LedgerLine.objects.filter(kind="CORRECTION")
    assert (line.call_id, line.amount_nanousd) == (call.pk, after - COST)
    call.refresh_from_db()
    assert call.cost_nanousd == COST
    shown = client.get(f"/api/v1/runs/{call.run_id}/calls/").json()["results"][0]
    assert shown["cost_usd"] == "0.0045"
    period.refresh_from_db()
    assert (period.spent_nanousd, period.corrected_nanousd) == (after, after - COST)
    assert Task.objects.get(run=Run.objects.get(pk=str(call.run_id))).cost_nanousd == after - COST
    assert not [one for one in reconcile() if one.differences]
    total = sum(HourlyRollup.objects.values_list("cost_nanousd", flat=True))
    assert total == after + COST
    rebuild_figures(timezone.now())
    assert sum(HourlyRollup.objects.values_list("cost_nanousd", flat=True)) == total
    made = Repricing.objects.get()
    assert (made.calls, made.before_nanousd, made.after_nanousd) == (1, COST, after)
    assert made.finished_at is not None
    asked, told = Decision.objects.filter(inputs__what="repricing").order_by("position")
    assert asked.inputs["after"]["reason"] == "a wrong price"
    assert (told.inputs["before"], told.actor) == ({"cost_usd": "0.004"}, asked.actor)

    again = client.post(reverse("reprice"), window() | {"reason": "once more"})
    assert again.status_code == 422
    assert "Nothing would change" in again.content.decode()
    assert going.cost_nanousd == COST
    assert LedgerLine.objects.filter(kind="CORRECTION").count() == 1


def test_what_was_interrupted_goes_on_where_it_stopped_and_counts_nothing_twice(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("routing.selectors.repricing.CHUNK", 2)
    for _ in range(5):
        settled(world)
    enter(client)
    client.post(reverse("reprice"), window() | {"reason": "a wrong price"})
    made = Repricing.objects.get()
    assert not repricing.step(made.pk, timezone.now())
    assert LedgerLine.objects.filter(kind="CORRECTION").count() == 2
    part = client.get(reverse("reprice"), headers={"HX-Request": "1"}).content.decode()
    assert "2 of 5 looked at" in part and "every 2s" in part and "<html" not in part

    twice = client.post(reverse("reprice"), window() | {"reason": "once more"})
    assert "is being priced anew already" in twice.content.decode()
    later = timezone.now() + timedelta(minutes=5)
    before = queue.size()
    repricing.enqueue_forgotten(timezone.now())
    assert queue.size() == before  # a step was made just now
    repricing.enqueue_forgotten(later)
    assert queue.size() == before + 1

    assert repricing.carry_out(made.pk, 60)
    assert repricing.carry_out(made.pk, 60)  # a job that comes twice finds nothing to do
    made.refresh_from_db()
    assert (made.calls, made.looked_at, made.total) == (5, 5, 5)
    assert LedgerLine.objects.filter(kind="CORRECTION").count() == 5
    assert not [one for one in reconcile() if one.differences]
    part = client.get(reverse("reprice"), headers={"HX-Request": "1"}).content.decode()
    assert "looked at" not in part and "every 2s" not in part


def test_of_more_calls_than_a_browser_waits_for_the_first_are_shown(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repricing, "MOST_SEEN", 2)
    monkeypatch.setattr(repricing, "CHUNK", 1)
    monkeypatch.setattr("routing.selectors.repricing.CHUNK", 1)
    for _ in range(3):
        settled(world)
    enter(client)
    seen = client.get(reverse("reprice"), window()).content.decode()
    assert "2 of 2 calls, the first of 3" in seen
    assert "Correct all calls" in seen


def test_a_job_that_takes_long_rings_for_the_next_while(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "CARRY_SECONDS", -1.0)
    settled(world)
    enter(client)
    client.post(reverse("reprice"), window() | {"reason": "a wrong price"})
    before, made = queue.size(), Repricing.objects.get()
    jobs.price_anew(str(made.pk))
    assert queue.size() == before + 1
    jobs.price_anew(str(made.pk))
    assert queue.size() == before + 1
    made.refresh_from_db()
    assert made.finished_at is not None


def test_pricing_anew_wants_a_reason_and_an_end_after_its_beginning(client: Client) -> None:
    assert client.post(reverse("reprice"), window()).status_code == 422
    turned = window() | {"ends_at": "2025-01-01T00:00", "reason": "x"}
    assert client.post(reverse("reprice"), turned).status_code == 422


def upload(client: Client, text: str | bytes, **given: Any) -> Any:
    data = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile("october.csv", data, "text/csv")
    return client.post(reverse("invoices"), {"provider": "sim-openai", "file": file} | given)


def test_an_invoice_is_compared_and_kept_without_its_file(client: Client, world: World) -> None:
    settled(world)
    day = timezone.now().date().isoformat()
    text = (
        "model,token_class,tokens,cost_usd,date\n"
        f"gpt-6-luna,input,1000,0.005,{day}\ngpt-6-luna,output,500,0.002,{day}\n"
        f"gpt-6-luna,output,x,0.002,{day}\nother-model,input,7,0.1,{day}\n"
    )
    sent = upload(client, text)
    assert sent.status_code == 302, sent.content.decode()
    made = InvoiceCheck.objects.get()
    assert made.ours_nanousd == COST and made.theirs_nanousd == 107_000_000
    lines = {(line["model"], line["token_class"]): line for line in made.lines}
    assert lines[LUNA, "input"]["our_tokens"] == lines[LUNA, "input"]["their_tokens"] == 1000
    assert "another price" in " ".join(lines[LUNA, "input"]["causes"])
    assert "others use the key" in lines["other-model", "input"]["causes"][0]
    page = client.get(sent["Location"]).content.decode()
    assert "Line 4" in page and made.digest in page
    assert Decision.objects.filter(inputs__what="invoice").count() == 1
    stranger = logged_in(world.stranger)
    assert stranger.get(reverse("invoice", args=[made.pk])).status_code == 404


def test_columns_that_nobody_knows_can_be_named(client: Client, world: World) -> None:
    settled(world)
    text = f"Modell,Art,Menge,Summe,Tag\ngpt-6-luna,input,1000,0.002,{timezone.now():%Y-%m-%d}\n"
    refused = upload(client, text).content.decode()
    assert "say which column holds what" in refused
    assert '<details class="fold plain" open>' in refused
    names = {"model": "Modell", "class": "Art", "tokens": "Menge", "cost": "Summe", "day": "Tag"}
    sent = upload(client, text, **{f"column_{thing}": name for thing, name in names.items()})
    assert sent.status_code == 302, sent.content.decode()
    assert InvoiceCheck.objects.get().theirs_nanousd == 2_000_000
    assert Decision.objects.get(inputs__what="invoice").inputs["after"]["columns"] == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "Found: a, b. Needed: model"),
        (b"\xff\xfe\x00", "UTF-8"),
        ("model,tokens\n", "No row could be read"),
        ("model,tokens\nm,7\n", "names no days"),
    ],
)
def test_a_file_that_is_no_invoice_is_refused_in_words(
    client: Client, text: str | bytes, said: str
) -> None:
    sent = upload(client, text)
    assert sent.status_code == 422
    assert said in sent.content.decode()
    assert not InvoiceCheck.objects.exists()
