"""Every operation of the REST API against what its own schema makes up, right and wrong."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from django.core.cache import cache
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from tests.integration.runs.api import Api
from tests.world import World, make_budget, make_call, make_run, make_task

pytestmark = pytest.mark.django_db

EXAMPLES = 10
SCHEMA = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
OPERATIONS = {
    found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)
}


@pytest.fixture
def places(world: World) -> dict[str, str]:
    """Return what addresses may name: without it, hardly one would be more than a 404."""
    run = make_run(world.team)
    make_task(run, output="done")
    make_call(run)
    return {"run_id": str(run.pk), "key": "t1", "budget_id": str(make_budget(world.team).pk)}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_no_request_makes_a_server_error(
    label: str, mode: GenerationMode, api: Api, places: dict[str, str]
) -> None:
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answers(case: Case[Any]) -> None:
        cache.clear()  # the throttle's count: it would answer everything else itself
        response = send(api, case, places)
        assert response.status_code < 500, case.as_curl_command()
        if response.status_code >= 400:
            assert response.headers["Content-Type"] == "application/problem+json"

    answers()


def send(api: Api, case: Case[Any], places: dict[str, str]) -> Any:
    """Send the request that a case describes, to a place that is there where it names one."""
    case.path_parameters = {**(case.path_parameters or {})}
    case.path_parameters |= {name: places[name] for name in case.path_parameters if name in places}
    asked = case.as_transport_kwargs(base_url="http://testserver")
    sent = {name: str(value) for name, value in (asked["headers"] or {}).items()}
    data = asked.get("data", b"") or b""
    body = json.dumps(asked["json"]) if "json" in asked else data
    return api.client.generic(
        asked["method"],
        asked["url"].removeprefix("http://testserver"),
        body,
        content_type=sent.pop("Content-Type", "application/json"),
        QUERY_STRING=urlencode(asked.get("params") or {}, doseq=True),
        headers=sent | api.headers,
    )
