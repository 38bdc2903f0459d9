from __future__ import annotations

from routing.simulator.access_log import AccessLog


def test_requests_are_numbered_and_kept_in_order():
    log = AccessLog()
    first, second = log.begin(1.0, "openai"), log.begin(2.0, "gemini")
    log.end(first, 200)
    assert [entry["n"] for entry in log.since(0)] == [1, 2]
    assert [entry["status"] for entry in log.since(0)] == [200, None]
    assert log.since(1) == [second]


def test_only_the_last_requests_are_kept_while_all_are_counted():
    log = AccessLog(size=3)
    for _ in range(5):
        log.end(log.begin(0.0, "openai"), 200)
    assert [entry["n"] for entry in log.since(0)] == [3, 4, 5]
    assert log.stats()["requests"] == 5


def test_counts_are_by_status_model_and_intent_with_tokens_summed():
    log = AccessLog()
    for model, status in (("a", 200), ("a", 429), ("b", 200)):
        entry = log.begin(0.0, "openai")
        entry |= {"model": model, "intent": "judge", "input_tokens": 10, "output_tokens": 2}
        log.end(entry, status)
    stats = log.stats()
    assert stats["by_status"] == {"200": 2, "429": 1}
    assert stats["by_model"] == {"a": 2, "b": 1}
    assert stats["by_intent"] == {"judge": 3}
    assert stats["tokens"] == {"input": 30, "output": 6}


def test_requests_in_flight_are_counted_with_their_peak():
    log = AccessLog()
    entries = [log.begin(0.0, "openai") for _ in range(3)]
    for entry in entries[:2]:
        log.end(entry, 200)
    assert (log.in_flight, log.most_in_flight) == (1, 3)
    log.clear()
    assert (log.in_flight, log.most_in_flight) == (1, 1)
    assert log.since(0) == []
    assert log.begin(0.0, "openai")["n"] == 4
