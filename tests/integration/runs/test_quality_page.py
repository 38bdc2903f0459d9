"""Quality and providers: what the figures say, what they refuse to say, and to whom."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from uuid_utils.compat import uuid7

from budgets.models import User
from routing.models import Breaker
from telemetry.models import Call, Event, Score
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordCall, RecordScore
from tests.world import World

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def scored(world: World, model: str, kind: str, *scores: float | None, **fields: Any) -> None:
    """Record evaluated attempts, as the engine does."""
    team = fields.pop("team", world.team)
    values = {"at": timezone.now(), "accepted": True, "cost_nanousd": 2_000_000} | fields
    made = [
        Score(
            org_id=team.org_id,
            team_id=team.pk,
            run_id=uuid7(),
            task_type=kind,
            provider="sim-openai",
            model=model,
            score=one,
            **values,
        )
        for one in scores
    ]
    apply_now(*(RecordScore(one) for one in made))


def called(world: World, model: str = "sim/one", **fields: Any) -> None:
    values: dict[str, Any] = {
        "at": timezone.now(), "org_id": world.org.pk, "team_id": world.team.pk, "run_id": uuid7(),
        "phase": "generation", "task_type": "code_review", "provider": "sim-openai",
        "outcome": "ok", "latency_ms": 800, "cost_nanousd": 1_000,
    } | fields  # fmt: skip
    apply_now(RecordCall(Call(id=uuid7(), model=model, **values)))


def page_of(world: World, query: str = "", name: str = "quality") -> str:
    answer = client_of(world.member).get(f"{reverse(name)}?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("name", ["quality", "quality-csv", "providers"])
def test_pages_ask_a_stranger_to_log_in(name: str, db: None):
    assert Client().get(reverse(name)).status_code == 302


def test_a_cell_says_mean_n_and_interval_and_leads_to_its_runs(world: World):
    scored(world, "sim/one", "code_review", *[0.8, 0.9] * 6)
    text = page_of(world, "range=30d")
    assert "mean score 0.85 · 95 % interval 0.82 to 0.88 · n 12 evaluated attempts" in text
    assert 'href="/runs/?range=30d&amp;task_type=code_review&amp;model=sim%2Fone"' in text


def test_few_observations_are_hatched_and_no_data_is_blank_and_never_zero(world: World):
    scored(world, "sim/one", "code_review", 0.8)
    scored(world, "sim/two", "summarization", *[0.9] * 12)
    text = page_of(world)
    assert len(re.findall(r'<td class="h\d thin', text)) == 1
    assert "too few to rely on" in text
    assert text.count('<td class="none">') == 2
    assert "<b>0.00</b>" not in text


def test_an_attempt_nobody_could_judge_is_no_score_of_zero(world: World):
    scored(world, "sim/one", "code_review", None, accepted=False)
    assert "Nothing to compare yet" in page_of(world)
    assert "<b>0 %</b>" in page_of(world, "metric=success")


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("quality", "<b>0.90</b>"),
        ("cost", "<b>$0.0020</b>"),
        ("latency", "<b>8"),
        ("success", "<b>100 %</b>"),
        ("nonsense", "<b>0.90</b>"),
    ],
)
def test_the_metric_can_be_switched(world: World, metric: str, expected: str):
    scored(world, "sim/one", "code_review", *[0.9] * 12)
    called(world)
    assert expected in page_of(world, f"metric={metric}")


def test_latency_is_that_of_calls_that_wrote(world: World):
    called(world, latency_ms=900)
    called(world, latency_ms=90_000, phase="evaluation")
    text = page_of(world, "metric=latency")
    assert "n 1 calls" in text
    assert "90" not in text.split("<tbody>")[1].split("</tbody>")[0].replace("900", "")


def test_the_change_is_against_the_same_time_before(world: World):
    long_ago = timezone.now() - timedelta(days=9)
    scored(world, "sim/one", "code_review", *[0.5] * 12, at=long_ago)
    scored(world, "sim/one", "code_review", *[0.8] * 12)
    text = page_of(world, "range=7d")
    assert "+0.30 on the same time before (n 12)" in text
    assert "↑" in text


def test_the_best_of_a_column_is_marked(world: World):
    scored(world, "sim/one", "code_review", *[0.8] * 12)
    scored(world, "sim/two", "code_review", *[0.9] * 12)
    text = page_of(world)
    assert text.count("the best of its column") >= 1
    assert text.count(' best"') == 2  # the cell, and the legend


def test_the_table_shows_every_metric_best_first(world: World):
    scored(world, "sim/one", "code_review", *[0.8] * 12)
    scored(world, "sim/two", "code_review", *[0.9] * 12)
    text = page_of(world, "view=table").split("<tbody>")[1]
    assert text.index(">sim/two<") < text.index(">sim/one<")


def test_other_teams_count_for_nothing(world: World):
    scored(world, "sim/secret", "code_review", 0.9, team=world.sibling)
    scored(world, "sim/secret", "code_review", 0.9, team=world.other)
    assert "sim/secret" not in page_of(world)
    assert "sim/secret" not in page_of(world, name="quality-csv")
    assert "sim/secret" not in page_of(world, name="providers")


def test_csv_holds_every_pair_and_says_how_many_first(world: World):
    scored(world, "sim/one", "code_review", 0.8, 0.9)
    scored(world, "=HYPERLINK(1)", "code_review", 0.9)
    answer = client_of(world.member).get(reverse("quality-csv"))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert answer["X-Total-Rows"] == "2" == str(len(rows))
    assert [row["model"] for row in rows] == ["'=HYPERLINK(1)", "sim/one"]
    assert (rows[1]["score_n"], rows[1]["cost_per_accepted_usd"]) == ("2", "0.002")
    assert rows[0]["score_low"] == ""


@pytest.mark.parametrize("name", ["quality", "providers"])
def test_a_refresh_is_the_part_alone(world: World, name: str):
    scored(world, "sim/one", "code_review", 0.8)
    answer = client_of(world.member).get(reverse(name), headers={"HX-Request": "true"})
    assert answer.content.decode().lstrip().startswith(("<section", "<div"))
    assert b"<html" not in answer.content


@pytest.mark.parametrize("name", ["quality", "providers"])
def test_more_models_cost_no_more_queries(
    world: World,
    name: str,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
):
    client = client_of(world.member)
    scored(world, "sim/one", "code_review", 0.8)
    called(world)
    with django_assert_max_num_queries(14) as small:
        client.get(reverse(name))
    for number in range(12):
        scored(world, f"sim/{number}", "summarization", 0.8)
        called(world, f"sim/{number}")
    with django_assert_num_queries(len(small)):
        client.get(reverse(name))


def changed(model: str, to: str, at: Any, reason: str = "") -> None:
    Event.objects.create(
        type="breaker.changed", at=at, payload={"model": model, "to": to, "reason": reason}
    )


def test_providers_show_errors_by_origin_and_latencies(world: World):
    called(world, outcome="error", error_origin="provider")
    called(world, outcome="error", error_origin="budget")
    called(world)
    called(world)
    text = page_of(world, name="providers")
    assert '<td class="c-calls num">4</td><td class="c-failed num">50 %</td>' in text
    assert "provider 1" in text
    assert "budget 1" in text
    assert "policy" not in text.split('class="dense providers"')[1].split("</table>")[0]


def test_a_breaker_shows_its_state_and_history(world: World):
    now = timezone.now()
    called(world)
    Breaker.objects.create(model="sim/one", state="OPEN", reason="three 503", updated_at=now)
    changed("sim/one", "OPEN", now - timedelta(days=3), "three 503")
    changed("sim/one", "CLOSED", now - timedelta(days=2))
    changed("sim/one", "OPEN", now - timedelta(hours=1), "three 503")
    text = page_of(world, name="providers")
    assert "opened 2 times" in text
    assert text.count('class="open"') == 2
    assert "1 of 1 models not called as usual" in text


def test_only_whoever_operates_the_house_clears_a_breaker(world: World):
    Breaker.objects.create(model="sim/one", state="OPEN", updated_at=timezone.now())
    called(world)
    url = reverse("breaker-clear")
    assert client_of(world.owner).post(url, {"model": "sim/one"}).status_code == 403
    assert "Clear<span" not in page_of(world, name="providers")

    world.member.is_staff = True
    world.member.save()
    assert "Clear<span" in page_of(world, name="providers")
    answer = client_of(world.member).post(url, {"model": "sim/one"}, follow=True)
    assert "sim/one is called again." in answer.content.decode()
    assert Breaker.objects.get().state == "CLOSED"


def test_clearing_what_is_not_there_is_no_error(world: World):
    world.member.is_staff = True
    world.member.save()
    answer = client_of(world.member).post(reverse("breaker-clear"), {"model": "\0x"}, follow=True)
    assert "nothing to clear" in answer.content.decode()
