"""What goes wrong around the operations: addresses, methods, rates; health; the schema."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from config.problems import PROBLEMS
from config.throttles import CallerThrottle
from runs import queue
from runs.api import runs as run_operations
from tests.integration.runs.api import RUNS, Api, problem
from tests.world import World, make_run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/nothing/", "/api/v2/runs/",
                                  f"{RUNS}not-a-uuid/", f"{RUNS}%00/"])  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_unknown_address_is_a_problem(api: Api, path: str, method: str):
    problem(getattr(api.client, method)(path, headers=api.headers), 404, "not-found")


@pytest.mark.parametrize("method", ["get", "post"])
def test_forgotten_slash_is_named_and_never_redirected(api: Api, method: str):
    strict = Client(enforce_csrf_checks=True)  # as for every client that is no browser
    response = getattr(strict, method)("/api/v1/runs", headers=api.headers)

    assert "/api/v1/runs/" in problem(response, 404, "not-found")["detail"]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused_naming_the_ones_there_are(api: Api, method: str):
    response = getattr(api.client, method)(RUNS, headers=api.headers)

    problem(response, 405, "method-not-allowed")
    assert response.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "application/problem+json",
                                    "nonsense", "*/*;q=x"])  # fmt: skip
def test_answer_is_json_whatever_is_accepted(api: Api, accept: str):
    response = api.get(RUNS, Accept=accept)

    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")


def test_unexpected_error_tells_nothing_but_is_logged(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def fail(*args: Any) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(run_operations, "run_list", fail)

    response = api.get(RUNS)

    problem(response, 500, "internal")
    assert b"secret" not in response.content
    assert "secret inside" in caplog.text


def test_lost_database_is_unavailable_for_a_while(api: Api, monkeypatch: pytest.MonkeyPatch):
    def fail(*args: Any) -> None:
        raise OperationalError("connection refused by 10.0.0.1")

    monkeypatch.setattr(run_operations, "run_list", fail)

    response = api.get(RUNS)

    problem(response, 503, "unavailable")
    assert response.headers["Retry-After"]
    assert b"10.0.0.1" not in response.content


def test_caller_who_asks_too_often_is_told_when_to_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(CallerThrottle, "rate", "3/min", raising=False)
    mine, theirs = Api(world.key), Api(world.sibling_key)
    for _ in range(3):
        assert mine.get(RUNS).status_code == 200

    response = mine.get(RUNS)

    problem(response, 429, "throttled")
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert theirs.get(RUNS).status_code == 200


def test_every_problem_has_a_page():
    client = Client()
    for each in PROBLEMS.values():
        page = client.get(each.type)
        assert page.status_code == 200
        assert each.title in page.content.decode().replace("&#x27;", "'")
    assert client.get("/problems/nothing").status_code == 404


def test_healthz_answers_without_a_database(django_db_blocker: Any):
    with django_db_blocker.block():
        response = Client().get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_readyz_names_what_is_missing():
    response = Client().get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"] == {"database": True, "queue": True, "workers": False}


def test_readyz_is_good_while_a_worker_beats():
    queue.beat("host:1", timezone.now())

    response = Client().get("/readyz")

    assert (response.status_code, response.json()["status"]) == (200, "ok")


def test_readyz_forgets_a_worker_that_fell_silent():
    queue.beat("host:1", timezone.now() - 2 * queue.DEAD_AFTER)

    assert Client().get("/readyz").json()["checks"]["workers"] is False


def test_readyz_answers_when_the_database_is_gone(monkeypatch: pytest.MonkeyPatch):
    def fail() -> int:
        raise OperationalError("gone")

    monkeypatch.setattr(queue, "size", fail)

    response = Client().get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"]["queue"] is False


def test_schema_is_valid_openapi_without_a_warning():
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=io.StringIO())


def test_schema_describes_operations_errors_and_examples():
    document = Client().get("/api/schema/").json()

    submit = document["paths"]["/api/v1/runs/"]["post"]
    assert set(submit["responses"]) >= {"200", "201", "401", "402", "403", "409", "413", "422"}
    assert "application/problem+json" in submit["responses"]["402"]["content"]
    assert submit["requestBody"]["content"]["application/json"]["examples"]
    assert any(p["name"] == "Idempotency-Key" for p in submit["parameters"])
    events = document["paths"]["/api/v1/runs/{run_id}/events/"]["get"]
    assert set(events["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert "401" in operation["responses"], path
            assert operation["security"]


def test_schema_comes_as_yaml_for_whoever_asks():
    response = Client().get("/api/schema/", headers={"Accept": "application/yaml"})

    assert response.content.startswith(b"openapi: 3")


def test_docs_need_nothing_from_elsewhere():
    client = Client()
    page = client.get("/api/docs/")
    script = client.get("/api/docs/?script=")

    assert page.status_code == script.status_code == 200
    assert script.headers["Content-Type"].startswith("application/javascript")
    html = page.content.decode()
    assert "https://" not in html
    assert "http://" not in html
    assert "<script>" not in html
    assert "Content-Security-Policy" in page.headers


def test_answers_are_not_kept_by_caches(api: Api, world: World):
    run = make_run(world.team)

    assert "no-store" in api.get(f"{RUNS}{run.pk}/").headers["Cache-Control"]
