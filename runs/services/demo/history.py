"""Made-up history as figures and rows, marked as demo in every table that counts something."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from budgets.models import Hold, LedgerLine, Org, Reservation, Team
from routing.core.catalog import ModelSpec
from routing.core.pricing import Prices, cost
from routing.core.request import Usage
from routing.selectors import known_models
from routing.selectors.prices import prices_at
from routing.services.recommendations import advise_org, forget_proposals
from runs.core.demo.facts import DemoModel
from runs.core.demo.month import month
from runs.models import Run
from runs.services.demo.rows import call_rows, score_rows, store_runs, store_scores
from telemetry.models import Call, Event, Series
from telemetry.services import upkeep

SEED = 20_261_126
# So many of the runs can be opened; the others are figures only.
STORED_ONE_IN = 4
IDS_A_STATEMENT = 500
# Of a run that cannot be opened; figures only ask whether there was one.
NO_RUN = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Seeded:
    """How much was made up. `runs_stored`: those that can be opened."""

    runs: int
    runs_stored: int
    calls: int


def has_demo() -> bool:
    """Tell whether made-up history is there."""
    return Series.objects.filter(demo=True).exists()


@transaction.atomic
def seed_demo(org: Org, now: datetime) -> Seeded | None:
    """Make up a month of history for the org's teams eng and research; None: it is there.

    Its money is in holds of its own that no budget's period knows, so that limits stay free.
    """
    if has_demo():
        return None
    teams = {team.slug: team for team in Team.objects.filter(org=org)}
    draws = random.Random(SEED)  # noqa: S311  (the same month every time, and no secret)
    made = [run for run in month(demo_models(now), now, draws) if run.team in teams]
    calls = [row for run in made for row in call_rows(run, teams[run.team], NO_RUN)]
    scores = [row for run in made for row in score_rows(run, teams[run.team], NO_RUN)]
    upkeep.add_demo(calls, scores, {org.pk: org.zone}, now)
    stored = made[::-STORED_ONE_IN]
    store_runs(stored, teams, draws)
    opened = {id(run) for run in stored}
    others = [run for run in made if id(run) not in opened]
    store_scores((run, teams[run.team]) for run in others)
    advise_org(org.pk, now)
    return Seeded(len(made), len(stored), len(calls))


@transaction.atomic
def remove_demo() -> int:
    """Remove all made-up history; return how many runs of it could be opened.

    Known by its calls, which nobody can mark but we: a label could be anybody's.
    """
    found = Call.objects.filter(demo=True).order_by().values_list("run_id", flat=True).distinct()
    ids = [run_id for run_id in found if run_id is not None]
    for start in range(0, len(ids), IDS_A_STATEMENT):
        chunk = ids[start : start + IDS_A_STATEMENT]
        Run.objects.filter(pk__in=chunk).delete()
        Event.objects.filter(run_id__in=chunk).delete()
        LedgerLine.objects.filter(run_id__in=chunk).delete()
        Reservation.objects.filter(hold__run_id__in=chunk).delete()
        Hold.objects.filter(run_id__in=chunk).delete()
    upkeep.remove_demo()
    forget_proposals()  # which rested on it
    return len(ids)


def demo_models(now: datetime) -> list[DemoModel]:
    """Return the simulated models, with what they cost: nobody takes them for real ones."""
    specs = [spec for spec in known_models().models.values() if spec.simulated]
    prices = prices_at(specs, now)
    return list(_priced(specs, prices))


def _priced(specs: list[ModelSpec], prices: Mapping[str, Prices | None]) -> Iterator[DemoModel]:
    for spec in sorted(specs, key=lambda spec: spec.name):
        known = prices[spec.name]
        if known is not None:
            yield DemoModel(spec.name, spec.provider, spec.tier, partial(_cost, known))


def _cost(prices: Prices, input_tokens: int, output_tokens: int) -> int:
    return cost(prices, Usage(input_tokens, output_tokens))
