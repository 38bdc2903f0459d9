"""The simulator over HTTP: what clients without any adapter see."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest

from tests.fixtures.simulator import ROOT, Simulator, running_simulator

ASK = {"model": "gpt-6.1-sol", "messages": [{"role": "user", "content": "Sort a list."}]}
KEY = {"Authorization": "Bearer sim"}
CHAT = "/openai/v1/chat/completions"


def post(simulator: Simulator, path: str = CHAT, body=ASK, headers=KEY, timeout: float = 5):
    with httpx.Client(trust_env=False, timeout=timeout) as client:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.post(simulator.url + path, content=content, headers=headers)


def entries(simulator: Simulator, **filters):
    """Return the log once nothing is in flight: an abort is logged after the client sees it."""
    for _ in range(100):
        if not simulator.stats()["in_flight"]:
            break
        time.sleep(0.02)
    return simulator.requests(**filters)


def test_it_is_healthy(simulator):
    assert httpx.get(simulator.url + "/healthz", trust_env=False).json()["status"] == "ok"


def test_the_same_request_gets_the_same_reply_from_another_process(simulator):
    with running_simulator() as other, running_simulator(seed=8) as stranger:
        first, second, third = (post(each).json() for each in (simulator, other, stranger))
    assert first == second
    assert first["choices"] != third["choices"]


def test_the_order_of_requests_changes_nothing(simulator):
    first = post(simulator).json()
    post(simulator, body={**ASK, "model": "gpt-6-luna"})
    assert post(simulator).json() == first


def test_a_sample_header_asks_for_another_sample(simulator):
    texts = {
        post(simulator, headers={**KEY, "x-sim-sample": sample}).json()["id"] for sample in "ab"
    }
    assert len(texts) == 2


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", ASK),
        ("/chat/completions", ASK),
        ("/moonshot/v1/chat/completions", ASK),
        ("/deepseek/v1/chat/completions", ASK),
        ("/v1/messages", {**ASK, "max_tokens": 500}),
        ("/anthropic/v1/messages", {**ASK, "max_tokens": 500}),
        ("/models/g:generateContent", {"contents": [{"parts": [{"text": "Sort."}]}]}),
        ("/gemini/v1beta/models/g:generateContent", {"contents": [{"parts": [{"text": "S"}]}]}),
    ],
)
def test_every_path_answers(simulator, path, body):
    assert post(simulator, path, body).status_code == 200
    assert post(simulator, path, body, headers={}).status_code == 401
    assert post(simulator, path, b"{").status_code == 400
    assert post(simulator, path, b"[]").status_code == 400
    assert post(simulator, path, b'{"model": "x"}').status_code == 400


@pytest.mark.parametrize(
    ("model", "sign"),
    [("kimi-k2.6", "cached_tokens"), ("deepseek-v4-flash", "prompt_cache_hit_tokens")],
)
def test_at_the_root_the_dialect_follows_the_models_name(simulator, model, sign):
    usage = post(simulator, "/v1/chat/completions", {**ASK, "model": model}).json()["usage"]
    assert sign in usage


def test_an_unknown_method_of_gemini_is_not_found(simulator):
    assert post(simulator, "/gemini/v1beta/models/g:embedContent").status_code == 404


def test_models_are_listed(simulator):
    listed = httpx.get(simulator.url + "/openai/v1/models", trust_env=False).json()
    assert "claude-opus-5-5" in [model["id"] for model in listed["data"]]


@pytest.mark.parametrize("kind", ["400", "401", "403", "404", "408", "429", "500", "503", "529"])
def test_a_status_is_played_with_retry_after(simulator, kind):
    simulator.fault("sim/gpt-6.1-sol", kind, times=1, retry_after=7)
    reply = post(simulator)
    assert (reply.status_code, reply.headers["retry-after"]) == (int(kind), "7")
    assert reply.json()["error"]["message"]
    assert post(simulator).status_code == 200


def test_a_timeout_is_silence_until_the_client_gives_up(simulator):
    simulator.fault("*", "timeout")
    with pytest.raises(httpx.ReadTimeout):
        post(simulator, timeout=0.3)
    assert [entry["status"] for entry in entries(simulator)] == ["timeout"]


def test_a_timeout_of_a_length_ends_with_a_dropped_connection(simulator):
    simulator.fault("*", "timeout", after_ms=50)
    with pytest.raises(httpx.TransportError):
        post(simulator)


@pytest.mark.parametrize("kind", ["reset", "cut_stream"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_broken_connection_is_seen_as_one(simulator, kind, stream):
    simulator.fault("*", kind, times=1)
    with pytest.raises(httpx.TransportError):
        post(simulator, body={**ASK, "stream": stream})
    assert [entry["status"] for entry in entries(simulator)] == [kind]
    assert post(simulator).status_code == 200


def test_a_cut_stream_delivers_its_first_part(simulator):
    simulator.fault("*", "cut_stream")
    received = b""
    with (
        pytest.raises(httpx.TransportError),
        httpx.Client(trust_env=False) as client,
        client.stream(
            "POST", simulator.url + CHAT, json={**ASK, "stream": True}, headers=KEY
        ) as reply,
    ):
        for part in reply.iter_raw():
            received += part
    assert b"data: " in received
    assert b"[DONE]" not in received


@pytest.mark.parametrize("stream", [False, True])
def test_a_malformed_body_is_no_json(simulator, stream):
    simulator.fault("*", "malformed")
    reply = post(simulator, body={**ASK, "stream": stream})
    assert reply.status_code == 200
    with pytest.raises(ValueError, match=r"."):
        json.loads(reply.text.removeprefix("data: "))


def test_a_refusal_an_empty_reply_and_missing_usage_are_played(simulator):
    simulator.fault("*", "refusal")
    assert post(simulator).json()["choices"][0]["finish_reason"] == "content_filter"
    simulator.fault("*", "empty")
    assert post(simulator).json()["choices"][0]["message"]["content"] == ""
    simulator.fault("*", "no_usage")
    assert "usage" not in post(simulator).json()


def test_a_prompt_beyond_the_window_is_refused_without_any_fault(simulator):
    long = [{"role": "user", "content": "word " * 250_000}]
    reply = post(simulator, body={"model": "kimi-k2.6", "messages": long})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "context_length_exceeded")


def test_slowness_is_added(simulator):
    simulator.fault("*", "slow", after_ms=300)
    started = time.monotonic()
    post(simulator)
    assert time.monotonic() - started >= 0.3


def test_faults_are_shown_and_bad_ones_refused(simulator):
    simulator.faults("sim/a", {"kind": "429", "rate": 0.5}, {"kind": "slow", "after_ms": 5})
    assert [fault["kind"] for fault in simulator.faults_left()["a"]] == ["429", "slow"]
    with pytest.raises(ValueError, match="kind must be one of"):
        simulator.fault("a", "no such")
    simulator.no_faults("sim/a")
    assert simulator.faults_left() == {}


def test_a_script_is_served_before_faults_and_made_up_replies(simulator):
    simulator.fault("*", "500")
    simulator.script(
        "one",
        {"text": "two", "usage": {"input": 10, "output": 5}, "finish_reason": "length"},
        {"fault": {"kind": "429", "retry_after": 1}},
        model="sim/gpt-6.1-sol",
        intent="generate",
    )
    first, second, third, fourth = (post(simulator) for _ in range(4))
    assert first.json()["choices"][0]["message"]["content"] == "one"
    assert second.json()["usage"]["total_tokens"] == 15
    assert second.json()["choices"][0]["finish_reason"] == "length"
    assert [third.status_code, fourth.status_code] == [429, 500]
    assert simulator.script_left() == 0
    with pytest.raises(ValueError, match="intent"):
        simulator.script("x", intent="sing")


def test_requests_are_logged_with_what_they_were(simulator):
    post(simulator)
    simulator.fault("*", "429")
    post(simulator, body={**ASK, "model": "kimi-k2.6"})
    first, second = entries(simulator)
    assert (first["model"], first["wire"], first["intent"]) == ("gpt-6.1-sol", "openai", "generate")
    assert (first["status"], first["prompt"]) == (200, "Sort a list.")
    assert first["input_tokens"] > 0 < first["output_tokens"]
    assert (second["status"], second["faults"]) == (429, ["429"])
    assert simulator.requests(since=first["n"]) == [second]
    assert simulator.requests(model="sim/kimi-k2.6") == [second]
    assert simulator.stats()["by_status"] == {"200": 1, "429": 1}
    simulator.reset()
    assert simulator.requests() == []


def test_the_same_prompt_has_the_same_digest(simulator):
    post(simulator)
    post(simulator)
    first, second = entries(simulator)
    assert first["digest"] == second["digest"]


def test_latency_follows_the_model_and_the_scale():
    with running_simulator(latency_scale=1, keep_prompts=False) as simulator:
        reply = post(simulator)
        (entry,) = entries(simulator)
    assert 40 <= entry["latency_ms"] <= 400
    assert reply.elapsed.total_seconds() * 1000 >= entry["latency_ms"] * 0.95
    assert "prompt" not in entry


def test_a_fixed_latency_is_the_same_for_all():
    with running_simulator(fixed_latency_ms=80) as simulator:
        for model in ("gpt-6.1-sol", "gpt-6-luna"):
            post(simulator, body={**ASK, "model": model})
        assert {entry["latency_ms"] for entry in entries(simulator)} == {80}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_soon_with_requests_hanging(number):
    with running_simulator() as simulator:
        simulator.fault("*", "timeout")
        hanging = threading.Thread(target=lambda: _ignore_errors(simulator))
        hanging.start()
        while not simulator.stats()["in_flight"]:
            time.sleep(0.02)
        started = time.monotonic()
        simulator.process.send_signal(number)
        assert simulator.process.wait(timeout=5) == 0
        assert time.monotonic() - started < 4
        hanging.join(timeout=5)


def _ignore_errors(simulator: Simulator) -> None:
    try:
        post(simulator, timeout=10)
    except httpx.TransportError:
        return


def test_a_taken_port_is_said_in_one_sentence(simulator):
    run = [sys.executable, "-m", "routing.simulator", "--port", str(simulator.port)]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, timeout=20, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {simulator.port} is taken.")
    assert "Traceback" not in done.stderr


def test_it_listens_on_loopback_alone(simulator):
    with socket.socket() as probe:
        probe.settimeout(1)
        own = socket.gethostbyname(socket.gethostname())
        if not own.startswith("127."):
            assert probe.connect_ex((own, simulator.port)) != 0


def test_it_ends_with_the_process_that_started_it():
    with running_simulator() as simulator:
        assert simulator.process.stdin is not None
        simulator.process.stdin.close()
        assert simulator.process.wait(timeout=5) == 0


def test_it_loads_neither_django_nor_litellm():
    script = (
        "import sys, routing.simulator.__main__ as main\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'django', 'litellm'}))"
    )
    run = [sys.executable, "-c", script]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
