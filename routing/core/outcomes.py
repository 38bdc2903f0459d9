"""Recorded outcomes of several models on the same prompts, and what hindsight makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from routing.core.frontier import Frame, Point, hull, judge

# Exchange rates at which the oracle is asked, enough that its hull has all its corners.
RATES = (0.0, *(10.0 ** (step / 20) for step in range(-80, 61)))


@dataclass(frozen=True, slots=True)
class Prompt:
    """Hold one prompt: scores in [0, 1] and costs in nano-dollars, in the order of the models."""

    category: str
    input_tokens: int
    scores: tuple[float, ...]
    costs: tuple[float, ...]


@dataclass(frozen=True)
class Outcomes:
    """Hold what every model made of every prompt."""

    models: tuple[str, ...]
    prompts: tuple[Prompt, ...]

    @cached_property
    def singles(self) -> tuple[Point, ...]:
        """Return each model's mean cost and score."""
        return means(self.prompts)

    @cached_property
    def frame(self) -> Frame:
        """Return what routers of these outcomes are measured against."""
        cheapest = min(self.singles)
        best = max(self.singles, key=lambda one: (one[1], -one[0]))
        bare = Frame(cheapest, best)
        return Frame(cheapest, best, judge(self.oracle(), bare).aiq)

    def mix(self) -> list[Point]:
        """Return the best mixes of single models in hindsight."""
        return hull(self.singles)

    def oracle(self) -> list[Point]:
        """Return what the hindsight-best model of each category yields, at many rates."""
        groups = [(len(ones), means(ones)) for ones in self.by_category().values()]
        scale = max(cost for cost, _ in self.singles) or 1.0
        points = []
        for rate in RATES:
            cost = score = 0.0
            for count, models in groups:
                best = max(models, key=lambda one: one[1] - rate * one[0] / scale)
                cost += count * best[0]
                score += count * best[1]
            points.append((cost / len(self.prompts), score / len(self.prompts)))
        return points

    def by_category(self) -> dict[str, list[Prompt]]:
        """Return the prompts of each category."""
        groups: dict[str, list[Prompt]] = {}
        for prompt in self.prompts:
            groups.setdefault(prompt.category, []).append(prompt)
        return groups

    def random(self) -> list[Point]:
        """Return what choosing blindly yields on average."""
        count = len(self.models)
        return [(sum(c for c, _ in self.singles) / count, sum(s for _, s in self.singles) / count)]


def means(prompts: Sequence[Prompt]) -> tuple[Point, ...]:
    """Return each model's mean cost and score over these prompts."""
    count = len(prompts)
    return tuple(
        (
            sum(prompt.costs[index] for prompt in prompts) / count,
            sum(prompt.scores[index] for prompt in prompts) / count,
        )
        for index in range(len(prompts[0].scores))
    )


def outcomes_from(
    rows: Iterable[Mapping[str, str]], limit: int | None = None, tokens: Callable[[str], int] = len
) -> Outcomes:
    """Return the outcomes in rows of the form `prompt_id, category, model, score, cost_usd, ...`.

    Prompts that lack a score of some model are left out; an unknown cost counts as none. `tokens`
    counts a prompt's where the row does not tell.

    Raises: ValueError where nothing is left, KeyError for a missing column.
    """
    models: dict[str, None] = {}
    found: dict[str, dict[str, tuple[float, float]]] = {}
    about: dict[str, tuple[str, int]] = {}
    for row in rows:
        if row["score"] == "":
            continue
        name = row["prompt_id"]
        if name not in found and limit is not None and len(found) == limit:
            break
        models.setdefault(row["model"])
        found.setdefault(name, {})[row["model"]] = (
            float(row["score"]),
            float(row["cost_usd"] or 0.0) * 1e9,
        )
        counted = row.get("input_tokens") or tokens(row.get("prompt") or "")
        about.setdefault(name, (row["category"], round(float(counted))))
    names = tuple(models)
    prompts = tuple(
        Prompt(
            *about[name],
            scores=tuple(ones[model][0] for model in names),
            costs=tuple(ones[model][1] for model in names),
        )
        for name, ones in found.items()
        if len(ones) == len(names)
    )
    if not prompts:
        raise ValueError("there is no prompt with a score of every model")
    return Outcomes(names, prompts)
