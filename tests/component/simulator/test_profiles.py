from __future__ import annotations

import tomllib

import pytest

from routing.simulator.profiles import SKILLS_FILE, TASK_TYPES, Profiles, read_skills

NAMES = ["", "llama-5-mini", "some/new-model:free", "é", "x" * 500]


@pytest.mark.parametrize("name", [*NAMES, *read_skills()])
def test_every_model_has_a_plausible_profile(name):
    profile = Profiles(7, read_skills()).of(name)
    assert set(profile.skills) == set(TASK_TYPES)
    assert all(0.55 <= skill <= 0.97 for skill in profile.skills.values())
    assert 30 <= profile.base_ms <= 120
    assert 60 <= profile.base_ms + 400 * profile.token_ms <= 300
    assert 0 <= profile.judge_noise <= 0.04
    assert abs(profile.judge_bias) <= 0.06
    assert 0 <= profile.slips <= 0.02


def test_a_profile_depends_on_seed_and_name():
    assert Profiles(1, {}).of("a") == Profiles(1, {}).of("a")
    assert Profiles(1, {}).of("a") != Profiles(2, {}).of("a")
    assert Profiles(1, {}).of("a").skills != Profiles(1, {}).of("b").skills


def test_a_large_models_name_promises_more_than_a_small_ones():
    profiles = Profiles(7, {})
    small = [profiles.of(f"acme-{number}-mini").skill("code_generation") for number in range(20)]
    large = [profiles.of(f"acme-{number}-ultra").skill("code_generation") for number in range(20)]
    assert sum(large) > sum(small) + 2


def test_a_hand_set_part_replaces_the_drawn_one_alone():
    drawn = Profiles(7, {}).of("m")
    given = Profiles(7, {"m": {"skills": {"evaluation": 0.6}, "base_ms": 1}}).of("m")
    assert (given.skills["evaluation"], given.base_ms) == (0.6, 1)
    assert given.skills["code_review"] == drawn.skills["code_review"]
    assert given.token_ms == drawn.token_ms


def test_an_unknown_task_type_gets_the_mean_skill():
    profile = Profiles(7, {}).of("m")
    assert min(profile.skills.values()) < profile.skill("juggling") < max(profile.skills.values())


def test_a_flood_of_names_is_not_kept_for_ever():
    profiles = Profiles(7, {})
    for number in range(5000):
        profiles.of(str(number))
    assert len(profiles._made) <= 4097


def test_every_simulated_model_of_the_catalogue_has_a_hand_set_profile():
    catalogue = SKILLS_FILE.parents[1] / "catalogue.toml"
    models = tomllib.loads(catalogue.read_text())["models"]
    wire_names = {
        model["litellm"].partition("/")[2]: model
        for name, model in models.items()
        if name.startswith("sim/")
    }
    profiles = Profiles(7, read_skills())
    assert set(wire_names) <= set(profiles.names)
    for name, model in wire_names.items():
        assert profiles.of(name).reasoning == model.get("reasoning", False), name
        assert profiles.of(name).context_window == model["window"], name
