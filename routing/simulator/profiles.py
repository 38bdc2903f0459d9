"""The hidden nature of every simulated model: skill, speed, and how it judges.

Known models stand in skills.toml; any other name gets a profile drawn from the seed, leaning on
what the name says about the model's size.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .draws import Draws

TASK_TYPES = (
    "code_generation",
    "code_review",
    "complex_reasoning",
    "creative_writing",
    "data_extraction",
    "summarization",
    "evaluation",
)
SKILLS_FILE = Path(__file__).with_name("skills.toml")
_LOWEST, _HIGHEST = 0.55, 0.97
_SMALL = re.compile(r"haiku|mini|flash|nano|lite|small|tiny|\b[1378]b\b|instant|turbo|fast")
_LARGE = re.compile(r"opus|ultra|\bpro\b|max|large|\bo[13]\b|gpt-5|reasoner|thinking|r1|k2")
_REASONING = re.compile(r"\bo[134]\b|reasoner|thinking|\br1\b|gpt-5(?!.*chat)|gemini-(?:2\.5|3)")
_TIERS = {  # centre of skill, base ms, ms per output token, judging noise
    "small": (0.71, 45.0, 0.14, 0.024),
    "middle": (0.81, 65.0, 0.24, 0.018),
    "large": (0.90, 95.0, 0.32, 0.012),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """What one model is like.

    `skills` by task type in [0.55, 0.97]; `judge_noise` is a standard deviation of scores,
    `judge_bias` is added to them; `slips`: share of structured replies that cannot be read.
    """

    model: str
    skills: Mapping[str, float]
    base_ms: float
    token_ms: float
    jitter_ratio: float
    judge_noise: float
    judge_bias: float
    slips: float
    reasoning: bool
    context_window: int

    def skill(self, task_type: str) -> float:
        """Return the skill at a task type, the mean one if the type is unknown."""
        known = self.skills.get(task_type)
        return sum(self.skills.values()) / len(self.skills) if known is None else known


class Profiles:
    """Find or draw the profile of a model; each is made once and kept, up to a bound."""

    def __init__(self, seed: int, known: Mapping[str, Mapping[str, Any]]) -> None:
        self._seed = seed
        self._known = known
        self._made: dict[str, Profile] = {}

    @property
    def names(self) -> list[str]:
        """Return the models that have a profile of their own."""
        return sorted(self._known)

    def of(self, model: str) -> Profile:
        """Return the profile of a model, whatever its name."""
        profile = self._made.get(model)
        if profile is None:
            if len(self._made) > 4096:  # a fuzzer may send any number of names
                self._made.clear()
            profile = self._made[model] = _given(_drawn(self._seed, model), self._known.get(model))
        return profile


def read_skills(path: Path = SKILLS_FILE) -> dict[str, dict[str, Any]]:
    """Return the hand-set parts of profiles by model name."""
    with path.open("rb") as file:
        models: dict[str, dict[str, Any]] = tomllib.load(file)["models"]
    return models


def _tier(model: str) -> str:
    if _SMALL.search(model):
        return "small"
    return "large" if _LARGE.search(model) else "middle"


def _drawn(seed: int, model: str) -> Profile:
    draws = Draws(str(seed), "profile", model)
    centre, base_ms, token_ms, noise = _TIERS[_tier(model.lower())]
    own = centre + 0.03 * draws.normal("centre")
    return Profile(
        model=model,
        skills={kind: _bounded(own + 0.04 * draws.normal(kind)) for kind in TASK_TYPES},
        base_ms=base_ms * (0.8 + 0.4 * draws.unit("base")),
        token_ms=token_ms * (0.8 + 0.4 * draws.unit("token")),
        jitter_ratio=0.12 + 0.1 * draws.unit("jitter"),
        judge_noise=noise,
        judge_bias=0.015 * draws.normal("bias"),
        slips=0.0,
        reasoning=bool(_REASONING.search(model.lower())),
        context_window=200_000,
    )


def _given(profile: Profile, known: Mapping[str, Any] | None) -> Profile:
    if known is None:
        return profile
    fields = dict(known)
    skills = {**profile.skills, **fields.pop("skills", {})}
    return replace(profile, skills=skills, **fields)


def _bounded(skill: float) -> float:
    return min(max(skill, _LOWEST), _HIGHEST)
