"""Recommendations, patterns of failure and reckonings at ten million calls beside 100,000.

On SQLite, which is not meant for so many, at a million calls.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from routing.models import AdviceDue, BeliefDay
from routing.services.belief_days import keep_beliefs
from routing.services.recommendations import advise_org
from runs.models import FailureAnalysis
from runs.selectors.tuning.examples import Kind
from runs.selectors.tuning.places import Place
from runs.services.tuning.analysis import ask_for_analysis, carry_out
from runs.services.tuning.proposals import reckon
from tests.benchmarks.house import DAYS, House, compared, open_page, take_statistics
from tests.benchmarks.month import fill

SMALL = 100_000
LARGE = {"postgresql": 10_000_000, "sqlite": 1_000_000}
ROUNDS = 5
PAGES = {"Recommendations": "/recommendations/", "Fine-tuning": "/tuning/",
         "Learning": "/learning/"}  # fmt: skip


def measure() -> list[dict[str, Any]]:
    """Return the rows of the table."""
    calls = LARGE[connection.vendor]
    small, large = House(0), House(0)
    for house, count in ((small, SMALL), (large, calls)):
        fill(house, count)
    take_statistics()
    sizes = f"{calls // 1_000_000} million calls beside 100,000"
    return [
        row(f"advice for the first time, {sizes}: ms", advise_first, small, large, "none", 1),
        row(f"advice on demand, {sizes}: ms", advise, small, large, "value < 1000"),
        row(f"patterns of failure, {sizes}: ms", look, small, large, "ratio < 1.5"),
        row(f"a reckoning, {sizes}: ms", reckon_all, small, large, "value < 2000"),
        row(f"beliefs of a month told from evidence, {sizes}: ms", tell, small, large, "none", 1),
        row(f"beliefs of a day kept, {sizes}: ms", keep, small, large, "value < 1000", DAYS),
        *(
            compared(f"page {name}", open_page(address), small, large, sizes)
            for name, address in PAGES.items()
        ),
    ]


def row(
    what: str, work: Callable[[House], object], small: House, large: House, bar: str,
    rounds: int = ROUNDS,
) -> dict[str, Any]:  # fmt: skip
    """Return a row of medians, the organisations taking turns."""
    pairs = [(clocked(work, large), clocked(work, small)) for _ in range(rounds)]
    value, reference = (sorted(times)[rounds // 2] for times in zip(*pairs, strict=True))
    return {
        "what": what, "value": value, "reference": reference, "ratio": value / reference,
        "bar": bar,
    }  # fmt: skip


def clocked(work: Callable[[House], object], house: House) -> float:
    started = time.perf_counter()
    work(house)
    return 1000 * (time.perf_counter() - started)


def advise_first(house: House) -> None:
    advise_org(house.org.pk, timezone.now())
    if not AdviceDue.objects.filter(org_id=house.org.pk, tallied_until__isnull=False).exists():
        raise RuntimeError("no day was summed up")


def advise(house: House) -> None:
    advise_org(house.org.pk, timezone.now())


def look(house: House) -> None:
    asked = ask_for_analysis(Place(house.org), actor="bench", now=timezone.now())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few different reasons are no month of a house
        carry_out(asked.pk)
    if not FailureAnalysis.objects.get(pk=asked.pk).patterns.exists():
        raise RuntimeError("no pattern was found")


def reckon_all(house: House) -> None:
    reckoned = reckon(Place(house.org), Kind("data_extraction"), timezone.now())
    if reckoned.facts is None:
        raise RuntimeError("nothing was known")


def tell(house: House) -> None:
    keep_beliefs(house.org.pk, timezone.now())
    # Those days are kept one by one, too.
    BeliefDay.objects.filter(org_id=house.org.pk).delete()
    AdviceDue.objects.filter(org_id=house.org.pk).update(believed_until=date.min)


def keep(house: House) -> None:
    """Keep the beliefs of the next of the last days, the last one at last."""
    done = BeliefDay.objects.filter(org_id=house.org.pk, team_id=0).count()
    if not keep_beliefs(house.org.pk, timezone.now() - timedelta(days=DAYS - 1 - done)):
        raise RuntimeError("no day was over")
