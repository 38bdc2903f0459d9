"""Profiles as evaluated attempts build them up."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from routing.core.quality import NOTHING_SEEN, Observation, Profile, observe
from routing.models import Evidence, QualityProfile
from routing.selectors.profiles import profiles_of
from routing.services.learning import ObserveAttempt
from telemetry.services.journal import apply_now

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def attempt(score: float = 0.5, **overrides: Any) -> ObserveAttempt:
    fields: dict[str, Any] = {
        "org_id": 1,
        "model": "a/one",
        "task_type": "summarization",
        "score": score,
        "cost_nanousd": 1000,
        "latency_ms": 20,
        "at": NOW,
    }
    return ObserveAttempt(**(fields | overrides))


def expected(*scores: float) -> Profile:
    profile = NOTHING_SEEN
    for score in scores:
        profile = observe(profile, Observation(NOW, score, 1.0, 1000, 0, 20))
    return profile


@pytest.mark.django_db
def test_attempts_of_one_batch_and_of_the_next_add_up() -> None:
    apply_now(attempt(0.5), attempt(0.75))
    apply_now(attempt(0.25))
    assert profiles_of(1) == {("a/one", "summarization"): expected(0.5, 0.75, 0.25)}
    assert QualityProfile.objects.get().updated_at == NOW


@pytest.mark.django_db
def test_a_batch_moves_profiles_in_one_statement_whatever_it_holds() -> None:
    batch = [
        attempt(model=f"m/{number % 7}", task_type=kind, org_id=number % 2)
        for number in range(200)
        for kind in ("evaluation", "summarization")
    ]
    with CaptureQueriesContext(connection) as queries:
        ObserveAttempt.apply(batch)
    assert sum("routing_qualityprofile" in query["sql"] for query in queries) == 1
    assert Evidence.objects.count() == 400
    assert QualityProfile.objects.count() == 28
    assert sum(profile.n for profile in QualityProfile.objects.all()) == 400


@pytest.mark.django_db
def test_more_profiles_than_a_statement_takes_are_split() -> None:
    apply_now(*[attempt(model=f"m/{number}") for number in range(2500)])
    assert len(profiles_of(1)) == 2500


@pytest.mark.django_db
def test_organisations_learn_apart() -> None:
    apply_now(attempt(0.5), attempt(0.25, org_id=2))
    assert profiles_of(1) == {("a/one", "summarization"): expected(0.5)}
    assert profiles_of(2) == {("a/one", "summarization"): expected(0.25)}
    assert profiles_of(3) == {}


@pytest.mark.django_db(transaction=True)
def test_workers_that_learn_at_the_same_moment_lose_nothing() -> None:
    start = threading.Barrier(4)

    def learn() -> None:
        start.wait()
        try:
            for _ in range(5):
                apply_now(attempt(0.5), attempt(0.5, model="b/two"))
        finally:
            connection.close()

    workers = [threading.Thread(target=learn) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {key: profile.n for key, profile in profiles_of(1).items()} == {
        ("a/one", "summarization"): 20,
        ("b/two", "summarization"): 20,
    }
