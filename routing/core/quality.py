"""What was observed of a model at one kind of task, as sums that fade, and what is believed of it.

Invariant: sums do not depend on the order of what was observed, and no belief is ever certain.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

HALF_LIFE_DAYS = 30.0
# Evidence is weighed as if seen from this day, so that sums only ever grow: fading is one factor
# for all of them when they are read. A float holds the weights of the next 80 years.
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
# As many of the last scores are kept one by one, for noticing that a model has changed.
RECENT = 32
STAMP_CHARS = 15
# What a person says of a task weighs as much as this many evaluated attempts.
FEEDBACK_WEIGHT = 3.0

_DAY_SECONDS = 86_400.0
_EPOCH_SECONDS = EPOCH.timestamp()


@dataclass(frozen=True, slots=True)
class Profile:
    """Hold weighted sums over what was observed, and the last scores.

    `n` counts scores as they are; all sums are weighted, and were weighted as of EPOCH unless
    they were `faded` to a later moment. `recent` holds (milliseconds since EPOCH, score), newest
    first. `cost_sum_nanousd`, `token_sum` (input tokens) and `latency_sum_ms` are over
    `call_weight`, which leaves out what was no call, such as people's feedback.
    """

    n: int = 0
    weight: float = 0.0
    score_sum: float = 0.0
    score_sumsq: float = 0.0
    call_weight: float = 0.0
    cost_sum_nanousd: float = 0.0
    token_sum: float = 0.0
    latency_sum_ms: float = 0.0
    recent: tuple[tuple[int, float], ...] = ()

    @property
    def mean_score(self) -> float | None:
        """Return the mean score; None where none was observed."""
        return self.score_sum / self.weight if self.weight else None

    @property
    def mean_latency_ms(self) -> float | None:
        """Return the mean latency of a call; None where none was observed."""
        return self.latency_sum_ms / self.call_weight if self.call_weight else None

    @property
    def mean_cost_nanousd(self) -> float | None:
        """Return the mean cost of a call; None where none was observed."""
        return self.cost_sum_nanousd / self.call_weight if self.call_weight else None


@dataclass(frozen=True, slots=True)
class Estimate:
    """Hold a belief: the mean score, how uncertain that mean is, and from how many scores.

    `spread` is how far single scores lie from the mean. `reach` is how far one draw moves the
    mean when a model is chosen; None: as far as the sd.
    """

    mean: float
    sd: float
    n: int
    spread: float
    reach: float | None = None

    @property
    def draw_sd(self) -> float:
        """Return how far a draw of one moves the mean."""
        return self.sd if self.reach is None else self.reach


@dataclass(frozen=True, slots=True)
class Observation:
    """Hold one evaluated attempt or verdict: a score in [0, 1] and what the calls took.

    `cost_nanousd` None: there was no call to pay for, as with a person's feedback.
    """

    at: datetime
    score: float
    weight: float = 1.0
    cost_nanousd: int | None = None
    input_tokens: int = 0
    latency_ms: int = 0


NOTHING_SEEN = Profile()
SUMS = (
    "weight",
    "score_sum",
    "score_sumsq",
    "call_weight",
    "cost_sum_nanousd",
    "token_sum",
    "latency_sum_ms",
)


def stamp(one: Observation) -> tuple[int, float]:
    """Return how an observation is kept among the last ones."""
    return milliseconds_since_epoch(one.at), round(one.score, 3)


def observe(profile: Profile, one: Observation) -> Profile:
    """Return the profile after one more observation."""
    weight = one.weight * weight_at(one.at)
    called = 0.0 if one.cost_nanousd is None else weight
    return Profile(
        n=profile.n + 1,
        weight=profile.weight + weight,
        score_sum=profile.score_sum + weight * one.score,
        score_sumsq=profile.score_sumsq + weight * one.score * one.score,
        call_weight=profile.call_weight + called,
        cost_sum_nanousd=profile.cost_sum_nanousd + called * (one.cost_nanousd or 0),
        token_sum=profile.token_sum + called * one.input_tokens,
        latency_sum_ms=profile.latency_sum_ms + called * one.latency_ms,
        recent=_newest((stamp(one), *profile.recent)),
    )


def merge(one: Profile, other: Profile) -> Profile:
    """Return the profile of both together."""
    return _combined(one, other, 1, _newest((*one.recent, *other.recent)))


def without(whole: Profile, part: Profile) -> Profile:
    """Return what is left of a profile when a part of it is taken out."""
    if whole.n <= part.n:
        return NOTHING_SEEN
    left = list(whole.recent)
    for stamp in part.recent:
        if stamp in left:
            left.remove(stamp)
    rest = _combined(whole, part, -1, tuple(left))
    return rest if rest.weight > 0.0 else NOTHING_SEEN


def fading(now: datetime) -> float:
    """Return what sums weighted as of EPOCH are to be multiplied by to be worth what they are now.

    Evidence of now counts for one; half after 30 days.
    """
    return 1.0 / weight_at(now)


def faded(profile: Profile, factor: float) -> Profile:
    """Return the profile with all weights multiplied."""
    return Profile(
        profile.n,
        profile.weight * factor,
        profile.score_sum * factor,
        profile.score_sumsq * factor,
        profile.call_weight * factor,
        profile.cost_sum_nanousd * factor,
        profile.token_sum * factor,
        profile.latency_sum_ms * factor,
        profile.recent,
    )


def weight_at(at: datetime) -> float:
    """Return what evidence of this moment weighs beside evidence of EPOCH."""
    days = (at.timestamp() - _EPOCH_SECONDS) / _DAY_SECONDS
    return float(2.0 ** (days / HALF_LIFE_DAYS))


def weight_of_stamp(milliseconds: int, now: datetime) -> float:
    """Return what evidence of so many milliseconds since EPOCH is worth now."""
    days = (now.timestamp() - _EPOCH_SECONDS - milliseconds / 1000) / _DAY_SECONDS
    return float(2.0 ** (-days / HALF_LIFE_DAYS))


def milliseconds_since_epoch(at: datetime) -> int:
    """Return the moment in whole milliseconds since EPOCH; 0 before it."""
    return max(0, round((at.timestamp() - _EPOCH_SECONDS) * 1000))


def _combined(
    one: Profile, other: Profile, sign: int, recent: tuple[tuple[int, float], ...]
) -> Profile:
    sums = {name: max(0.0, getattr(one, name) + sign * getattr(other, name)) for name in SUMS}
    return Profile(n=one.n + sign * other.n, recent=recent, **sums)


def _newest(stamps: Iterable[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    return tuple(heapq.nlargest(RECENT, stamps))


def pack(recent: Iterable[tuple[int, float]]) -> str:
    """Return the last scores as text: eleven hexadecimal digits of time, four of thousandths."""
    return "".join(f"{at:011x}{round(score * 1000):04d}" for at, score in recent)


@lru_cache(maxsize=20_000)  # most profiles are read again and again before they change
def unpack(text: str) -> tuple[tuple[int, float], ...]:
    """Return the last scores, newest first, from text that may hold them in another order."""
    parts = [text[start : start + STAMP_CHARS] for start in range(0, len(text), STAMP_CHARS)]
    return _newest((int(part[:11], 16), int(part[11:]) / 1000) for part in parts)
