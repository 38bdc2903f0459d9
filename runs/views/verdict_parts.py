"""What the run page shows of people's verdicts on a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from budgets.core.access import Caller
from runs.models import Feedback, Task
from runs.selectors.verdicts import Verdicts, giver_of, is_of, verdicts_of
from runs.views.verdicts import SCORES

# Scores from so much on look good, and fair.
GOOD: Final = 0.75
FAIR: Final = 0.4


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """One verdict. `word` is what the buttons call such a score, empty for one between them."""

    verdict: Feedback
    word: str
    who: str
    is_own: bool

    @property
    def tone(self) -> str:
        score = self.verdict.score
        return "ok" if score >= GOOD else "warn" if score >= FAIR else "bad"

    @property
    def icon(self) -> str:
        return {"ok": "s-done", "warn": "s-partial", "bad": "s-failed"}[self.tone]


@dataclass(frozen=True, slots=True)
class VerdictPart:
    """What was said of a task, and what the reader said. `own` None: nothing yet."""

    found: Verdicts
    lines: Sequence[VerdictLine]
    own: VerdictLine | None

    @property
    def more(self) -> int:
        """Return how many older verdicts are not shown."""
        return self.found.n - len(self.lines)

    @property
    def choices(self) -> list[tuple[str, bool]]:
        """Return the words one may choose from, and whether one has."""
        mine = self.own.word if self.own else ""
        return [(word, word == mine) for word in SCORES]


def verdict_part(caller: Caller, task: Task, *, texts: bool) -> VerdictPart:
    """Arrange what people said of a task; `texts` False: without their comments."""
    found = verdicts_of(caller, task, texts=texts)
    lines = [_line(caller, one) for one in found.newest]
    return VerdictPart(found, lines, _line(caller, found.own) if found.own else None)


def _line(caller: Caller, verdict: Feedback) -> VerdictLine:
    word = next((word for word, score in SCORES.items() if score == verdict.score), "")
    is_own = is_of(caller, verdict)
    return VerdictLine(verdict, word, "you" if is_own else giver_of(verdict), is_own)
