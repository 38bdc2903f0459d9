"""The command line's client: what it asks, and how it tells what went wrong."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from runs.management.remote import Refused, Remote, Unreachable

Answer = Callable[[httpx.Request], httpx.Response]


def remote(answer: Answer) -> Remote:
    return Remote("http://127.0.0.1:1/", "mlo_key", httpx.MockTransport(answer))


def test_the_key_is_sent_and_the_body_as_given():
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, json={"id": "1"})

    assert remote(answer).submit({"project": "x"}) == {"id": "1"}
    assert seen[0].headers["authorization"] == "Bearer mlo_key"
    assert seen[0].url.path == "/api/v1/runs/"
    assert json.loads(seen[0].content) == {"project": "x"}


def test_a_lost_answer_is_asked_for_again_with_the_same_idempotency_key():
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        if len(keys) < 3:
            raise httpx.ReadTimeout("slow", request=request)
        return httpx.Response(201, json={"id": "1"})

    assert remote(answer).submit({"project": "x"}) == {"id": "1"}
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_a_server_that_stays_away_is_named_in_a_sentence():
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(Unreachable, match=r"http://127.0.0.1:1 does not answer \(refused\)"):
        remote(answer).submit({"project": "x"})


def test_a_refusal_is_not_repeated_and_reads_as_a_sentence():
    tries: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        tries.append(1)
        return httpx.Response(
            402,
            json={
                "title": "A budget leaves no room",
                "detail": "The team's budget has no room for 5.00 USD.",
                "limit_usd": "10.00",
                "spent_usd": "8.00",
                "held_usd": "1.00",
                "who_can_raise": ["ada"],
            },
        )

    with pytest.raises(Refused) as refused:
        remote(answer).submit({"project": "x"})
    assert str(refused.value) == (
        "A budget leaves no room. The team's budget has no room for 5.00 USD. Of $10.00, $8.00 "
        "is spent and $1.00 is held; it can be raised by ada."
    )
    assert len(tries) == 1


def test_refused_fields_are_named():
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(422, json={"title": "Invalid", "errors": {"project": ["Too long."]}})

    with pytest.raises(Refused, match=r"Invalid\. project: Too long\."):
        remote(answer).submit({"project": "x"})


def test_something_else_behind_the_address_is_said():
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text="<html>")

    with pytest.raises(Unreachable, match="not as this API would"):
        remote(answer).run("1")


def test_an_error_without_a_problem_still_has_its_status():
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, text="no")

    with pytest.raises(Refused, match="answered 404 Not Found"):
        remote(answer).run("1")
