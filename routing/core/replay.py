"""Recorded outcomes streamed through the choice and the learning that calls go through.

Invariant: the learner sees nothing of a prompt but the chosen model's score and cost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from routing.core.beliefs import NOTHING_BELIEVED, Beliefs, believe
from routing.core.candidates import Candidate
from routing.core.choice import choose
from routing.core.frontier import Point
from routing.core.levels import Evidence
from routing.core.outcomes import Outcomes, Prompt
from routing.core.posterior import Key
from routing.core.quality import EPOCH, NOTHING_SEEN, Observation, Profile, observe

# A call a minute: what is seen in a replay hardly fades, as its prompts came in no known time.
STEP = timedelta(minutes=1)
# Beliefs are renewed with every call at first, later with every few, as snapshots are.
RENEW_ALWAYS, RENEW_EVERY = 150, 5
# Score given up to save what a call costs on average over the models: none, to more than any is
# worth.
LAMBDAS = (0.0, 0.001, 0.003, 0.008, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.5)
MONEY_DOES_NOT_COUNT = 1e18

Gauss = Callable[[], float]


@dataclass
class Learner:
    """Learns one stream of outcomes at one exchange rate.

    `draw` gives standard normals; None: no exploring, which is right only where everything is
    seen anyway.
    """

    models: Sequence[str]
    rate: float
    draw: Gauss | None
    now: datetime = EPOCH
    calls: int = 0
    profiles: dict[Key, Profile] = field(default_factory=dict)
    beliefs: Beliefs = NOTHING_BELIEVED
    worth_nanousd: float = MONEY_DOES_NOT_COUNT
    # The files hold no price list: a model that was never called is taken for the cheapest, so
    # that all are called once or twice before their price is held against them.
    _cheapest: float = 0.0

    def choose(self, prompt: Prompt) -> int:
        """Return the index of the model that the prompt goes to."""
        if self.calls < RENEW_ALWAYS or self.calls % RENEW_EVERY == 0:
            self._renew()
        self.calls += 1
        candidates = [self._candidate(model, prompt) for model in self.models]
        draws = {} if self.draw is None else {model: self.draw() for model in self.models}
        made = choose(
            candidates,
            preference="balanced",
            draws=draws,
            threshold=None,
            worth_nanousd=self.worth_nanousd,
        )
        return self.models.index(made.model)

    def learn(self, prompt: Prompt, chosen: int) -> None:
        """Take in what the chosen model made of the prompt."""
        self.now += STEP
        key = (self.models[chosen], prompt.category)
        seen = Observation(
            at=self.now,
            score=prompt.scores[chosen],
            cost_nanousd=round(prompt.costs[chosen]),
            input_tokens=prompt.input_tokens,
        )
        self.profiles[key] = observe(self.profiles.get(key, NOTHING_SEEN), seen)

    def _renew(self) -> None:
        tiers = dict.fromkeys(self.models, "standard")
        self.beliefs = believe(Evidence(team=self.profiles), tiers, self.now)
        costs = [one.cost_nanousd for one in self.beliefs.spent.by_model.values()]
        if costs:
            self._cheapest = min(costs)
            if self.rate:
                self.worth_nanousd = sum(costs) / len(costs) / self.rate

    def _candidate(self, model: str, prompt: Prompt) -> Candidate:
        key = (model, prompt.category)
        cost = self.beliefs.spent.expected_cost(key, None, prompt.input_tokens)
        expected = round(self._cheapest if cost is None else cost)
        return Candidate(model, model, self.beliefs.estimate(key), expected, expected)


def play(
    outcomes: Outcomes,
    order: Sequence[int],
    learner: Learner,
    *,
    warm: int = 0,
    passes: int = 1,
    all_seen: bool = False,
) -> Point:
    """Return the mean cost and score of the learner's choices, prompts coming in this order.

    The first `warm` prompts are seen with all their outcomes beforehand, and not counted. Of
    several passes the last one counts. `all_seen`: it learns every model's outcome.
    """
    everything = range(len(outcomes.models))
    for index in order[:warm]:
        for model in everything:
            learner.learn(outcomes.prompts[index], model)
    cost = score = 0.0
    for _ in range(passes):
        cost = score = 0.0
        for index in order[warm:]:
            prompt = outcomes.prompts[index]
            chosen = learner.choose(prompt)
            cost += prompt.costs[chosen]
            score += prompt.scores[chosen]
            for model in everything if all_seen else (chosen,):
                learner.learn(prompt, model)
    count = len(order) - warm
    return cost / count, score / count
