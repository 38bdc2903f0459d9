"""Bodies that come in chunks, as clients send them that do not know the length beforehand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator

from config.asgi import application
from runs.models import Run
from tests.integration.runs.api import RUNS
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def send(key: str, *parts: bytes) -> tuple[int, Any]:
    """Post the parts as one chunked request, as the web server hands it on."""

    async def talk() -> tuple[int, Any]:
        scope = {
            "type": "http", "method": "POST", "path": RUNS, "query_string": b"",
            "headers": [
                (b"host", b"127.0.0.1"),
                (b"authorization", f"Bearer {key}".encode()),
                (b"content-type", b"application/json"),
                (b"transfer-encoding", b"chunked"),
            ],
        }  # fmt: skip
        web = ApplicationCommunicator(application, scope)
        for place, part in enumerate(parts):
            more = place < len(parts) - 1
            await web.send_input({"type": "http.request", "body": part, "more_body": more})
        start = await web.receive_output(10)
        body = await web.receive_output(10)
        return start["status"], json.loads(body["body"])

    answer: tuple[int, Any] = async_to_sync(talk)()
    return answer


def test_a_body_in_chunks_is_read(world: World) -> None:
    status, body = send(world.key, b'{"project": "Build', b' a service"}')
    assert (status, body["project"]) == (201, "Build a service")


def test_a_body_in_chunks_is_limited_as_any_other(world: World) -> None:
    status, body = send(world.key, b'{"project": "', *[b"a" * 100_000] * 11, b'"}')
    assert (status, body["type"]) == (413, "/problems/too-large")
    assert Run.objects.count() == 0
