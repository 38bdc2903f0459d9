"""Bodies that are too large, sent to the real web server: refused before they have come."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.browser.site import served

LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder: Path = tmp_path_factory.mktemp("web")
    with served({"DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder}/db"}) as address:
        yield int(address.rpartition(":")[2])


def answer(port: int, headers: str, *parts: bytes) -> tuple[int, Any]:
    """Send a request that never comes to its end; return what it is answered meanwhile."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        head = f"POST /api/v1/runs/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n\r\n"
        connection.sendall(head.encode())
        for part in parts:
            connection.sendall(part)
        received = b""
        while data := connection.recv(65536):
            received += data
    top, _, body = received.partition(b"\r\n\r\n")
    assert b"application/problem+json" in top
    return int(top.split()[1]), json.loads(body)


def test_a_declared_length_above_the_limit_is_refused_before_the_body(port: int) -> None:
    status, problem = answer(port, f"Content-Length: {LIMIT + 1}")

    assert (status, problem["type"]) == (413, "/problems/too-large")


def test_chunks_are_counted_as_they_come(port: int) -> None:
    chunk = b"%x\r\n%s\r\n" % (LIMIT // 4, b"a" * (LIMIT // 4))

    status, problem = answer(port, "Transfer-Encoding: chunked", *[chunk] * 5)

    assert (status, problem["type"]) == (413, "/problems/too-large")


def test_a_body_within_the_limit_is_read(port: int) -> None:
    body = b'{"project": "%s"}' % (b"a" * (LIMIT - 100))

    headers = f"Connection: close\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    status, _ = answer(port, headers, body)

    assert status == 401
