"""What was observed, as sums that fade."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.core.quality import (
    NOTHING_SEEN,
    RECENT,
    SUMS,
    Observation,
    Profile,
    faded,
    fading,
    merge,
    observe,
    pack,
    unpack,
    without,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
OBSERVATIONS = st.lists(
    st.builds(
        Observation,
        at=st.integers(0, 90).map(lambda days: NOW - timedelta(days=days)),
        score=st.floats(0, 1),
        weight=st.sampled_from([1.0, 3.0]),
        cost_nanousd=st.none() | st.integers(0, 10**9),
        input_tokens=st.integers(0, 10**5),
        latency_ms=st.integers(0, 10**5),
    ),
    max_size=40,
)


def seen(*observations: Observation) -> Profile:
    profile = NOTHING_SEEN
    for one in observations:
        profile = observe(profile, one)
    return profile


def close(one: Profile, other: Profile) -> bool:
    """Tell whether two profiles are the same up to the last digits of their sums."""
    assert one.n == other.n
    assert one.recent == other.recent
    for name in SUMS:
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9, abs=1e-6)
    return True


@given(OBSERVATIONS, st.randoms(use_true_random=False))
def test_the_order_of_evidence_does_not_matter(evidence: list[Observation], source) -> None:
    shuffled = list(evidence)
    source.shuffle(shuffled)
    assert close(seen(*evidence), seen(*shuffled))


@given(OBSERVATIONS, OBSERVATIONS)
def test_merging_is_the_same_as_observing_all(
    first: list[Observation], second: list[Observation]
) -> None:
    assert close(merge(seen(*first), seen(*second)), seen(*first, *second))


def test_taking_a_part_out_leaves_the_rest() -> None:
    part = [Observation(NOW - timedelta(days=day), 0.5, cost_nanousd=7) for day in range(5)]
    rest = [Observation(NOW - timedelta(hours=hour), 0.9, cost_nanousd=9) for hour in range(7)]
    assert close(without(seen(*part, *rest), seen(*part)), seen(*rest))
    assert without(seen(*part), seen(*part)) == NOTHING_SEEN
    assert without(Profile(n=2, weight=0.5), Profile(n=1, weight=0.6)) == NOTHING_SEEN


def test_evidence_counts_half_after_thirty_days() -> None:
    profile = seen(Observation(NOW, 0.5, cost_nanousd=100, input_tokens=10, latency_ms=20))
    fresh = faded(profile, fading(NOW))
    older = faded(profile, fading(NOW + timedelta(days=30)))
    assert fresh.weight == pytest.approx(1.0)
    assert older.weight == pytest.approx(0.5)
    assert older.mean_score == pytest.approx(0.5)
    assert older.mean_cost_nanousd == pytest.approx(100)
    assert older.mean_latency_ms == pytest.approx(20)
    assert older.n == 1


def test_a_verdict_without_a_call_teaches_no_cost() -> None:
    profile = seen(Observation(NOW, 1.0, weight=3.0), Observation(NOW, 0.0, cost_nanousd=100))
    assert profile.mean_score == pytest.approx(0.75)
    assert profile.mean_cost_nanousd == pytest.approx(100)


def test_means_of_nothing_are_unknown() -> None:
    assert NOTHING_SEEN.mean_score is None
    assert NOTHING_SEEN.mean_cost_nanousd is None
    assert NOTHING_SEEN.mean_latency_ms is None


def test_the_last_scores_are_kept_newest_first() -> None:
    profile = seen(*(Observation(NOW + timedelta(hours=hour), hour / 50) for hour in range(50)))
    assert len(profile.recent) == RECENT
    assert [score for _, score in profile.recent[:3]] == [0.98, 0.96, 0.94]


@given(OBSERVATIONS)
def test_the_last_scores_survive_being_stored(evidence: list[Observation]) -> None:
    recent = seen(*evidence).recent
    assert unpack(pack(recent)) == recent
    assert unpack(pack(reversed(recent))) == recent


def test_evidence_from_before_the_epoch_weighs_less_than_one() -> None:
    early = seen(Observation(datetime(2025, 12, 2, tzinfo=UTC), 0.5))
    assert early.weight == pytest.approx(0.5)
    assert early.recent[0][0] == 0
