"""Usage over REST: the right figures, to the right callers, within bounds."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from budgets.core.access import Scope
from runs.api.usage_files import FOCUS, cell
from tests.integration.runs.api import Api, problem
from tests.integration.runs.usage import KIMI, LUNA, ago, make_history, of
from tests.integration.telemetry.facts import call, record, score
from tests.world import World, make_key, make_team

USAGE = "/api/v1/usage/"


@pytest.fixture
def history(world: World) -> None:
    make_history(world)


def usage(api: Api, **query: Any) -> Any:
    response = api.get(USAGE, query)
    assert response.status_code == 200, response.content
    return response.json()


def rows(api: Api, group_by: str, **query: Any) -> dict[Any, Any]:
    names = group_by.split(",")
    found = usage(api, group_by=group_by, **query)["results"]
    return {tuple(row[name] for name in names): row for row in found}


def lines(response: Any) -> list[str]:
    return b"".join(response.streaming_content).decode().splitlines()


def test_usage_by_model_tells_calls_money_tokens_scores_and_latencies(
    api: Api, history: None
) -> None:
    found = rows(api, "model")

    luna = found[LUNA,]
    assert (luna["calls"], luna["errors"], luna["cost_usd"]) == (2, 0, "2.000001")
    assert (luna["input_tokens"], luna["output_tokens"]) == (200, 20)
    assert (luna["score_n"], luna["score_mean"], luna["attempts"], luna["accepted"]) == (
        2, 0.7, 2, 1,
    )  # fmt: skip
    low, high = luna["score_interval"]
    assert low == 0.0 and high == 1.0  # two scores say little
    assert luna["latency_p50_ms"] == pytest.approx(900, rel=0.05)
    assert luna["latency_p95_ms"] == pytest.approx(4_000, rel=0.05)
    assert luna["cost_per_accepted_usd"] == "0.00001"


def test_unknown_costs_are_null_and_errors_have_an_origin(api: Api, history: None) -> None:
    (row,) = usage(api, group_by="model", model=KIMI, status="ok")["results"]
    assert (row["cost_usd"], row["unpriced_calls"], row["score_mean"]) == (None, 1, None)

    kimi = rows(api, "model")[KIMI,]
    assert kimi["errors_by_origin"] == {"provider": 1, "policy": 0, "budget": 0, "us": 0}
    assert kimi["cost_usd"] == "0.000001"


def test_groups_may_be_joined_and_time_comes_first(api: Api, history: None) -> None:
    found = usage(api, group_by="task_type,day")

    days = [row["day"] for row in found["results"]]
    assert days == sorted(days)
    assert list(found["results"][0])[:3] == ["task_type", "day", "calls"]
    assert found["results"][0]["task_type"] == "code_review"
    assert found["results"][0]["day"] == ago(days=10).date().isoformat()
    assert found["group_by"] == ["task_type", "day"]


def test_hours_are_moments(api: Api, history: None) -> None:
    found = rows(api, "hour")

    assert sorted(hour for (hour,) in found) == sorted(
        at.replace(minute=0).isoformat().replace("+00:00", "Z")
        for at in (ago(hours=2), ago(hours=3))
    )


def test_without_groups_there_is_one_row_which_is_the_total(api: Api, history: None) -> None:
    found = usage(api)

    assert found["results"] == [found["total"]]
    assert found["total"]["calls"] == 4


def test_nothing_at_all_is_an_empty_list_and_a_total_of_zero(api: Api) -> None:
    found = usage(api, group_by="model")

    assert (found["results"], found["total"]["calls"]) == ([], 0)
    assert found["total"]["latency_p50_ms"] is None


@pytest.mark.parametrize(
    ("query", "calls"),
    [
        ({"task_type": "code_review"}, 1),
        ({"provider": "sim-moonshot"}, 2),
        ({"model": f"{LUNA},{KIMI}"}, 4),
        ({"status": "error"}, 1),
        ({"phase": "evaluation"}, 0),
        ({"team": "eng"}, 4),
        ({"team": "research"}, 0),
        ({"team": "nobody's"}, 0),
        ({"range": "24h"}, 3),
        ({"from": (timezone.now() - timedelta(days=11)).date(), "to": ago(days=5).date()}, 1),
    ],
)
def test_filters_narrow(api: Api, history: None, query: Any, calls: int) -> None:
    assert usage(api, **query)["total"]["calls"] == calls


def test_a_caller_sees_its_own_teams_alone(world: World, history: None) -> None:
    assert usage(Api(world.sibling_key))["total"]["cost_usd"] == "0.0000005"
    assert usage(Api(world.stranger_key))["total"]["cost_usd"] == "0.000000077"
    client = Api()
    client.client.force_login(world.owner)
    found = rows(client, "team")
    assert {team for (team,) in found} == {"eng", "research"}


def test_usage_needs_its_scope(world: World) -> None:
    problem(Api(world.reading_key).get(USAGE), 403, "forbidden")
    problem(Api().get(USAGE), 401, "unauthenticated")
    only = Api(make_key(world.team, scopes=[Scope.USAGE_READ]))
    assert only.get(USAGE).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"group_by": "colour"}, "group_by"),
        ({"group_by": "day,hour"}, "group_by"),
        ({"from": "2026-11-20", "to": "2026-11-10"}, "from"),
        ({"from": "2016-11-26"}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-11-26T10:00:00"}, "to"),
        ({"from": "0001-01-01", "to": "9999-12-31"}, "to"),
        ({"range": "10y"}, "range"),
        ({"range": "7d", "from": "2026-11-20"}, "range"),
        ({"range": "30d", "group_by": "hour"}, "range"),
        ({"from": "2026-01-20", "group_by": "hour"}, "from"),
        ({"page_size": "0"}, "page_size"),
        ({"page_size": "9" * 400}, "page_size"),
        ({"format": "xml"}, "format"),
        ({"status": "asleep"}, "status"),
        ({"model": "x" * 300}, "model"),
        ({"model": ",".join(f"m{n}" for n in range(60))}, "model"),
        ({"model": "a\x00b"}, "model"),
    ],
)
def test_nonsense_is_refused_by_name(api: Api, query: Any, field: str) -> None:
    body = problem(api.get(USAGE, query), 400, "malformed")

    assert any(name.startswith(field) for name in body["errors"]), body


@pytest.mark.parametrize("cursor", ["nonsense", "cm93PTA", "cm93PS01", "é"])
def test_a_cursor_not_made_here_is_refused(api: Api, cursor: str) -> None:
    problem(api.get(USAGE, {"cursor": cursor}), 400, "malformed")


def test_a_long_query_is_no_reason_to_fail(api: Api) -> None:
    assert api.get(USAGE, {"model": "m," * 32_000, "other": "x" * 30_000}).status_code in (200, 400)


def test_more_rows_than_pages_hold_are_refused_and_a_file_has_them(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runs.api.usage.MAX_ROWS", 3)
    record(*(of(world.team, call(at=ago(hours=1), model=f"m{n}")) for n in range(4)))

    body = problem(api.get(USAGE, {"group_by": "model"}), 400, "malformed")

    assert "format=csv" in body["errors"]["group_by"][0]
    assert api.get(USAGE, {"group_by": "model", "format": "csv"}).headers["X-Row-Count"] == "4"
    assert len(usage(api, group_by="model", model="m1,m2,m3")["results"]) == 3


def test_pages_hold_every_row_once(api: Api, world: World) -> None:
    record(*(of(world.team, call(at=ago(hours=1), model=f"m{n:02}")) for n in range(25)))
    seen, url = [], f"{USAGE}?group_by=model&page_size=10"
    sizes = []
    while url:
        page = api.get(url).json()
        sizes.append(len(page["results"]))
        seen += [row["model"] for row in page["results"]]
        url = page["next"]

    assert seen == [f"m{n:02}" for n in range(25)]
    assert sizes == [10, 10, 5]
    back = api.get(page["previous"]).json()
    assert back["results"][0]["model"] == "m10"
    assert api.get(back["previous"]).json()["previous"] is None


def test_a_file_states_its_rows_first_and_holds_them_all(api: Api, world: World) -> None:
    record(*(of(world.team, call(at=ago(hours=1), model=f"m{n}")) for n in range(700)))
    record(of(world.team, score(at=ago(hours=1), model="m1")))

    response = api.get(USAGE, {"group_by": "model", "format": "csv", "page_size": "5"})
    first, *rest = lines(response)

    assert response.headers["X-Row-Count"] == "700"
    assert response.headers["Content-Type"].startswith("text/csv")
    assert first.startswith("# rows: 700;")
    table = list(csv.DictReader(io.StringIO("\n".join(rest))))
    assert len(table) == 700
    one = next(row for row in table if row["model"] == "m1")
    assert (one["calls"], one["cost_usd"], one["score_mean"]) == ("1", "0.000001", "0.9")
    assert (one["score_low"], one["errors_provider"]) == ("", "0")


def test_focus_has_its_columns_and_a_charge_a_day_team_and_model(api: Api, history: None) -> None:
    first, *rest = lines(api.get(USAGE, {"format": "focus", "group_by": "phase"}))
    table = list(csv.DictReader(io.StringIO("\n".join(rest))))

    assert tuple(table[0]) == FOCUS
    assert first.startswith(f"# rows: {len(table)};")
    oldest = table[0]
    assert oldest["SubAccountId"] == "eng"
    assert (oldest["BilledCost"], oldest["BillingCurrency"]) == ("0.000001", "USD")
    day = ago(days=10).date()
    assert oldest["ChargePeriodStart"] == f"{day}T00:00:00Z"
    assert oldest["ChargePeriodEnd"] == f"{day + timedelta(days=1)}T00:00:00Z"
    assert oldest["BillingPeriodStart"].endswith("-01T00:00:00Z")
    assert oldest["ConsumedQuantity"] == "110"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert cell(-1) == -1
    assert cell("sim/x") == "sim/x"


def test_days_are_those_of_the_organisation(api: Api, world: World) -> None:
    world.org.time_zone = "Asia/Tokyo"
    world.org.save(update_fields=["time_zone"])
    at = datetime.combine(ago(days=1).date(), datetime.min.time(), UTC) - timedelta(hours=6)
    record(of(world.team, call(at=at)))  # three in the morning of the next day in Tokyo

    found = rows(api, "day")

    assert list(found) == [(ago(days=1).date().isoformat(),)]


def test_queries_do_not_grow_with_rows(api: Api, world: World, history: None) -> None:
    usage(api, group_by="model,day")
    with CaptureQueriesContext(connection) as few:
        usage(api, group_by="model,day,team,task_type")
    record(*(of(world.team, call(at=ago(hours=n), model=f"m{n}")) for n in range(40)))
    with CaptureQueriesContext(connection) as many:
        usage(api, group_by="model,day,team,task_type")

    assert len(many) == len(few)


def test_two_teams_of_one_slug_are_told_apart(world: World) -> None:
    twin = make_team(world.other.org, slug="twin")
    same = make_team(world.org, slug="twin")
    from budgets.models import Membership

    Membership.objects.create(user=world.owner, org=twin.org, team=twin, role="analyst")
    record(of(twin, call(at=ago(hours=1))), of(same, call(at=ago(hours=1), cost_nanousd=5)))
    client = Api()
    client.client.force_login(world.owner)

    names = {team for (team,) in rows(client, "team")}
    assert names == {f"{twin.org.slug}/twin", f"{same.org.slug}/twin"}
    assert usage(client, team=f"{same.org.slug}/twin")["total"]["cost_usd"] == "0.000000005"
