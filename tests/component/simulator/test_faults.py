from __future__ import annotations

import pytest

from routing.simulator.faults import STATUSES, Fault, Faults, InvalidFault, failure, read_fault
from routing.simulator.wires.anthropic import AnthropicWire
from routing.simulator.wires.gemini import GeminiWire
from routing.simulator.wires.openai import OpenAIWire


def struck(faults: Faults, model: str = "m", wire: str = "openai", intent: str = "generate"):
    return [fault.kind for fault in faults.strike(model, wire, intent)]


def with_fault(pattern: str, kind: str = "500", **fields) -> Faults:
    faults = Faults(7)
    faults.set(pattern, [Fault(kind, **fields)])
    return faults


@pytest.mark.parametrize(
    ("pattern", "model", "hit"),
    [
        ("m", "m", True),
        ("m", "mm", False),
        ("sim/m", "m", True),
        ("*", "anything/at-all", True),
        ("claude-*", "claude-x", True),
        ("claude-*", "gpt", False),
        ("openai/*", "m", True),
        ("anthropic/*", "m", False),
        ("openai/m", "m", True),
    ],
)
def test_a_fault_strikes_the_models_of_its_pattern(pattern, model, hit):
    assert struck(with_fault(pattern), model) == (["500"] if hit else [])


def test_a_fault_strikes_as_often_as_it_is_told_and_is_then_gone():
    faults = with_fault("m", times=2)
    assert [struck(faults) for _ in range(3)] == [["500"], ["500"], []]
    assert faults.listed() == {}


def test_a_fault_of_another_model_is_not_counted_down():
    faults = with_fault("m", times=1)
    assert struck(faults, "other") == []
    assert struck(faults) == ["500"]


def test_a_rate_is_kept_and_is_the_same_each_time():
    first, second = with_fault("m", rate=0.3), with_fault("m", rate=0.3)
    runs = [[bool(struck(faults)) for _ in range(400)] for faults in (first, second)]
    assert runs[0] == runs[1]
    assert 80 < sum(runs[0]) < 160
    assert not any(struck(with_fault("m", rate=0.0)) for _ in range(5))


def test_a_spoilt_plan_waits_for_a_plan():
    faults = with_fault("m", "bad_json_plan", times=1)
    assert struck(faults, intent="judge") == []
    assert struck(faults, intent="plan") == ["bad_json_plan"]


def test_setting_replaces_and_clearing_ends_the_faults_of_a_model():
    faults = with_fault("sim/m")
    faults.set("m", [Fault("429"), Fault("slow")])
    assert struck(faults) == ["429", "slow"]
    faults.set("*", [Fault("404")])
    faults.clear("sim/m")
    assert struck(faults) == ["404"]
    faults.set("*", [])
    assert struck(faults) == []
    faults.set("*", [Fault("404")])
    faults.clear()
    assert faults.listed() == {}


def test_a_fault_is_read_from_json():
    fault = read_fault({"kind": 429, "rate": 0.5, "times": 3, "retry_after": 2, "after_ms": 10})
    assert fault == Fault("429", 0.5, 3, 2, 10)
    assert read_fault({"kind": "skill:-0.25"}).skill_shift == -0.25
    assert read_fault({"kind": "500"}).skill_shift == 0


@pytest.mark.parametrize(
    "value",
    [
        None,
        "500",
        {},
        {"kind": "no such"},
        {"kind": "skill:much"},
        {"kind": "skill:nan"},
        {"kind": "skill:-3"},
        {"kind": "500", "odds": 1},
        {"kind": "500", "rate": -1},
        {"kind": "500", "rate": "often"},
        {"kind": "500", "times": -2},
    ],
)
def test_what_is_no_fault_is_refused_with_a_reason(value):
    with pytest.raises(InvalidFault) as caught:
        read_fault(value)
    assert len(str(caught.value)) > 20


@pytest.mark.parametrize("wire", [OpenAIWire(), AnthropicWire(), GeminiWire()])
@pytest.mark.parametrize("kind", STATUSES)
def test_every_fault_has_an_error_body_in_every_format(wire, kind):
    facts = {"model": "m-1", "window": 1000, "tokens": 1234}
    made = failure(Fault(kind, retry_after=2), wire.messages, facts)
    assert made.status == STATUSES[kind][0]
    assert made.retry_after_seconds == 2
    error = wire.error(made)["error"]
    assert error["message"]
    if kind == "404":
        assert "m-1" in error["message"]
    if kind == "context_too_long":
        assert "1234" in error["message"] and "1000" in error["message"]
