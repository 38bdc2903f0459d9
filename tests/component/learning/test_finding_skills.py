"""The learner against the simulator's hidden skills: found, left when they fall, found again."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import NormalDist

import pytest

from routing.core.beliefs import believe
from routing.core.candidates import Candidate
from routing.core.choice import WORTH_NANOUSD, choose
from routing.core.levels import Evidence
from routing.core.posterior import Key
from routing.core.quality import NOTHING_SEEN, Observation, Profile, observe
from routing.simulator.profiles import TASK_TYPES, Profiles, read_skills

TIERS = {
    "claude-opus-5-5": "premium",
    "claude-sonnet-5-5": "standard",
    "claude-haiku-5-5": "economy",
    "gpt-6.1-sol": "premium",
    "gpt-6-luna": "economy",
    "gemini-3.8-flash": "standard",
    "gemini-3.5-flash-lite": "economy",
    "deepseek-v4-flash": "economy",
}
COSTS = {"premium": 30_000_000, "standard": 10_000_000, "economy": 1_000_000}
THRESHOLD = 0.8
SPREAD = 0.05


@dataclass
class World:
    """A team whose calls are scored around hidden skills that a test may change."""

    seed: int
    between: timedelta = timedelta(minutes=1)
    skills: dict[Key, float] = field(default_factory=dict)
    profiles: dict[Key, Profile] = field(default_factory=dict)
    now: datetime = datetime(2026, 6, 1, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.source = random.Random(self.seed)
        hidden = Profiles(0, read_skills())
        for model in TIERS:
            for kind in TASK_TYPES:
                self.skills[model, kind] = hidden.of(model).skill(kind)

    def call(self, task_type: str) -> str:
        """Have one call chosen, scored and learned from; return the model."""
        self.now += self.between
        believed = believe(Evidence(team=self.profiles), TIERS, self.now)
        candidates = [
            Candidate(model, model, believed.estimate((model, task_type)), cost, cost)
            for model, cost in ((name, COSTS[tier]) for name, tier in TIERS.items())
        ]
        made = choose(
            candidates,
            preference="balanced",
            draws={model: self.source.gauss(0, 1) for model in TIERS},
            threshold=THRESHOLD,
        )
        key = (made.model, task_type)
        score = min(max(self.source.gauss(self.skills[key], SPREAD), 0.0), 1.0)
        seen = Observation(self.now, score, 1.0, COSTS[TIERS[made.model]], 100, 100)
        self.profiles[key] = observe(self.profiles.get(key, NOTHING_SEEN), seen)
        return made.model

    def value(self, model: str, task_type: str) -> float:
        """Return what a call is worth, as only the simulator can know."""
        skill = self.skills[model, task_type]
        good = 1.0 - NormalDist(skill, SPREAD).cdf(THRESHOLD)
        return WORTH_NANOUSD["balanced"] * good - COSTS[TIERS[model]]

    def best(self, task_type: str) -> str:
        return max(TIERS, key=lambda model: self.value(model, task_type))


def usual(world: World, task_type: str, calls: int = 20) -> str:
    return Counter(world.call(task_type) for _ in range(calls)).most_common(1)[0][0]


def test_hidden_skills_are_found_for_every_task_type_within_sixty_calls_each() -> None:
    """In nearly every world: one in thirty may have had bad luck with its first scores."""
    missed = [(seed, kind) for seed in (1, 2, 3, 4) for kind in missed_after(60, World(seed))]
    assert len(missed) <= 1, missed


def missed_after(calls: int, world: World) -> list[str]:
    """Return the task types at which the usual choice is worse than the best, after so many."""
    for _ in range(calls):
        for kind in TASK_TYPES:
            world.call(kind)
    allowed = 0.07 * WORTH_NANOUSD["balanced"]
    return [
        kind
        for kind in TASK_TYPES
        if world.value(usual(world, kind), kind) < world.value(world.best(kind), kind) - allowed
    ]


@pytest.mark.parametrize(
    ("seed", "rivals"),
    [
        pytest.param(1, None, id="others are nearly as good"),
        pytest.param(2, 0.8, id="others are far behind, so that long memory would hold on"),
        pytest.param(3, 0.8, id="the same with other luck"),
    ],
)
def test_a_regression_is_left_within_thirty_calls(seed: int, rivals: float | None) -> None:
    world = World(seed)
    if rivals is not None:
        for model in TIERS:
            world.skills[model, "summarization"] = 0.95 if model == "claude-haiku-5-5" else rivals
    for _ in range(500):
        world.call("summarization")
    favourite = usual(world, "summarization")
    world.skills[favourite, "summarization"] -= 0.25
    for _ in range(30):
        world.call("summarization")
    after = Counter(world.call("summarization") for _ in range(30))
    assert after[favourite] <= 3


def test_an_improved_model_is_found_again() -> None:
    """A model that was left is tried again as what is known of it fades, some calls a day."""
    world = World(4, between=timedelta(hours=4))
    worst = "gemini-3.5-flash-lite"
    for kind in TASK_TYPES:
        world.skills[worst, kind] = 0.6
    for _ in range(150):
        world.call("summarization")
    assert usual(world, "summarization") != worst
    for model in TIERS:  # nobody else is as good for the money any more
        world.skills[model, "summarization"] = 0.97 if model == worst else 0.8
    for number in range(1500):
        world.call("summarization")
        if number % 50 == 49 and usual(world, "summarization") == worst:
            return
    pytest.fail("the improved model was not found again")


def test_a_model_without_calls_is_neither_first_for_ever_nor_never() -> None:
    """Ten models of one kind; the tenth appears when the others are known, and is worse."""
    source = random.Random(3)
    now = datetime(2026, 6, 1, tzinfo=UTC)
    known: dict[tuple[str, str], Profile] = {}
    skills = {f"m/{number}": 0.75 + 0.01 * number for number in range(9)} | {"m/new": 0.6}
    tiers = dict.fromkeys(skills, "standard")
    for model, skill in skills.items():
        if model != "m/new":
            scores = [source.gauss(skill, 0.1) for _ in range(30)]
            profile = NOTHING_SEEN
            for score in scores:
                one = Observation(now, min(max(score, 0.0), 1.0), 1.0, 1000)
                profile = observe(profile, one)
            known[model, "evaluation"] = profile
    chosen: Counter[str] = Counter()
    for step in range(400):
        believed = believe(Evidence(team=known), tiers, now)
        candidates = [
            Candidate(model, model, believed.estimate((model, "evaluation")), 1000, 1000)
            for model in skills
        ]
        draws = {model: source.gauss(0, 1) for model in skills}
        made = choose(candidates, preference="balanced", draws=draws)
        chosen[made.model] += 1
        score = min(max(source.gauss(skills[made.model], 0.1), 0), 1)
        key = (made.model, "evaluation")
        at = now + timedelta(seconds=step)
        known[key] = observe(known.get(key, NOTHING_SEEN), Observation(at, score, 1.0, 1000))
    assert 1 <= chosen["m/new"] < 40
    assert chosen["m/8"] > 100
