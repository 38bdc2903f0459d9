"""Judge the product's choice and learning by recorded outcomes of real models."""

from __future__ import annotations

import csv
import gzip
import json
import random
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from routing.core.choice import DEFAULT_THRESHOLD
from routing.core.frontier import Frame, Judgement, Point, judge
from routing.core.outcomes import Outcomes, outcomes_from
from routing.core.replay import LAMBDAS, Learner, all_seen, play
from routing.core.replay_cascade import two_tries
from routing.core.rivals import RIVALS, Chance, Rival

PRODUCT = "this product"
TWO_TRIES = "this product, two tries"
FULL = "full information online"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="prompts x models as CSV, plain or gzipped")
        parser.add_argument("--seeds", type=int, default=5, help="orders of the prompts")
        parser.add_argument("--lambdas", type=_numbers, default=LAMBDAS, help="such as 0,0.01,0.1")
        parser.add_argument("--passes", type=int, default=1, help="the last one counts")
        parser.add_argument("--warm-start", type=int, default=0, metavar="N")
        parser.add_argument(
            "--threshold",
            type=float,
            default=DEFAULT_THRESHOLD,
            help="of two tries, the second is made where the first scores less",
        )
        parser.add_argument("--prompts", type=int, default=None, help="only the first so many")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcomes = read(options["file"], options["prompts"])
        except (OSError, KeyError, ValueError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from error
        warm, passes, seeds = options["warm_start"], options["passes"], options["seeds"]
        if not 0 <= warm < len(outcomes.prompts):
            raise CommandError("--warm-start leaves no prompt to be judged by")
        if passes < 1 or seeds < 1:
            raise CommandError("--passes and --seeds are at least 1")
        lambdas = tuple(options["lambdas"])
        played = partial(
            curves, outcomes, lambdas=lambdas, warm=warm, passes=passes,
            threshold=options["threshold"],
        )  # fmt: skip
        with ProcessPoolExecutor() as pool:
            runs = list(pool.map(played, range(seeds)))
        report = summary(outcomes, runs, lambdas)
        self.stdout.write(json.dumps(report, indent=1) if options["json"] else table(report))


def read(path: Path, limit: int | None) -> Outcomes:
    """Return the outcomes of a file."""
    csv.field_size_limit(sys.maxsize)
    packed = path.suffix == ".gz"
    with gzip.open(path, "rt", encoding="utf-8") if packed else path.open() as lines:
        return outcomes_from(csv.DictReader(_text(lines)), limit)


def curves(
    outcomes: Outcomes,
    seed: int,
    *,
    lambdas: Iterable[float],
    warm: int,
    passes: int,
    threshold: float,
) -> dict[str, list[Point]]:
    """Return each router's points at all trade-offs, over one order of the prompts."""
    order = list(range(len(outcomes.prompts)))
    random.Random(seed).shuffle(order)  # noqa: S311
    found: dict[str, list[Point]] = {name: [] for name in (PRODUCT, TWO_TRIES, FULL, *RIVALS)}
    scale = fmean(cost for cost, _ in outcomes.singles) or 1.0
    run = partial(play, outcomes, order, warm=warm, passes=passes)
    for rate in lambdas:
        source = random.Random(f"{seed} {rate}")  # noqa: S311
        normal = partial(source.gauss, 0.0, 1.0)
        found[PRODUCT].append(run(Learner(outcomes.models, rate, normal)))
        found[FULL].append(run(Learner(outcomes.models, rate, None), step=all_seen))
        twice = Learner(outcomes.models, rate, normal, threshold)
        found[TWO_TRIES].append(run(twice, step=two_tries))
        chance = Chance(source.random, normal)
        for name, (index, explore) in RIVALS.items():
            rival = Rival(len(outcomes.models), index, explore, rate / scale, chance)
            found[name].append(rival.play(outcomes, order))
    return found


def summary(
    outcomes: Outcomes, runs: list[dict[str, list[Point]]], lambdas: tuple[float, ...]
) -> dict[str, Any]:
    """Return all figures: of every router, and of hindsight."""
    frame = outcomes.frame
    hindsight = {
        "oracle per category": outcomes.oracle(),
        "best mix in hindsight": outcomes.mix(),
        "best single model": [frame.best],
        "random": outcomes.random(),
    }
    routers = [_figures(name, [judge(run[name], frame) for run in runs]) for name in runs[0]]
    routers += [_figures(name, [judge(points, frame)]) for name, points in hindsight.items()]
    curve = [
        {"lambda": rate, **_point([run[PRODUCT][place] for run in runs])}
        for place, rate in enumerate(lambdas)
    ]
    return {
        "prompts": len(outcomes.prompts),
        "categories": len(outcomes.by_category()),
        "models": _models(outcomes, frame),
        "orders": len(runs),
        "routers": sorted(routers, key=lambda one: -one["aiq"]),
        "curve": curve,
    }


def table(report: dict[str, Any]) -> str:
    """Return the report as text."""
    lines = [
        f"{report['prompts']} prompts, {report['categories']} categories, "
        f"{len(report['models'])} models, {report['orders']} orders",
        "",
        f"{'router':<28}{'AIQ':>9}{'±':>8}{'NAIQ':>9}{'c@95':>9}",
    ]
    for one in report["routers"]:
        naiq = "" if one["naiq"] is None else f"{one['naiq']:.3f}"
        reached = one["cost_at_95"]
        cost = "never" if reached is None else f"{reached:.1%}"
        lines.append(f"{one['router']:<28}{one['aiq']:>9.4f}{one['sd']:>8.4f}{naiq:>9}{cost:>9}")
    lines += ["", f"{'lambda':>8}{'score':>9}{'cost USD':>13}   {PRODUCT}"]
    for one in report["curve"]:
        lines.append(f"{one['lambda']:>8g}{one['score']:>9.4f}{one['cost_usd']:>13.8f}")
    lines += ["", f"{'':8}{'score':>9}{'cost USD':>13}   single models"]
    for one in report["models"]:
        lines.append(f"{'':8}{one['score']:>9.4f}{one['cost_usd']:>13.8f}   {one['model']}")
    return "\n".join(lines)


def _figures(name: str, judged: list[Judgement]) -> dict[str, Any]:
    aiqs = [one.aiq for one in judged]
    naiqs = [one.naiq for one in judged if one.naiq is not None]
    costs = [one.nearly_best_cost for one in judged if one.nearly_best_cost is not None]
    return {
        "router": name,
        "aiq": fmean(aiqs),
        "sd": pstdev(aiqs),
        "naiq": fmean(naiqs) if naiqs else None,
        "cost_at_95": fmean(costs) if len(costs) == len(judged) else None,
    }


def _models(outcomes: Outcomes, frame: Frame) -> list[dict[str, Any]]:
    singles = zip(outcomes.models, outcomes.singles, strict=True)
    return [{"model": model, **_point([point])} for model, point in singles]


def _point(points: list[Point]) -> dict[str, float]:
    return {
        "score": fmean(score for _, score in points),
        "cost_usd": fmean(cost for cost, _ in points) / 1e9,
    }


def _text(lines: TextIO) -> Iterator[str]:
    # A NUL in a prompt stops Python's csv reader.
    return (line.replace("\0", "") for line in lines)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise ArgumentTypeError("write numbers with commas between, such as 0,0.01") from error
