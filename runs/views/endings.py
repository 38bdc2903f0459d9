"""How runs ended, in the words of a page, each way with the list of those that did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.urls import reverse

from runs.core.status import ACTIVE, RunStatus
from runs.views.filter_state import FilterState

# The status whose look each has, its word, and every status that counts as it.
ENDINGS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "SUCCESS": ("succeeded", (RunStatus.SUCCESS,)),
    "COMPLETED_DEGRADED": (
        "degraded",
        (RunStatus.COMPLETED_DEGRADED, RunStatus.PARTIAL_SUCCESS),
    ),
    "SYSTEM_FAILURE": ("failed", (RunStatus.SYSTEM_FAILURE, RunStatus.TIMEOUT)),
    "BUDGET_EXHAUSTED": ("blocked", (RunStatus.BUDGET_EXHAUSTED,)),
    "CANCELLED": ("cancelled", (RunStatus.CANCELLED,)),
    "RUNNING": ("under way", tuple(sorted(ACTIVE))),
}
# So many are told even where no run ended so.
ALWAYS = 4


@dataclass(frozen=True, slots=True)
class Ending:
    """How many runs ended in one way, and where they are listed."""

    status: str
    label: str
    count: int
    url: str


def endings_of(runs: Mapping[str, int], bar: FilterState) -> Iterator[Ending]:
    """Yield how so many runs of each status ended, under the filter of a page."""
    for place, (status, (label, statuses)) in enumerate(ENDINGS.items()):
        count = sum(runs.get(each, 0) for each in statuses)
        if count or place < ALWAYS:
            filters = bar.filters.having(status=tuple(str(each) for each in statuses))
            yield Ending(status, label, count, bar.url(filters, reverse("runs")))
