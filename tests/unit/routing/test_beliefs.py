"""What a team believes of models, from all levels of evidence."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.core.beliefs import (
    NOTHING_BELIEVED,
    PRIOR_MEAN,
    Beliefs,
    Hyper,
    believe,
)
from routing.core.levels import Evidence, Profiles
from routing.core.quality import NOTHING_SEEN, Observation, Profile, observe

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
MODELS = ("a/one", "b/two", "c/three")
TYPES = ("evaluation", "summarization")
TIERS = {"a/one": "economy", "b/two": "standard", "c/three": "premium"}
KEY = ("a/one", "summarization")
STEADY = Hyper(dict.fromkeys(TYPES, 0.04), 0.04, 0.03)

EVIDENCE = st.lists(
    st.tuples(st.sampled_from(MODELS), st.sampled_from(TYPES), st.floats(0, 1)), max_size=25
)


def seen(profile: Profile, *scores: float, at: datetime = NOW, cost: int = 1000) -> Profile:
    for score in scores:
        when = at - timedelta(seconds=1000 - profile.n)
        profile = observe(profile, Observation(when, score, 1.0, cost, 100, 10))
    return profile


def profiles(evidence: list[tuple[str, str, float]]) -> Profiles:
    found: dict[tuple[str, str], Profile] = {}
    for model, kind, score in evidence:
        found[model, kind] = seen(found.get((model, kind), NOTHING_SEEN), score)
    return found


def unsuspected(told: Profiles) -> Profiles:
    """Return the profiles without their last scores, by which a change would be noticed."""
    return {key: replace(one, recent=()) for key, one in told.items()}


def beliefs(*, hyper: Hyper | None = None, **levels: Any) -> Beliefs:
    return believe(Evidence(**levels), TIERS, NOW, hyper)


def test_without_evidence_the_tier_is_believed() -> None:
    for model, tier in TIERS.items():
        belief = beliefs().estimate((model, "evaluation"))
        assert belief.mean == pytest.approx(PRIOR_MEAN[tier])
        assert belief.sd > 0.2
        assert belief.n == 0
    assert NOTHING_BELIEVED.estimate(KEY).mean == 0.75


@given(EVIDENCE)
def test_no_belief_is_ever_certain(evidence: list[tuple[str, str, float]]) -> None:
    for key in [(model, kind) for model in MODELS for kind in TYPES]:
        belief = beliefs(org=profiles(evidence)).estimate(key)
        assert 0 < belief.mean < 1
        assert belief.sd > 0
        assert belief.spread > 0
        assert 0 < belief.draw_sd <= belief.sd


@settings(max_examples=40, deadline=None)
@given(EVIDENCE, EVIDENCE, EVIDENCE, st.sampled_from(["everybody", "org", "team"]))
def test_more_evidence_never_widens_an_interval(
    everybody: list[tuple[str, str, float]],
    org: list[tuple[str, str, float]],
    team: list[tuple[str, str, float]],
    level: str,
) -> None:
    """For given noise and scales, and while nothing looks like a change of the model.

    A surprise may teach that scores are noisier than thought, or that the model is another one
    by now; without last scores, as here, the second is never suspected.
    """

    def sds(*more: tuple[str, str, float]) -> list[float]:
        there = {"everybody": everybody, "org": org, "team": team}
        there[level] = [*there[level], *more]
        own = there["team"]
        whole = own + there["org"]
        levels = {"everybody": whole + there["everybody"], "org": whole, "team": own}
        steady = {name: unsuspected(profiles(told)) for name, told in levels.items()}
        believed = beliefs(hyper=STEADY, **steady)
        return [believed.estimate((model, kind)).sd for model in MODELS for kind in TYPES]

    before, after = sds(), sds(("b/two", "evaluation", 0.5))
    assert all(later <= earlier + 1e-9 for earlier, later in zip(before, after, strict=True))


def test_the_score_that_shows_a_change_widens_the_interval() -> None:
    steady = seen(NOTHING_SEEN, *[0.9, 0.8] * 20)
    hardly, changed = (seen(steady, *[0.3] * count) for count in (5, 6))
    before, after = (
        beliefs(hyper=STEADY, org={KEY: one}).estimate(KEY) for one in (hardly, changed)
    )
    assert after.sd > before.sd
    assert after.mean < before.mean


@given(EVIDENCE, EVIDENCE)
def test_a_team_without_evidence_believes_what_its_organisation_does(
    everybody: list[tuple[str, str, float]], org: list[tuple[str, str, float]]
) -> None:
    levels: dict[str, Any] = {"everybody": profiles(everybody + org), "org": profiles(org)}
    of_org, of_team = beliefs(**levels), beliefs(**levels, team={})
    for key in [(model, kind) for model in MODELS for kind in TYPES]:
        assert of_team.estimate(key) == of_org.estimate(key)
        assert of_team.spent.latency_ms(key) == of_org.spent.latency_ms(key)


@given(EVIDENCE, st.randoms(use_true_random=False))
def test_the_order_of_evidence_of_one_age_does_not_matter(
    evidence: list[tuple[str, str, float]], source: random.Random
) -> None:
    shuffled = list(evidence)
    source.shuffle(shuffled)
    one, other = beliefs(org=profiles(evidence)), beliefs(org=profiles(shuffled))
    for key in [(model, kind) for model in MODELS for kind in TYPES]:
        assert one.estimate(key).mean == pytest.approx(other.estimate(key).mean, abs=1e-6)
        assert one.estimate(key).sd == pytest.approx(other.estimate(key).sd, abs=1e-6)


def test_little_of_a_teams_own_is_shrunk_to_the_organisation_and_much_is_not() -> None:
    org = seen(NOTHING_SEEN, *[0.9, 0.8] * 50)
    means = []
    for count in (0, 4, 400):
        own = seen(NOTHING_SEEN, *[0.4, 0.5] * (count // 2))
        both = seen(org, *[0.4, 0.5] * (count // 2))
        levels: dict[str, Any] = {"org": {KEY: both}, "team": {KEY: own} if count else {}}
        means.append(beliefs(**levels).estimate(KEY).mean)
    assert means[0] == pytest.approx(0.85, abs=0.01)
    assert 0.6 < means[1] < means[0]
    assert means[2] == pytest.approx(0.45, abs=0.03)


def test_what_a_model_shows_at_one_task_type_is_expected_of_it_at_others() -> None:
    org = {("c/three", "evaluation"): seen(NOTHING_SEEN, *[0.2] * 30)}
    believed = beliefs(org=org)
    assert believed.estimate(("c/three", "summarization")).mean < PRIOR_MEAN["premium"] - 0.1


def test_old_evidence_fades() -> None:
    young = {KEY: seen(NOTHING_SEEN, *[0.1] * 20)}
    old = {KEY: seen(NOTHING_SEEN, *[0.1] * 20, at=NOW - timedelta(days=300))}
    assert beliefs(org=young).estimate(KEY).mean < beliefs(org=old).estimate(KEY).mean
    assert beliefs(org=young).estimate(KEY).sd < beliefs(org=old).estimate(KEY).sd


def test_what_was_believed_of_a_model_is_left_when_it_changes() -> None:
    steady = seen(NOTHING_SEEN, *[0.9, 0.85] * 40)
    changed = seen(steady, *[0.5, 0.45] * 5)
    assert beliefs(org={KEY: changed}).estimate(KEY).mean < 0.6
    assert beliefs(org={KEY: steady}).estimate(KEY).mean == pytest.approx(0.875, abs=0.01)


def test_profiles_of_no_weight_are_as_if_unseen() -> None:
    assert beliefs(org={KEY: Profile(n=1)}).estimate(KEY).mean == PRIOR_MEAN["economy"]
