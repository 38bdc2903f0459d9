"""What stands at the head of the run page, whichever part of it is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from budgets.core.ledger import Phase
from budgets.core.phase import PHASE_CAP_PERCENT
from budgets.selectors import NO_MONEY, run_money
from runs.core.status import ACTIVE, RESUMABLE, RunStatus
from runs.models import Run
from runs.views.formats import compact, exact_usd, look_of, words

PLANS = {
    "": "not made yet",
    "planned": "made by the planner",
    "given": "given with the request",
    "fallback": "one task for the whole project, since no plan could be read",
}
PHASES = {phase: words(phase.value) for phase in Phase}


@dataclass(frozen=True, slots=True)
class PhasePart:
    """What a phase has spent, beside its soft cap."""

    label: str
    nanousd: int
    cap_nanousd: int

    @property
    def is_over(self) -> bool:
        return self.nanousd > self.cap_nanousd


@dataclass(frozen=True, slots=True)
class Notice:
    tone: str
    text: str


class Glance:
    """A run at a glance: status, money, time, and what went wrong."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.now = timezone.now()
        self.unfinished = run.status in ACTIVE
        self.resumable = run.status in RESUMABLE
        self.cancellable = self.unfinished and run.status != RunStatus.CANCELLING
        self._money = run_money([run.pk]).get(run.pk, NO_MONEY)

    @property
    def spent(self) -> int:
        return self._money.spent_nanousd

    @property
    def reserved(self) -> int:
        return self._money.reserved_nanousd

    @property
    def phases(self) -> list[PhasePart]:
        spent, budget = self._money.phases, self.run.budget_nanousd
        return [
            PhasePart(label, spent.get(phase, 0), budget * PHASE_CAP_PERCENT[phase] // 100)
            for phase, label in PHASES.items()
        ]

    @property
    def download_url(self) -> str:
        return reverse("api-output", args=[self.run.pk])

    @property
    def money_label(self) -> str:
        budget = exact_usd(self.run.budget_nanousd)
        return f"{exact_usd(self.spent)} spent of {budget}, {exact_usd(self.reserved)} held"

    @property
    def tokens(self) -> str:
        return compact(self.run.input_tokens + self.run.output_tokens)

    @property
    def tasks_note(self) -> str:
        left = self.run.tasks_total - self.run.tasks_done
        if not self.run.tasks_total:
            return "no plan yet"
        return f"{left} to go" if left else "none left"

    @property
    def plan(self) -> str:
        return PLANS.get(self.run.decomposition, self.run.decomposition)

    @property
    def ticking_since(self) -> str:
        """Return when the clock that still runs was started, or nothing."""
        started = self.run.started_at
        return started.isoformat() if started and self.unfinished else ""

    @property
    def elapsed_seconds(self) -> float | None:
        if self.run.started_at is None:
            return None
        return ((self.run.finished_at or self.now) - self.run.started_at).total_seconds()

    @property
    def spoken(self) -> str:
        """Return what a screen reader is told when it changes."""
        run = self.run
        return f"{look_of(run.status).label}, {run.tasks_done} of {run.tasks_total} tasks done"

    @property
    def notices(self) -> list[Notice]:
        found = []
        if self.run.failure and (text := failure_text(self.run.failure)):
            tone = look_of(self.run.status).tone
            found.append(Notice(tone if tone in ("bad", "warn") else "", text))
        if self.run.decomposition == "fallback":
            found.append(Notice("warn", f"The plan is {PLANS['fallback']}."))
        return found + [Notice("warn", str(note)) for note in self.run.notes]


def failure_text(failure: Any) -> str:
    """Return what kept a run from success, in sentences, from however much was recorded."""
    if not isinstance(failure, Mapping):
        return str(failure)
    reasons = [str(reason).strip() for reason in failure.get("reasons") or ()]
    said = [f"{text[:1].upper()}{text[1:]}" for text in reasons if text]
    if tasks := failure.get("tasks"):
        said.append(f"Not completed: {', '.join(map(str, tasks))}")
    return " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in said)
