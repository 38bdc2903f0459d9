"""Recorded outcomes streamed through the choice and the learning that calls go through.

Invariant: the learner sees nothing of a prompt but score and cost of the models it called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from routing.core.beliefs import NOTHING_BELIEVED, Beliefs, believe
from routing.core.candidates import Candidate
from routing.core.choice import Choice, choose
from routing.core.frontier import Point
from routing.core.levels import Evidence
from routing.core.outcomes import Outcomes, Prompt
from routing.core.posterior import Key
from routing.core.quality import EPOCH, NOTHING_SEEN, Observation, Profile, observe
from routing.core.token_price import TokenPrices

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
    seen anyway. `threshold` None: the score counts, not whether it reaches a threshold.
    """

    models: Sequence[str]
    rate: float
    draw: Gauss | None
    threshold: float | None = None
    now: datetime = EPOCH
    calls: int = 0
    profiles: dict[Key, Profile] = field(default_factory=dict)
    beliefs: Beliefs = NOTHING_BELIEVED
    worth_nanousd: float = MONEY_DOES_NOT_COUNT
    # The files hold no price list. A model that was never called is taken for the cheapest, so
    # that all are called once or twice before their price is held against them, and what a
    # longer prompt costs more is learned.
    _cheapest: float = 0.0
    _prices: TokenPrices = field(default_factory=TokenPrices)

    def choose(self, prompt: Prompt) -> Choice:
        """Return which model the prompt goes to, and why."""
        if self.calls < RENEW_ALWAYS or self.calls % RENEW_EVERY == 0:
            self._renew()
        self.calls += 1
        return choose(
            [self._candidate(model, prompt) for model in self.models],
            preference="balanced",
            draws={} if self.draw is None else {model: self.draw() for model in self.models},
            threshold=self.threshold,
            worth_nanousd=self.worth_nanousd,
        )

    def learn(self, prompt: Prompt, model: str, task_type: str | None = None) -> Point:
        """Take in and return the cost and the score of a model at a prompt.

        `task_type` None: the prompt's category.
        """
        self.now += STEP
        place = self.models.index(model)
        score, cost = prompt.scores[place], prompt.costs[place]
        key = (model, task_type or prompt.category)
        seen = Observation(
            at=self.now, score=score, cost_nanousd=round(cost), input_tokens=prompt.input_tokens
        )
        self.profiles[key] = observe(self.profiles.get(key, NOTHING_SEEN), seen)
        self._prices.learn(key, prompt.input_tokens, cost)
        return cost, score

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
        cost = self.beliefs.spent.expected_cost(
            key, None, prompt.input_tokens, self._prices.nanousd(model)
        )
        expected = round(self._cheapest if cost is None else cost)
        return Candidate(model, model, self.beliefs.estimate(key), expected, expected)


Step = Callable[[Learner, Prompt], Point]


def one_call(learner: Learner, prompt: Prompt) -> Point:
    """Return what the model that the prompt goes to makes of it."""
    return learner.learn(prompt, learner.choose(prompt).model)


def all_seen(learner: Learner, prompt: Prompt) -> Point:
    """Return the same, where the learner then sees every model's outcome."""
    chosen = learner.choose(prompt).model
    return {model: learner.learn(prompt, model) for model in learner.models}[chosen]


def play(
    outcomes: Outcomes,
    order: Sequence[int],
    learner: Learner,
    *,
    step: Step = one_call,
    warm: int = 0,
    passes: int = 1,
) -> Point:
    """Return the mean cost and score over the prompts, which come in this order.

    The first `warm` prompts are seen with all their outcomes beforehand, and not counted. Of
    several passes the last one counts. `step` says what is done with a prompt.
    """
    for index in order[:warm]:
        for model in learner.models:
            learner.learn(outcomes.prompts[index], model)
    cost = score = 0.0
    for _ in range(passes):
        points = [step(learner, outcomes.prompts[index]) for index in order[warm:]]
        cost, score = (sum(values) for values in zip(*points, strict=True))
    count = len(order) - warm
    return cost / count, score / count
