"""How the tests of the REST API talk to it."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

RUNS = "/api/v1/runs/"
PROBLEM = "application/problem+json"


class Api:
    """A client that sends a key, and JSON."""

    def __init__(self, key: str = "") -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def get(self, path: str, query: Any = None, **headers: str) -> Any:
        return self.client.get(path, query or {}, headers=self.headers | headers)

    def post(self, path: str, body: Any = None, *, key: str = "", raw: bytes | None = None,
             content_type: str = "application/json") -> Any:  # fmt: skip
        data = raw if raw is not None else json.dumps({} if body is None else body).encode()
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return self.client.post(path, data, content_type=content_type, headers=headers)

    def submit(self, key: str = "", **fields: Any) -> Any:
        return self.post(RUNS, {"project": "Build a service"} | fields, key=key)


def problem(response: Any, status: int, slug: str) -> dict[str, Any]:
    """Check that a response is the documented problem, and return its body."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == PROBLEM
    body: dict[str, Any] = response.json()
    assert body["type"] == f"/problems/{slug}"
    assert body["status"] == status
    assert body["title"]
    assert "Traceback" not in response.content.decode()
    return body
