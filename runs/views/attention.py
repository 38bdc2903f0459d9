"""What needs somebody's attention, in sentences that lead on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from budgets.core.burn import Outlook
from runs.core.heat import Figure, Metric, figure, moved
from runs.selectors.outlooks import BudgetOutlook
from runs.selectors.usage import Matrix, ModelHealth, Overview
from runs.views.compare import percent
from runs.views.formats import ratio, usd, words

# So many calls before a share of them says something.
MIN_CALLS = 20
SICK_SHARE = 0.1
NEARLY_SPENT_PERCENT = 80
TONES = {"bad": 0, "warn": 1, "busy": 2}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to look at. `place` names the page that tells more; empty: this one does."""

    tone: str
    title: str
    text: str
    place: str = ""


def attention(
    budgets: Sequence[BudgetOutlook],
    health: Sequence[ModelHealth],
    seen: Overview,
    quality: Matrix,
) -> list[Item]:
    """Return what needs attention, the gravest first."""
    found = [
        *_budgets(budgets),
        *_providers(health),
        *_fallen(quality),
        *_denials(seen),
        *_unpriced(seen),
    ]
    return sorted(found, key=lambda item: TONES[item.tone])


def owner_of(one: BudgetOutlook) -> str:
    """Return whose budget it is."""
    team = one.budget.team
    return team.name if team else f"All of {one.budget.org.name}"


def _budgets(budgets: Iterable[BudgetOutlook]) -> Iterator[Item]:
    for one in budgets:
        name, burn = owner_of(one), one.burn
        of = f"{usd(one.spent_nanousd)} of {usd(one.limit_nanousd)}"
        if burn.outlook is Outlook.SPENT:
            text = f"{of} is spent; new runs are refused."
            yield Item("bad", f"{name}: budget spent", text, "budgets")
        elif burn.outlook is Outlook.OVERRUN and burn.runs_out_at:
            day = burn.runs_out_at.astimezone(one.budget.org.zone)
            text = f"{of} is spent, {usd(burn.per_day_nanousd)} a day: it lasts until {day:%-d %B}."
            yield Item("bad", f"{name}: budget runs out", text, "budgets")
        elif burn.outlook is Outlook.AT_RISK:
            between = f"Between {usd(burn.low_nanousd)} and {usd(burn.high_nanousd)}"
            text = f"{between} by its end, of {usd(one.limit_nanousd)}."
            yield Item("warn", f"{name}: budget may run out", text, "budgets")
        elif 100 * one.spent_nanousd >= NEARLY_SPENT_PERCENT * one.limit_nanousd:
            yield Item("warn", f"{name}: budget nearly spent", f"{of} is spent.", "budgets")


def _providers(health: Iterable[ModelHealth]) -> Iterator[Item]:
    for one in health:
        share = one.totals.errors_provider / one.totals.calls if one.totals.calls else 0.0
        if one.state != "CLOSED":
            reason = one.breaker.reason if one.breaker else ""
            how = "is not called" if one.state == "OPEN" else "is being tried again"
            yield Item(
                "bad" if one.state == "OPEN" else "warn", f"{one.model} {how}", reason, "providers"
            )
        elif one.totals.calls >= MIN_CALLS and share >= SICK_SHARE:
            text = f"{percent(share)} of {one.totals.calls:,} calls failed at {one.provider}."
            yield Item("warn", f"{one.model} fails often", text, "providers")


def _fallen(quality: Matrix) -> Iterator[Item]:
    """Yield models that got worse by more than chance explains, each once with the worst fall."""
    falls: dict[str, list[tuple[float, str, Figure, Figure]]] = {}
    for (model, kind), cell in quality.cells.items():
        now = figure(Metric.QUALITY, cell.now)
        before = figure(Metric.QUALITY, cell.before) if cell.before else None
        if now and before and moved(now, before) and now.value < before.value:
            falls.setdefault(model, []).append((now.value - before.value, str(kind), now, before))
    for model, found in sorted(falls.items()):
        _, kind, now, before = min(found, key=lambda fall: fall[:2])
        more = f" and {len(found) - 1} more types of task" if len(found) > 1 else ""
        text = f"The mean score went from {ratio(before.value)} to {ratio(now.value)}, n {now.n:,}."
        yield Item("warn", f"{model} got worse at {words(kind).lower()}{more}", text, "quality")


def _denials(seen: Overview) -> Iterator[Item]:
    by_policy, by_budget = seen.now.errors_policy, seen.now.errors_budget
    if by_policy or by_budget:
        parts = [
            f"{number:,} by {what}"
            for number, what in ((by_policy, "policy"), (by_budget, "budget"))
            if number
        ]
        calls = "call was" if by_policy + by_budget == 1 else "calls were"
        yield Item(
            "warn", f"{by_policy + by_budget:,} {calls} denied", f"{', '.join(parts)}.", "costs"
        )


def _unpriced(seen: Overview) -> Iterator[Item]:
    if number := seen.now.unpriced_calls:
        text = "What they cost is in no sum on this page."
        yield Item("warn", f"{number:,} calls of unknown price", text, "costs")
