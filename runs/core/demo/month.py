"""A month of made-up work, so that nobody first meets empty pages: who ran what, and how it went.

Invariant: the same draws make the same month. What is special in it (an incident, a regression, a
spike) is named in STORY, so that pages can be looked at for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from types import MappingProxyType
from typing import Final, Protocol

from runs.core.demo.facts import DemoAttempt, DemoCall, DemoModel, DemoRun, DemoTask
from runs.core.rules import Phase, TaskType, rules_for

DAYS: Final = 30
RUNS_A_DAY: Final = 30
WEEKEND: Final = 0.3
TEAMS: Final = (("eng", 0.65), ("research", 0.35))
TITLES: Final = (
    ("Add rate limits to the public API", "code_generation code_review summarization"),
    ("Migrate the billing job to async", "code_generation code_review complex_reasoning"),
    ("Extract terms from supplier contracts", "data_extraction evaluation summarization"),
    ("Summarise the week's support tickets", "summarization data_extraction"),
    ("Compare three caching strategies", "complex_reasoning code_generation evaluation"),
    ("Write release notes for version 4", "creative_writing summarization"),
    ("Find the cause of slow checkouts", "complex_reasoning code_review"),
    ("Draft the onboarding guide", "creative_writing evaluation summarization"),
    ("Turn invoices into structured records", "data_extraction code_generation"),
    ("Review the session handling", "code_review complex_reasoning evaluation"),
)
_SKILL: Final = MappingProxyType({"economy": 0.80, "standard": 0.86, "premium": 0.91})
_MEDIAN_MS: Final = MappingProxyType({"economy": 620, "standard": 1300, "premium": 2900})
_SLOW: Final = MappingProxyType({"code_generation": 1.8, "complex_reasoning": 1.6})
# By whom work is done: the dearer, the rarer.
_SHARE: Final = MappingProxyType({"economy": 5, "standard": 4, "premium": 2})


@dataclass(frozen=True, slots=True)
class Story:
    """Name what is special, by how many days ago it was, at the least, and at what hours."""

    incident_provider: str = "sim-openai"
    incident_days_ago: int = 12
    incident_hours: tuple[int, int] = (13, 17)
    regressed_model: str = "sim/gemini-3.8-flash"
    regression_days_ago: int = 9
    regression: float = 0.17
    spike_team: str = "research"
    spike_days_ago: int = 5
    spike_tokens: int = 10


STORY: Final = Story()


class Draws(Protocol):
    """What of `random.Random` is used."""

    def random(self) -> float: ...
    def gauss(self, mu: float, sigma: float) -> float: ...
    def lognormvariate(self, mu: float, sigma: float) -> float: ...


def month(models: Sequence[DemoModel], now: datetime, draws: Draws) -> Iterator[DemoRun]:
    """Yield the runs of the last DAYS days, the oldest first; none ends after now."""
    for ago in range(DAYS, -1, -1):
        day = (now - timedelta(days=ago)).replace(hour=0, minute=0, second=0, microsecond=0)
        busy = WEEKEND if day.weekday() >= 5 else 1.0
        count = round(RUNS_A_DAY * busy * (0.8 + 0.4 * draws.random()))
        starts = sorted(day + timedelta(hours=_hour(draws)) for _ in range(count))
        for start in starts:
            run = _run(models, start, now, draws)
            if run.finished_at < now and start > now - timedelta(days=DAYS):
                yield run


def working_day(now: datetime, days_ago: int) -> date:
    """Return the last working day that lies so far back: at weekends nothing would be seen."""
    day = (now - timedelta(days=days_ago)).date()
    return day - timedelta(days=max(0, day.weekday() - 4))


def _hour(draws: Draws) -> float:
    """Return when in the day people start runs: mostly in working hours, twice a peak."""
    if draws.random() < 0.12:
        return 24 * draws.random() * 0.999
    peak = 10.5 if draws.random() < 0.55 else 15.0
    return min(23.9, max(0.0, draws.gauss(peak, 1.8)))


def _run(models: Sequence[DemoModel], start: datetime, now: datetime, draws: Draws) -> DemoRun:
    team = TEAMS[0][0] if draws.random() < TEAMS[0][1] else TEAMS[1][0]
    project, kinds = TITLES[int(draws.random() * len(TITLES))]
    maker = _Maker(models, team, start, now, draws)
    plan = maker.call(maker.any(), Phase.DECOMPOSITION, TaskType.COMPLEX_REASONING, start)
    tasks = [maker.task(f"t{number}", kind) for number, kind in enumerate(kinds.split(), 1)]
    return DemoRun(team, project, start, plan, tasks)


class _Maker:
    """Makes the calls of one run, one after the other."""

    def __init__(
        self,
        models: Sequence[DemoModel],
        team: str,
        start: datetime,
        now: datetime,
        draws: Draws,
    ) -> None:
        self._models = models
        self._shares = list(accumulate(_SHARE[model.tier] for model in models))
        self._team = team
        self._now = now
        self._draws = draws
        self.clock = start

    def any(self, but: str = "") -> DemoModel:
        """Draw a model, of another provider than this."""
        mark = self._draws.random() * self._shares[-1]
        place = next(n for n, share in enumerate(self._shares) if mark < share)
        chosen = self._models[place]
        return self.any(but) if chosen.provider == but else chosen

    def task(self, key: str, kind: str) -> DemoTask:
        rules = rules_for(kind)
        author = self._author()
        attempts: list[DemoAttempt] = []
        for number in range(rules.max_iterations):
            attempts.append(self._attempt(author, kind, rules.threshold, 0.05 * number))
            if attempts[-1].accepted:
                break
        return DemoTask(key, kind, attempts)

    def _author(self) -> DemoModel:
        # In the spike somebody has the dearest models do all of it.
        dear = [model for model in self._models if model.tier == "premium"]
        if self._in_spike(self.clock) and dear:
            return dear[int(self._draws.random() * len(dear))]
        return self.any()

    def _attempt(
        self, author: DemoModel, kind: str, threshold: float, learned: float
    ) -> DemoAttempt:
        reviewer = self.any(author.provider)
        critique = TaskType.CODE_REVIEW if kind.startswith("code") else TaskType.EVALUATION
        steps = [
            (author, Phase.GENERATION, kind),
            (reviewer, Phase.CROSS_REVIEW, critique),
            (self.any(author.provider), Phase.EVALUATION, TaskType.EVALUATION),
            (self.any(author.provider), Phase.EVALUATION, TaskType.EVALUATION),
        ]
        calls: list[DemoCall] = []
        for model, phase, of_type in steps:
            calls.append(self.call(model, phase, of_type, self.clock))
            if calls[-1].failed:  # somebody else is asked
                calls.append(self.call(self.any(model.provider), phase, of_type, self.clock))
        skill = self._skill(author, kind) + learned
        score = round(min(1.0, max(0.0, self._draws.gauss(skill, 0.07))), 3)
        return DemoAttempt(author, reviewer, score, score >= threshold, calls)

    def call(self, model: DemoModel, phase: Phase, kind: str, start: datetime) -> DemoCall:
        draws = self._draws
        bad = self._in_incident(model, start)
        failed = draws.random() < (0.6 if bad else 0.012)
        more = STORY.spike_tokens if self._in_spike(start) else 1
        input_tokens = round(draws.lognormvariate(math.log(900), 0.5)) * more
        output_tokens = round(draws.lognormvariate(math.log(450), 0.6)) * more
        median = _MEDIAN_MS[model.tier] * _SLOW.get(kind, 1.0) * (4 if bad else 1)
        latency = round(draws.lognormvariate(math.log(median), 0.42))
        self.clock = start + timedelta(milliseconds=latency)
        return DemoCall(
            at=self.clock,
            phase=phase,
            task_type=kind,
            model=model,
            failed=failed,
            input_tokens=0 if failed else input_tokens,
            output_tokens=0 if failed else output_tokens,
            cost_nanousd=0 if failed else model.cost(input_tokens, output_tokens),
            latency_ms=latency,
        )

    def _skill(self, model: DemoModel, kind: str) -> float:
        """Return how good a model is at a kind of task: by tier, and by its own leanings."""
        leaning = sum(ord(letter) for letter in model.name + kind) % 11 - 5
        skill = _SKILL[model.tier] + 0.012 * leaning
        began = self._now - timedelta(days=STORY.regression_days_ago)
        worse = model.name == STORY.regressed_model and self.clock >= began
        return skill - (STORY.regression if worse else 0.0)

    def _in_incident(self, model: DemoModel, at: datetime) -> bool:
        first, last = STORY.incident_hours
        on_the_day = self._is_ago(at, STORY.incident_days_ago)
        return model.provider == STORY.incident_provider and on_the_day and first <= at.hour < last

    def _in_spike(self, at: datetime) -> bool:
        return self._team == STORY.spike_team and self._is_ago(at, STORY.spike_days_ago)

    def _is_ago(self, at: datetime, days: int) -> bool:
        return at.date() == working_day(self._now, days)
