"""Calls over litellm's adapters, and what their failures are taken for.

The simulator's faults in each wire format, and byte-exact answers that try to mislead.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import litellm
import pytest
from litellm.integrations.custom_logger import CustomLogger

from routing import llm
from routing.core.catalog import ModelSpec, ProviderSpec
from routing.core.catalog_file import parse_catalogue
from routing.core.errors import (
    ContentRefused,
    ContextTooLong,
    PermanentModelError,
    ProviderError,
    RequestError,
    TransientError,
)
from routing.core.request import Message, ModelRequest, Reply
from tests.component.llm.raw_provider import RawProvider, raw_provider
from tests.fixtures.simulator import Simulator, simulator, simulator_process  # noqa: F401
from tests.unit.routing.worlds import make_request, make_spec

CATALOGUE = parse_catalogue(
    (Path(__file__).parents[3] / "routing" / "catalogue.toml").read_text(encoding="utf-8")
)
# One model of each wire format, and both providers that speak OpenAI's with an accent.
WIRES = [
    "sim/gpt-6.1-terra",
    "sim/claude-sonnet-5-5",
    "sim/gemini-3.8-flash",
    "sim/kimi-k2.6",
    "sim/deepseek-v4-flash",
]
KEY = "sk-very-secret-key"
PROMPT = "Sum up: a cat sat on a mat."
MISLEADING = {
    "error": {
        "message": "404 model_not_found invalid_request_error Incorrect API key provided: 401 "
        "This model's maximum context length is 1 token, prompt is too long",
        "type": "server_error",
        "code": None,
    }
}


@pytest.fixture
def sim(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:  # noqa: F811
    monkeypatch.setenv("SIM_BASE_URL", simulator.url)
    return simulator


@pytest.fixture
def raw(monkeypatch: pytest.MonkeyPatch) -> Iterator[RawProvider]:
    with raw_provider() as provider:
        monkeypatch.setenv("RAW_BASE_URL", provider.url)
        monkeypatch.setenv("RAW_API_KEY", KEY)
        yield provider


def ask(model: str | ModelSpec, provider: ProviderSpec | None = None, **overrides: Any) -> Reply:
    """Make one call in an event loop of its own."""
    spec = CATALOGUE.models[model] if isinstance(model, str) else model
    where = provider or CATALOGUE.providers[spec.provider]
    fields: dict[str, Any] = {"messages": (Message("user", PROMPT),), "timeout_seconds": 10.0}
    request: ModelRequest = make_request(**(fields | overrides))

    async def call() -> Reply:
        try:
            return await llm.complete(spec, where, request)
        finally:
            await llm.close()

    return asyncio.run(call())


def failure(*args: Any, **overrides: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        ask(*args, **overrides)
    return caught.value


def raw_spec(adapter: str) -> tuple[ModelSpec, ProviderSpec]:
    provider = ProviderSpec("raw", api_key_env="RAW_API_KEY", api_base_env="RAW_BASE_URL")
    return make_spec("raw/model", litellm_name=f"{adapter}/model-x"), provider


@pytest.mark.parametrize("model", WIRES)
def test_a_reply_carries_its_text_and_its_tokens(model: str, sim: Simulator) -> None:
    reply = ask(model)
    (seen,) = sim.requests()
    assert seen["model"] == model.removeprefix("sim/")
    assert PROMPT in seen["prompt"]
    assert reply.text
    assert reply.finish_reason == "stop"
    assert reply.usage is not None
    assert reply.usage.input_tokens == seen["input_tokens"]
    assert reply.usage.output_tokens == seen["output_tokens"]


@dataclass(frozen=True)
class Expected:
    kind: type[ProviderError]
    status: int | None
    billed: bool


FAULTS = {
    "400": Expected(RequestError, 400, False),
    "401": Expected(PermanentModelError, 401, False),
    "403": Expected(PermanentModelError, 403, False),
    "404": Expected(PermanentModelError, 404, False),
    "408": Expected(TransientError, 408, False),
    "429": Expected(TransientError, 429, False),
    "500": Expected(TransientError, 500, False),
    "502": Expected(TransientError, 502, False),
    "503": Expected(TransientError, 503, False),
    "529": Expected(TransientError, 529, False),
    "context_too_long": Expected(ContextTooLong, 400, False),
    "timeout": Expected(TransientError, None, True),
    "cut_stream": Expected(TransientError, None, True),
    "reset": Expected(TransientError, None, True),
    "malformed": Expected(TransientError, 200, True),
    "refusal": Expected(ContentRefused, 200, True),
    "empty": Expected(TransientError, 200, True),
}


@pytest.mark.parametrize("model", WIRES)
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_taken_for_what_it_is_in_each_wire_format(
    model: str, fault: str, sim: Simulator
) -> None:
    if fault == "timeout":  # litellm loads an adapter at its first call, which takes longer
        ask(model)
        sim.reset()
    sim.fault(model, fault)
    error = failure(model, timeout_seconds=0.5 if fault == "timeout" else 10.0)
    expected = FAULTS[fault]
    assert type(error) is expected.kind, error
    assert (error.status, error.possibly_billed) == (expected.status, expected.billed)
    assert str(error).startswith(f"{model}: ")
    assert len(sim.requests()) == 1, "one call is one request: nothing below retries"


@pytest.mark.parametrize("model", WIRES)
def test_a_refused_policy_fails_the_request_and_not_the_model(model: str, sim: Simulator) -> None:
    sim.fault(model, "policy")
    assert isinstance(failure(model), RequestError)


@pytest.mark.parametrize("model", WIRES)
def test_retry_after_is_read(model: str, sim: Simulator) -> None:
    sim.fault(model, "429", retry_after=7)
    assert failure(model).retry_after_seconds == 7.0


@pytest.mark.parametrize("model", WIRES)
def test_a_useless_reply_tells_what_it_used(model: str, sim: Simulator) -> None:
    sim.fault(model, "refusal")
    usage = failure(model).usage
    assert usage is not None
    assert usage.input_tokens == sim.requests()[0]["input_tokens"]


@pytest.mark.parametrize("model", ["sim/gpt-6.1-terra", "sim/kimi-k2.6", "sim/deepseek-v4-flash"])
def test_a_reply_without_usage_leaves_it_unknown(model: str, sim: Simulator) -> None:
    sim.fault(model, "no_usage")
    assert ask(model).usage is None


@pytest.mark.parametrize("model", ["sim/claude-sonnet-5-5", "sim/gemini-3.8-flash"])
def test_a_reply_without_the_usage_its_format_demands_is_possibly_billed(
    model: str, sim: Simulator
) -> None:
    sim.fault(model, "no_usage")
    error = failure(model)
    assert isinstance(error, TransientError)
    assert error.possibly_billed


@pytest.mark.parametrize("adapter", ["openai", "anthropic", "gemini", "deepseek", "moonshot"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, TransientError),
        (529, TransientError),
        (429, TransientError),
        (403, PermanentModelError),
    ],
)
def test_the_words_of_a_message_change_nothing(
    adapter: str, status: int, kind: type[ProviderError], raw: RawProvider
) -> None:
    raw.answers(status, MISLEADING)
    error = failure(*raw_spec(adapter))
    assert type(error) is kind
    assert (error.status, error.possibly_billed) == (status, False)
    assert "model_not_found" not in str(error)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": {"message": "m", "code": "context_length_exceeded"}}, ContextTooLong),
        (400, {"error": {"message": "m", "code": "content_policy_violation"}}, ContentRefused),
        (400, {"error": {"message": "m", "code": "other"}}, RequestError),
        (400, "<html>no</html>", RequestError),
        (400, {"error": "text"}, RequestError),
        (413, "", ContextTooLong),
        (422, {"error": {"message": "m"}}, RequestError),
        (402, "", PermanentModelError),
        (410, "", PermanentModelError),
        (405, "", PermanentModelError),
        (418, "", RequestError),
        (502, "<html>bad gateway</html>", TransientError),
        (200, "{}", TransientError),
        (200, "<html>login</html>", TransientError),
        (200, '{"choices": []}', TransientError),
    ],
)
def test_status_and_codes_decide(
    status: int, body: Any, kind: type[ProviderError], raw: RawProvider
) -> None:
    raw.answers(status, body)
    assert type(failure(*raw_spec("openai"))) is kind


def test_a_key_that_gemini_does_not_know_closes_the_model(raw: RawProvider) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    raw.answers(400, {"error": {"code": 400, "message": "API key not valid.", "details": details}})
    assert type(failure(*raw_spec("gemini"))) is PermanentModelError


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3.5", 3.5),
        ("0", 0.0),
        ("-1", None),
        ("inf", None),
        ("soon", None),
        (format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True), 3600),
        (format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True), None),
    ],
    ids=["fraction", "zero", "negative", "endless", "words", "in an hour", "an hour ago"],
)
def test_retry_after_is_seconds_or_a_date_to_come(
    header: str, seconds: float | None, raw: RawProvider
) -> None:
    raw.answers(429, MISLEADING, retry_after=header)
    asked = failure(*raw_spec("openai")).retry_after_seconds
    assert asked == pytest.approx(seconds, abs=60 if seconds == 3600 else 0)


def test_an_answer_cut_before_any_text_is_the_requests_own_fault(raw: RawProvider) -> None:
    choice = {"index": 0, "finish_reason": "length", "message": {"role": "assistant"}}
    usage = {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}
    raw.answers(200, {"id": "x", "model": "m", "choices": [choice], "usage": usage})
    error = failure(*raw_spec("openai"))
    assert type(error) is RequestError
    assert error.usage is not None
    assert error.usage.output_tokens == 9


def _completion(content: str, **usage: int) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    usage = {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14} | usage
    return {"id": "x", "model": "m", "choices": [choice], "usage": usage}


def test_what_no_database_can_hold_is_replaced_in_answers_and_errors(raw: RawProvider) -> None:
    raw.answers(200, _completion("a\x00b\ud800c"))
    assert ask(*raw_spec("openai")).text == "a\ufffdb\ufffdc"
    raw.answers(400, {"error": {"message": "no\x00\ud800", "code": "other"}})
    assert str(failure(*raw_spec("openai"))).endswith("no\ufffd\ufffd")


@pytest.mark.parametrize(
    "usage", [{"completion_tokens": -9}, {"prompt_tokens": -1}, {"completion_tokens": 10**12}]
)
def test_tokens_that_cannot_be_are_unknown_and_not_priced(
    usage: dict[str, int], raw: RawProvider
) -> None:
    raw.answers(200, _completion("hi", **usage))
    assert ask(*raw_spec("openai")).usage is None


def test_tokens_of_every_class_are_read(raw: RawProvider) -> None:
    usage = {
        "input_tokens": 10,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 50,
        "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 20},
        "output_tokens": 7,
    }
    content = [{"type": "text", "text": "hi"}]
    raw.answers(
        200,
        {
            "id": "x",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": content,
            "stop_reason": "end_turn",
            "usage": usage,
        },
    )
    read = ask(*raw_spec("anthropic")).usage
    assert read is not None
    assert (read.input_tokens, read.output_tokens) == (160, 7)
    assert (read.cache_read_tokens, read.cache_write_tokens) == (100, 50)
    assert read.cache_write_long_tokens == 20


def test_reasoning_is_part_of_the_output(sim: Simulator) -> None:
    reply = ask("sim/gpt-6.1-sol", task_type="complex_reasoning")
    assert reply.usage is not None
    assert 0 < reply.usage.reasoning_tokens < reply.usage.output_tokens


def test_a_refused_connection_is_noticed_at_once_and_not_billed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        monkeypatch.setenv("SIM_BASE_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        for model in WIRES:
            error = failure(model)
            assert isinstance(error, TransientError)
            assert (error.status, error.possibly_billed) == (None, False)


def test_an_endpoint_that_takes_no_connection_is_given_up_on_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(llm, "CONNECT_SECONDS", 0.3)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:  # fill the queue of connections that nobody accepts
            one.setblocking(False)
            one.connect_ex(address)
        monkeypatch.setenv("SIM_BASE_URL", f"http://127.0.0.1:{address[1]}")
        for model in WIRES[:3]:
            started = time.monotonic()
            error = failure(model, timeout_seconds=30.0)
            assert time.monotonic() - started < 5
            assert (error.status, error.possibly_billed) == (None, False), error
        for one in waiting:
            one.close()


def test_a_model_that_no_adapter_knows_is_closed_until_somebody_acts() -> None:
    spec = make_spec("raw/model", litellm_name="nonsense/model")
    error = failure(spec, ProviderSpec("raw"))
    assert type(error) is PermanentModelError
    assert not error.possibly_billed


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
def test_no_key_and_no_prompt_reaches_a_log_a_callback_or_an_error(
    status: int,
    raw: RawProvider,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[str] = []

    class Listener(CustomLogger):
        async def async_log_success_event(self, *args: Any, **kwargs: Any) -> None:
            heard.append("success")

        async def async_log_failure_event(self, *args: Any, **kwargs: Any) -> None:
            heard.append("failure")

    monkeypatch.setattr(litellm, "callbacks", [Listener()])
    caplog.set_level(logging.DEBUG)
    raw.answers(status, {"error": {"message": f"{KEY} is wrong", "code": None}})
    adapters = ("openai", "anthropic", "gemini", "deepseek")
    errors = [failure(*raw_spec(adapter)) for adapter in adapters]
    spoken = caplog.text + "".join(capfd.readouterr())
    for error in errors:
        spoken += repr(error) + repr(error.__cause__) + repr(error.__context__)
    assert len(raw.seen) == len(adapters)
    assert KEY in str(raw.seen), "the key was sent"
    assert KEY not in spoken
    assert PROMPT not in spoken
    assert heard == []


def test_json_is_asked_for_where_the_provider_can_promise_it(raw: RawProvider) -> None:
    raw.answers(500, "")
    wanted = (Message("user", "Answer in JSON."),)
    for adapter, expected in [("openai", True), ("deepseek", True), ("anthropic", False)]:
        failure(*raw_spec(adapter), json_output=True, messages=wanted)
        assert ("response_format" in raw.seen[-1]["body"]) is expected
        assert "tools" not in raw.seen[-1]["body"]
    failure(*raw_spec("openai"), json_output=True, messages=(Message("user", "Answer."),))
    assert "response_format" not in raw.seen[-1]["body"]


def test_a_call_asks_for_no_more_output_than_the_model_has(raw: RawProvider) -> None:
    raw.answers(500, "")
    failure(*raw_spec("openai"), max_output_tokens=10**6, temperature=0.25)
    body = raw.seen[-1]["body"]
    assert body["max_tokens"] == 8_000
    assert body["temperature"] == 0.25
    assert body["model"] == "model-x"
    failure(*raw_spec("openai"), temperature=None)
    assert "temperature" not in raw.seen[-1]["body"]


def test_our_calls_are_not_priced_a_second_time(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    priced: list[str] = []

    def price(model: str, **_: Any) -> float:
        priced.append(model)
        return 0.0

    monkeypatch.setattr(litellm, "response_cost_calculator", price)
    ask(WIRES[0])
    assert priced == []
    spec = CATALOGUE.models[WIRES[0]]
    messages = [{"role": "user", "content": PROMPT}]
    asyncio.run(
        litellm.acompletion(spec.litellm_name, messages, api_key=KEY, api_base=f"{sim.url}/v1")
    )
    assert len(priced) == 1  # others' calls, in this process too, keep what litellm gives them


def test_samples_of_one_request_are_answered_independently(sim: Simulator) -> None:
    replies = {ask("sim/gpt-6-luna", sample=sample).text for sample in (1, 2, 3)}
    assert len(replies) > 1


def test_a_cancelled_call_ends_at_once(sim: Simulator) -> None:
    sim.fault("sim/gpt-6-luna", "timeout")
    spec = CATALOGUE.models["sim/gpt-6-luna"]

    async def cancel() -> float:
        call = asyncio.create_task(
            llm.complete(spec, CATALOGUE.providers[spec.provider], make_request())
        )
        await asyncio.sleep(0.2)
        started = time.monotonic()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await llm.close()
        return time.monotonic() - started

    assert asyncio.run(cancel()) < 1
