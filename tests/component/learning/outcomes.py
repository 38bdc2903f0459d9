"""Made-up outcomes of models on prompts, as recorded ones look: skills, kinds of work, luck."""

from __future__ import annotations

import math
import random

from routing.core.outcomes import Outcomes, Prompt

LEANINGS = 2


def made_up(seed: int, *, models: int = 6, categories: int = 6, prompts: int = 800) -> Outcomes:
    """Return outcomes whose chance of success, in log odds, is the sum of five parts.

    They are the model's skill, the category's ease, how both lean in two hidden directions, what
    is peculiar to the two, and how hard the prompt is. Scores are 0 or 1. Better models tend to
    be dearer; some categories are much more frequent, and take much more text, than others.
    """
    source = random.Random(seed)

    def normal(sd: float) -> float:
        return source.gauss(0.0, sd)

    skill = [normal(0.8) for _ in range(models)]
    ease = [normal(0.8) + 0.8 for _ in range(categories)]
    leaning = [[normal(1.0) for _ in range(LEANINGS)] for _ in range(models)]
    pull = [[normal(0.5) for _ in range(LEANINGS)] for _ in range(categories)]
    odds = [
        [
            skill[model]
            + ease[kind]
            + sum(one * other for one, other in zip(leaning[model], pull[kind], strict=True))
            + normal(0.2)
            for kind in range(categories)
        ]
        for model in range(models)
    ]
    price = [10_000.0 * math.exp(1.2 * one + normal(0.6)) for one in skill]
    length = [math.exp(normal(0.5)) for _ in range(categories)]
    share = [source.random() + 0.1 for _ in range(categories)]
    made = []
    for kind in source.choices(range(categories), share, k=prompts):
        hardness = normal(0.5)
        chances = [1.0 / (1.0 + math.exp(hardness - odds[model][kind])) for model in range(models)]
        scores = tuple(float(source.random() < chance) for chance in chances)
        costs = tuple(one * length[kind] * source.uniform(0.8, 1.25) for one in price)
        made.append(Prompt(f"kind {kind}", 100, scores, costs))
    return Outcomes(tuple(f"model {number}" for number in range(models)), tuple(made))
