"""What is left of evidence when a model's version changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.core.beliefs import believe
from routing.core.levels import Evidence
from routing.core.quality import (
    NOTHING_SEEN,
    SUMS,
    Observation,
    Profile,
    observe,
    without,
)
from routing.core.versions import EARLIER_SHARE, is_earlier, present

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
KEY = ("a/one", "summarization")
OLD, NEW = "openai/one-1", "openai/one-2"


def seen(score: float, count: int, team: int = 0) -> Profile:
    profile = NOTHING_SEEN
    for number in range(count):
        at = NOW + timedelta(seconds=number, milliseconds=team)
        profile = observe(profile, Observation(at, score, cost_nanousd=100, input_tokens=5))
    return profile


def belief(profiles: dict[tuple[str, str, str], Profile], version: str) -> tuple[float, float]:
    found = present(profiles, {"a/one": version})
    estimate = believe(Evidence(org=found), {"a/one": "standard"}, NOW).estimate(KEY)
    return estimate.mean, estimate.sd


def test_evidence_of_the_present_version_counts_whole() -> None:
    profile = seen(0.9, 20)
    assert present({(*KEY, NEW): profile}, {"a/one": NEW}) == {KEY: profile}


@pytest.mark.parametrize(("version", "now"), [("", NEW), (NEW, ""), ("", ""), (NEW, NEW)])
def test_what_is_not_known_to_be_earlier_is_not(version: str, now: str) -> None:
    assert not is_earlier(version, now)
    assert present({(*KEY, version): seen(0.9, 3)}, {"a/one": now})[KEY].n == 3
    assert present({(*KEY, version): seen(0.9, 3)}, {})[KEY].n == 3


def test_evidence_of_an_earlier_version_is_a_weaker_prior() -> None:
    whole, weak = (
        belief({(*KEY, NEW): seen(0.95, 30)}, NEW),
        belief({(*KEY, OLD): seen(0.95, 30)}, NEW),
    )
    nothing = belief({}, NEW)
    assert nothing[0] < weak[0] < whole[0]
    assert whole[1] < weak[1] < nothing[1]


def test_few_scores_of_the_new_version_outweigh_many_of_the_old() -> None:
    profiles = {(*KEY, OLD): seen(0.95, 60), (*KEY, NEW): seen(0.4, 12)}
    assert belief(profiles, NEW)[0] < 0.6
    assert belief(profiles, OLD)[0] > 0.8, "pointed back, the model is what it was"


def test_all_sums_fade_alike_and_last_scores_of_before_are_forgotten() -> None:
    old = seen(0.8, 25)
    found = present({(*KEY, OLD): old, (*KEY, NEW): seen(0.5, 2)}, {"a/one": NEW})[KEY]
    assert found.n == 3 + 2
    assert [score for _, score in found.recent] == [0.5, 0.5]
    only_old = present({(*KEY, OLD): old}, {"a/one": NEW})[KEY]
    for name in SUMS:
        assert getattr(only_old, name) == pytest.approx(EARLIER_SHARE * getattr(old, name))


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_levels_can_be_taken_apart_before_or_after(a: int, b: int, c: int, d: int) -> None:
    team = {OLD: seen(0.5, a, 1), NEW: seen(0.7, b, 1)}
    rest = {OLD: seen(0.2, c, 2), NEW: seen(0.4, d, 2)}
    org = {
        name: Profile(
            *(getattr(team[name], one) + getattr(rest[name], one) for one in ("n", *SUMS))
        )
        for name in (OLD, NEW)
    }

    def put_together(of: dict[str, Profile]) -> Profile:
        return present({(*KEY, name): one for name, one in of.items()}, {"a/one": NEW})[KEY]

    apart = without(put_together(org), put_together(team))
    if apart.n:  # else at most a part of one score is left
        assert apart.weight == pytest.approx(put_together(rest).weight)
        assert apart.score_sum == pytest.approx(put_together(rest).score_sum)
