"""Figures of a proposal to tune, in words: money, interval, dates, and what was assumed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any, Final

from runs.core.tuning.assumptions import as_json
from runs.core.tuning.interval import Range, range_from
from runs.selectors.tuning.assumptions import first_assumptions
from runs.views.formats import usd_between, words
from runs.views.tuning_tables import SensitiveTable, money, tables_of

LEFT_OUT: Final = {
    "policy": "a policy keeps them from training",
    "model_terms": "their model's terms forbid it",
    "needs_context": "they build on other tasks' outputs",
    "not_accepted": "they were not accepted",
    "negative_feedback": "people disliked the result",
    "exact_duplicate": "another output of the same task is kept",
    "near_duplicate": "they are nearly the same as others",
    "too_many": "newer ones are enough",
}
RULES: Final = {
    "epochs": "Epochs",
    "min_examples": "Examples needed at least",
    "half_gap_examples": "Examples that close half of the gap",
    "prompt_share": "Prompt length afterwards, next to now",
    "volume_growth": "Volume from now on, next to now",
    "labour_usd": "People's work, once",
}


class OfferCard:
    """One base model's figures, from the evidence that is kept with a proposal."""

    def __init__(self, evidence: Mapping[str, Any]) -> None:
        self.base: Mapping[str, Any] = evidence["base"]
        self.facts: Mapping[str, Any] = evidence["facts"]
        self.estimate: Mapping[str, Any] = evidence["estimate"]
        self.evidence = evidence

    @property
    def is_guessed(self) -> bool:
        """Tell whether its prices are those the product came with, which nobody has looked up."""
        return is_first_guess(self.base)

    @property
    def saving(self) -> str:
        """Return the monthly saving with its interval."""
        found = range_from(self.estimate, "saving_nanousd")
        return interval_text(found)

    @property
    def saves(self) -> str:
        return money(self.estimate["saving_nanousd"])

    @property
    def interval(self) -> str:
        found = range_from(self.estimate, "saving_nanousd")
        return f"80 % interval {usd_between(found.low, found.high)}"

    @property
    def tone(self) -> str:
        found = range_from(self.estimate, "saving_nanousd")
        return "ok" if found.low > 0 else "bad" if found.high < 0 else "warn"

    @property
    def verdict(self) -> str:
        found = range_from(self.estimate, "saving_nanousd")
        if found.low > 0:
            return "saves"
        return "costs more" if found.high < 0 else "not sure"

    @property
    def quality(self) -> str:
        before, after = self.estimate["quality_before"], range_from(self.estimate, "quality_after")
        return f"{before:.2f} now, expected {after.value:.2f} ({after.low:.2f} to {after.high:.2f})"

    @property
    def task_cost(self) -> tuple[int, int]:
        """Return what a task costs now, and would then, checks included."""
        made = self.estimate
        return round(made["present_nanousd"]), round(made["tuned_nanousd"])

    @property
    def volume(self) -> int:
        value: float = self.estimate["tasks_a_month"]
        return round(value)

    @property
    def break_even(self) -> date | None:
        return _day(self.estimate["break_even"])

    @property
    def break_even_between(self) -> tuple[date | None, date | None]:
        return _day(self.estimate["earliest"]), _day(self.estimate["latest"])

    @cached_property
    def sensitivity(self) -> list[SensitiveTable]:
        return tables_of(self.estimate)

    @property
    def assumed(self) -> list[tuple[str, str]]:
        """Return each assumption with its value."""
        kept = self.evidence["assumptions"]
        return [
            (label, f"${kept[name]}" if name.endswith("_usd") else f"{kept[name]}")
            for name, label in RULES.items()
        ]


def is_first_guess(base: Mapping[str, Any]) -> bool:
    """Tell whether a base model stands as it did in the file, unchanged by the organisation."""
    return base in as_json(first_assumptions())["base_models"]


def interval_text(found: Range) -> str:
    """Write money with its interval, given in nano-dollars."""
    return f"{money(found.value)} (80 % interval {usd_between(found.low, found.high)})"


def left_out_of(counts: Mapping[str, int]) -> list[tuple[int, str]]:
    """Return how many attempts are no examples, and why, the most first."""
    found = [(n, LEFT_OUT.get(why, words(why).lower())) for why, n in counts.items() if n]
    return sorted(found, reverse=True)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
