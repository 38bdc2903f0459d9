"""Events as people read them."""

from __future__ import annotations

from runs.views.event_text import event_text


def test_a_settled_call_reads_as_a_line_with_units():
    payload = {
        "call": "01a2", "task": "build", "phase": "cross_review", "model": "sim/a",
        "outcome": "ok", "cost_usd": "0.001378",
    }  # fmt: skip
    assert event_text(payload) == "build · cross-review · sim/a · OK · $0.0014"


def test_what_is_empty_or_for_machines_is_left_out():
    payload = {"status": "RUNNING", "epoch": 1, "recovered": False, "note": None, "by": ""}
    assert event_text(payload) == "running"


def test_an_unknown_field_keeps_its_name_and_a_broken_value_its_text():
    payload = {"retry_after": 3, "score": "odd", "cost_usd": "much"}
    assert event_text(payload) == "retry after 3 · score odd · much"


def test_a_corrected_verdict_is_called_so():
    payload = {"task": "build", "score": 1.0, "corrected": True}
    assert event_text(payload) == "build · score 1.00 · corrected"


def test_a_score_of_zero_is_said():
    assert event_text({"score": 0.0, "attempt": 2}) == "score 0.00 · attempt 2"
