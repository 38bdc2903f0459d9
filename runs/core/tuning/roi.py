"""What a model tuned for one kind of task would cost, save and be worth, and how sure that is.

Invariant: an estimate without an interval and the number it rests on does not exist, and too few
examples give none at all. Money is whole nano-dollars.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, astuple, dataclass, fields, replace
from datetime import date, timedelta
from typing import Any, Final

from runs.core.tuning.assumptions import Assumptions, BaseModel

DAYS_A_MONTH: Final = 30.4375
TOKENS_A_PRICE: Final = 1_000_000
# 80 % of a normal lie within so many standard deviations.
Z80: Final = 1.281552
VOLUMES: Final = (0.5, 1.0, 2.0, 4.0)
PRICES: Final = (0.5, 1.0, 1.5, 2.0)
# Beyond this a break-even date is no plan.
FARTHEST_MONTHS: Final = 36.0


@dataclass(frozen=True, slots=True)
class Range:
    """An estimate with the ends of its 80 % interval."""

    value: float
    low: float
    high: float

    @property
    def says_nothing(self) -> bool:
        """Tell whether the interval holds zero: then not even the sign is known."""
        return self.low <= 0.0 <= self.high


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen of a kind of task in `days` days.

    Costs are of the calls that write alone, a task's with all its attempts; reviews and
    judgements stand in `check_nanousd`, an attempt's mean. `cost_sd_nanousd` is between tasks.
    Tokens are a call's means. `attempts` is a task's mean. `quality` is the mean score with its
    sd, over `scores` scores; `ceiling` the mean score of the examples. `base_quality` and
    `base_sd`: what is believed of the untuned base model.
    """

    days: float
    tasks: int
    cost_nanousd: float
    cost_sd_nanousd: float
    check_nanousd: float
    input_tokens: float
    output_tokens: float
    attempts: float
    quality: float
    quality_sd: float
    scores: int
    examples: int
    example_tokens: float
    ceiling: float
    base_quality: float
    base_sd: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One case of the sensitivity table. `months` None: it never pays."""

    volume: float
    price: float
    saving_nanousd: int
    months: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What tuning would bring. `n` tasks and `examples` examples are what it rests on.

    `break_even` None: at these figures it never pays, or later than in FARTHEST_MONTHS. Of its
    interval, `earliest` and `latest` may be None for the same reason.
    """

    n: int
    examples: int
    tasks_a_month: Range
    training_nanousd: int
    present_nanousd: Range  # a task
    tuned_nanousd: Range
    saving_nanousd: Range  # a month
    quality_before: Range
    quality_after: Range
    break_even: date | None
    earliest: date | None
    latest: date | None
    sensitivity: tuple[Cell, ...]


def missing_examples(facts: Facts, assumptions: Assumptions) -> int:
    """Return how many examples are missing before an estimate is honest."""
    return max(0, assumptions.min_examples - facts.examples)


def estimate(
    facts: Facts, base: BaseModel, assumptions: Assumptions, today: date
) -> Estimate | None:
    """Return what tuning this base model would bring; None: too few examples, or no task.

    Each uncertain quantity is moved to the ends of its own interval, one at a time, and the
    distances are added in quadrature.
    Source: JCGM 100:2008 (GUM), section 5.1, for uncorrelated quantities.
    """
    if missing_examples(facts, assumptions) or facts.tasks == 0:
        return None
    model = _Model(facts, base, assumptions)
    saving = model.range(model.saving)
    training = model.training()
    return Estimate(
        n=facts.tasks,
        examples=facts.examples,
        tasks_a_month=model.range(lambda case: case.volume),
        training_nanousd=training,
        present_nanousd=model.range(model.present),
        tuned_nanousd=model.range(model.tuned),
        saving_nanousd=saving,
        quality_before=model.quality_before(),
        quality_after=model.range(lambda case: case.quality),
        break_even=_date(today, training, saving.value),
        earliest=_date(today, training, saving.high),
        latest=_date(today, training, saving.low),
        sensitivity=model.sensitivity(training),
    )


def as_json(made: Estimate) -> dict[str, Any]:
    """Return an estimate as plain data: a range as three figures, such as `saving_low_nanousd`."""
    plain: dict[str, Any] = {}
    for one in fields(made):
        value = getattr(made, one.name)
        if isinstance(value, Range):
            for name, end in zip(_ends_of(one.name), astuple(value), strict=True):
                plain[name] = end
        elif isinstance(value, date):
            plain[one.name] = value.isoformat()
        else:
            plain[one.name] = value
    return plain | {"sensitivity": [asdict(cell) for cell in made.sensitivity]}


def range_from(plain: Mapping[str, Any], name: str) -> Range:
    """Return the range of that name from plain data."""
    return Range(*(plain[each] for each in _ends_of(name)))


def months_to_pay(training_nanousd: int, saving_nanousd: float) -> float | None:
    """Return after how many months the saving has paid for the training; None: never."""
    return training_nanousd / saving_nanousd if saving_nanousd > 0 else None


