"""Profiles rebuilt from the evidence, what levels see, and sharing between organisations."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from routing.core.beliefs import believe
from routing.core.quality import SUMS
from routing.models import QualityProfile, SharedLearning
from routing.selectors.profiles import beliefs_for, everybody, evidence_for, profiles_of
from routing.services.learning import ObserveAttempt
from telemetry.services.journal import apply_now

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
KEY = ("a/one", "summarization")
pytestmark = pytest.mark.django_db


def attempt(score: float = 0.5, **overrides: Any) -> ObserveAttempt:
    fields: dict[str, Any] = {
        "org_id": 1,
        "team_id": 11,
        "model": "a/one",
        "task_type": "summarization",
        "score": score,
        "cost_nanousd": 1000,
        "input_tokens": 50,
        "latency_ms": 20,
        "at": NOW,
    }
    return ObserveAttempt(**(fields | overrides))


def stored() -> dict[tuple[Any, ...], QualityProfile]:
    rows = QualityProfile.objects.all()
    return {(row.org_id, row.team_id, row.model, row.task_type, row.version): row for row in rows}


def learn_a_lot() -> None:
    source = random.Random(4)
    for batch in range(30):
        apply_now(
            *[
                attempt(
                    round(source.random(), 3),
                    org_id=source.choice([1, 2]),
                    team_id=source.choice([11, 12]),
                    model=source.choice(["a/one", "b/two"]),
                    version=source.choice(["", "openai/one-1", "openai/one-2"]),
                    at=NOW + timedelta(hours=batch, seconds=number),
                    cost_nanousd=source.choice([None, 10, 1000]),
                    weight=source.choice([1.0, 3.0]),
                )
                for number in range(10)
            ]
        )


def test_profiles_come_out_the_same_when_they_are_rebuilt() -> None:
    learn_a_lot()
    before = stored()
    out = StringIO()
    call_command("rebuild_profiles", stdout=out)
    after = stored()

    assert out.getvalue() == f"{len(before)} profiles were rebuilt from the evidence.\n"
    assert after.keys() == before.keys()
    for place, row in after.items():
        assert (row.n, row.recent) == (before[place].n, before[place].recent)
        for name in SUMS:
            assert getattr(row, name) == pytest.approx(getattr(before[place], name), rel=1e-9)


def test_one_organisation_can_be_rebuilt_alone() -> None:
    learn_a_lot()
    QualityProfile.objects.update(n=0)
    call_command("rebuild_profiles", org=1, stdout=StringIO())
    assert {row.org_id for row in QualityProfile.objects.filter(n=0)} == {2}


def test_a_team_learns_for_itself_and_its_organisation() -> None:
    apply_now(attempt(0.2), attempt(0.8, team_id=12))
    assert profiles_of(1)[KEY].n == 2
    assert profiles_of(1, 11)[KEY].mean_score == pytest.approx(0.2)
    assert profiles_of(1, 13) == {}


def test_evidence_of_an_earlier_version_is_a_weaker_prior_at_every_level() -> None:
    old, new = "openai/one-1", "openai/one-2"
    lessons = [attempt(0.95, version=old, at=NOW - timedelta(hours=n)) for n in range(40)]
    apply_now(*lessons, *(replace(one, org_id=2, version=new, score=0.4) for one in lessons))
    tiers = {"a/one": "standard"}

    def believed(version: str, team_id: int | None = 11) -> tuple[float, float]:
        estimate = beliefs_for(1, team_id, tiers, NOW, {"a/one": version}).estimate(KEY)
        return estimate.mean, estimate.sd

    (same, same_sd), (changed, changed_sd) = believed(old), believed(new)
    assert 0.75 < changed < same
    assert changed_sd > same_sd
    assert believed(new, None)[0] == pytest.approx(changed, abs=0.02)
    assert profiles_of(1)[KEY].n == 40, "nothing is left out where no version is asked for"
    for org_id in (1, 2):
        SharedLearning.objects.create(org_id=org_id, since=NOW)
    assert believed(new)[0] < changed - 0.1, "others know the new version better"


def test_an_attempt_of_no_team_is_seen_by_the_organisation_once() -> None:
    apply_now(attempt(0.2, team_id=0))
    assert profiles_of(1)[KEY].n == 1


def test_an_organisation_learns_from_others_only_while_it_shares() -> None:
    apply_now(*[attempt(0.1, org_id=2, at=NOW + timedelta(seconds=n)) for n in range(30)])
    SharedLearning.objects.create(org_id=2, since=NOW)

    def expected(org_id: int) -> float:
        tiers = {"a/one": "standard"}
        return believe(evidence_for(org_id, 11), tiers, NOW).estimate(KEY).mean

    assert expected(1) == pytest.approx(0.75)
    sharing = SharedLearning.objects.create(org_id=1, since=NOW)
    assert expected(1) < 0.3
    assert everybody()[KEY].n == 30
    sharing.delete()
    assert expected(1) == pytest.approx(0.75)


def test_what_an_organisation_keeps_to_itself_is_in_nobody_elses_evidence() -> None:
    apply_now(attempt(0.1, org_id=2))
    SharedLearning.objects.create(org_id=1, since=NOW)
    assert evidence_for(1, 11).everybody == {}


def test_beliefs_are_made_anew_only_when_something_new_was_seen() -> None:
    tiers = {"a/one": "standard"}
    apply_now(attempt(0.2))
    first = beliefs_for(1, 11, tiers, NOW)
    assert beliefs_for(1, 11, tiers, NOW + timedelta(minutes=9)) is first
    assert beliefs_for(1, 11, tiers, NOW + timedelta(minutes=11)) is not first
    assert beliefs_for(1, 11, tiers | {"b/two": "premium"}, NOW) is not first
    apply_now(attempt(0.3, team_id=12))
    fresh = beliefs_for(1, 11, tiers, NOW)
    assert fresh.estimate(KEY).n == 2
    SharedLearning.objects.create(org_id=1, since=NOW)
    SharedLearning.objects.create(org_id=2, since=NOW)
    assert beliefs_for(1, 11, tiers, NOW).estimate(KEY).n == 2
    apply_now(attempt(0.3, org_id=2))
    assert beliefs_for(1, 11, tiers, NOW).estimate(KEY).n == 3


def test_a_score_outside_the_unit_interval_is_refused() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        apply_now(attempt(1.5))
