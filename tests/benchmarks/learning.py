"""What one call costs the learner, 30 models and every cell well known, beside hashing a prompt."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from routing.core.beliefs import believe
from routing.core.candidates import Candidate
from routing.core.catalog import TASK_TYPES
from routing.core.choice import choose
from routing.core.levels import Evidence
from routing.core.quality import NOTHING_SEEN, Observation, Profile, observe

MODELS = [f"provider{number % 6}/model{number}" for number in range(30)]
SCORES = 20
ROUNDS = 300
# Beliefs are made anew when an attempt was evaluated, which is once in some five calls.
CALLS_A_BELIEF = 5


def measure() -> list[dict[str, Any]]:
    """Return the rows of the table: observing and choosing, and with making beliefs anew."""
    source, now = random.Random(1), timezone.now()
    tiers = dict.fromkeys(MODELS, "standard")
    known = {(model, kind): scored(source) for model in MODELS for kind in sorted(TASK_TYPES)}
    key = (MODELS[0], sorted(TASK_TYPES)[0])
    latest = Observation(now, 0.8, 1.0, 1_000, 500, 900)
    evidence = Evidence(org=known, team=known)

    def call() -> None:
        believed = fresh[0]
        candidates = [
            Candidate(
                model,
                model.partition("/")[0],
                believed.estimate((model, key[1])),
                round(believed.spent.expected_cost((model, key[1]), 900, 480, 2.0) or 0),
                10_000,
            )
            for model in MODELS
        ]
        draws = {model: source.gauss(0.0, 1.0) for model in MODELS}
        choose(candidates, preference="balanced", draws=draws).as_json()
        observe(known[key], latest)

    def renew() -> None:
        fresh[0] = believe(evidence, tiers, now)

    fresh = [believe(evidence, tiers, now)]
    reference = cpu_ms(lambda: hashlib.sha256(b"word " * 20_000).digest())
    choosing, renewing = cpu_ms(call), cpu_ms(renew) / CALLS_A_BELIEF
    return [
        row("to choose and observe", choosing, reference, "value < 1"),
        row("with its share of renewing beliefs", choosing + renewing, reference, "none"),
    ]


def row(what: str, value: float, reference: float, bar: str) -> dict[str, Any]:
    return {
        "what": f"learning, 30 models: CPU ms a call {what} (sha256 of 100 kB)",
        "value": value,
        "reference": reference,
        "ratio": value / reference,
        "bar": bar,
    }


def scored(source: random.Random) -> Profile:
    profile, at = NOTHING_SEEN, timezone.now()
    for number in range(SCORES):
        score = min(max(source.gauss(0.8, 0.1), 0.0), 1.0)
        when = at - timedelta(minutes=number)
        profile = observe(profile, Observation(when, score, 1.0, 1_000, 500, 900))
    return profile


def cpu_ms(work: Callable[[], object]) -> float:
    """Return the median of what one call of it takes of the CPU."""
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        taken.append(1000 * (time.process_time() - started))
    return sorted(taken)[ROUNDS // 2]