@dataclass(frozen=True, slots=True)
class _Case:
    """One set of the uncertain quantities; volume is in tasks a month, cost a task's."""

    volume: float
    cost: float
    quality: float
    price: float = 1.0


@dataclass(frozen=True)
class _Model:
    """The arithmetic of one base model."""

    facts: Facts
    base: BaseModel
    assumptions: Assumptions

    @property
    def likely(self) -> _Case:
        facts = self.facts
        volume = facts.tasks / facts.days * DAYS_A_MONTH * self.assumptions.volume_growth
        return _Case(volume, facts.cost_nanousd, self._quality(self._learned()))

    def ends(self) -> tuple[tuple[_Case, _Case], ...]:
        """Return for each uncertain quantity the cases with its low and its high end."""
        likely, facts, n = self.likely, self.facts, self.facts.tasks
        count = Z80 / math.sqrt(n)  # of a Poisson count, relative
        cost = Z80 * facts.cost_sd_nanousd / math.sqrt(n)
        # Nobody knows beforehand how much of the gap closes: half of what is expected, or half
        # of what is left of it more; and the base model is not known exactly, either.
        learned = self._learned()
        low = self._quality(learned / 2, -Z80 * facts.base_sd)
        high = self._quality((1 + learned) / 2, Z80 * facts.base_sd)
        return (
            (replace(likely, volume=likely.volume * max(0.0, 1 - count)),
             replace(likely, volume=likely.volume * (1 + count))),
            (replace(likely, cost=max(0.0, likely.cost - cost)),
             replace(likely, cost=likely.cost + cost)),
            (replace(likely, quality=low), replace(likely, quality=high)),
        )  # fmt: skip

    def range(self, figure: Callable[[_Case], float]) -> Range:
        value = figure(self.likely)
        below = above = 0.0
        for case, other in self.ends():
            low, high = sorted((figure(case), figure(other)))
            below += min(0.0, low - value) ** 2
            above += max(0.0, high - value) ** 2
        return Range(value, value - math.sqrt(below), value + math.sqrt(above))

    def training(self) -> int:
        facts, ours = self.facts, self.assumptions
        tokens = facts.examples * facts.example_tokens * ours.epochs
        learned = tokens * self.base.training_nanousd / TOKENS_A_PRICE
        return math.ceil(learned) + ours.labour_nanousd

    def present(self, case: _Case) -> float:
        return case.cost + self.facts.attempts * self.facts.check_nanousd

    def tuned(self, case: _Case) -> float:
        """Return what a task would cost: calls at the tuned model's price, checked as now."""
        facts, base = self.facts, self.base
        call = facts.input_tokens * self.assumptions.prompt_share * base.input_nanousd
        call = (call + facts.output_tokens * base.output_nanousd) / TOKENS_A_PRICE * case.price
        return self._attempts(case.quality) * (call + facts.check_nanousd)

    def saving(self, case: _Case) -> float:
        gain = case.volume * (self.present(case) - self.tuned(case))
        return gain - self.base.hosting_nanousd

    def quality_before(self) -> Range:
        facts = self.facts
        half = Z80 * facts.quality_sd / math.sqrt(max(facts.scores, 1))
        return Range(facts.quality, max(0.0, facts.quality - half), min(1.0, facts.quality + half))

    def sensitivity(self, training: int) -> tuple[Cell, ...]:
        cells = []
        for volume in VOLUMES:
            for price in PRICES:
                likely = self.likely
                case = replace(likely, volume=likely.volume * volume, price=price)
                saving = self.saving(case)
                months = months_to_pay(training, saving)
                cells.append(Cell(volume, price, round(saving), months))
        return tuple(cells)

    def _learned(self) -> float:
        """Return which share of the gap to its examples the model is expected to close."""
        n = self.facts.examples
        return n / (n + self.assumptions.half_gap_examples)

    def _quality(self, learned: float, shift: float = 0.0) -> float:
        """Return the quality after closing a share of the gap; it learns to imitate, no more."""
        facts = self.facts
        base = min(max(facts.base_quality + shift, 0.0), 1.0)
        return min(max(base + learned * (facts.ceiling - base), 0.0), 1.0)

    def _attempts(self, quality: float) -> float:
        """Return how many attempts a task would take: more or fewer as it fails more or less.

        Failing is taken to fall in proportion to what is missing to the examples' quality.
        """
        facts = self.facts
        gap_now, gap_then = (max(facts.ceiling - one, 0.0) for one in (facts.quality, quality))
        ratio = gap_then / gap_now if gap_now > 0.0 else 1.0 if gap_then == 0.0 else 2.0
        extra = (facts.attempts - 1.0) * min(ratio, 3.0)
        return 1.0 + max(extra, 0.0)


def _ends_of(name: str) -> tuple[str, str, str]:
    stem = name.removesuffix("_nanousd")
    unit = name[len(stem) :]
    return name, f"{stem}_low{unit}", f"{stem}_high{unit}"


def _date(today: date, training: int, saving: float) -> date | None:
    months = months_to_pay(training, saving)
    if months is None or months > FARTHEST_MONTHS:
        return None
    return today + timedelta(days=math.ceil(months * DAYS_A_MONTH))
