"""What was asked of the simulator, kept in a bounded ring for tests and for the curious."""

from __future__ import annotations

from collections import Counter, deque
from itertools import count
from typing import Any

Entry = dict[str, Any]


class AccessLog:
    """Number every request from 1 up, and keep the last ones."""

    def __init__(self, size: int = 20_000) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._numbers = count(1)
        self._statuses: Counter[str] = Counter()
        self._models: Counter[str] = Counter()
        self._intents: Counter[str] = Counter()
        self.in_flight = 0
        self.most_in_flight = 0
        self._tokens = Counter[str]()

    def begin(self, time: float, wire: str) -> Entry:
        """Add a request as it arrives; its status is None until it ends."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        entry: Entry = {"n": next(self._numbers), "time": time, "wire": wire, "status": None}
        self._entries.append(entry)
        return entry

    def end(self, entry: Entry, status: int | str) -> None:
        """Add how a request ended: an HTTP status, or a word where no reply was finished."""
        self.in_flight -= 1
        entry["status"] = status
        self._statuses[str(status)] += 1
        self._models[entry.get("model", "")] += 1
        self._intents[entry.get("intent", "")] += 1
        self._tokens["input"] += entry.get("input_tokens", 0)
        self._tokens["output"] += entry.get("output_tokens", 0)

    def since(self, number: int) -> list[Entry]:
        """Return the kept requests that came after a number, oldest first."""
        return [entry for entry in self._entries if entry["n"] > number]

    def clear(self) -> None:
        """Forget the requests and the counts; numbers go on."""
        self._entries.clear()
        for counter in (self._statuses, self._models, self._intents, self._tokens):
            counter.clear()
        self.most_in_flight = self.in_flight

    def stats(self) -> dict[str, Any]:
        """Return counts over everything since the last clearing."""
        return {
            "requests": self._statuses.total(),
            "in_flight": self.in_flight,
            "most_in_flight": self.most_in_flight,
            "by_status": dict(self._statuses),
            "by_model": dict(self._models),
            "by_intent": dict(self._intents),
            "tokens": {"input": self._tokens["input"], "output": self._tokens["output"]},
        }
