"""A month of an organisation's attempts, with all that is told of them.

An attempt stands for four calls: writing, review, two judgements. Of calls and choices, those
alone are written that could be read: the writing ones of the newest runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product

from django.db import connection
from django.utils import timezone

from routing.core.candidates import Candidate
from routing.core.choice import choose
from routing.core.quality import RECENT, Estimate, pack
from routing.models import Decision, Evidence, QualityProfile
from routing.selectors import known_models
from runs.core.rules import TaskType
from runs.models import Attempt, Run, Task
from telemetry.models import Call, Score
from tests.benchmarks.filling import AT, ID_AT, JSON, NEW_ID, bare, case, insert
from tests.benchmarks.house import DAYS, House
from tests.integration.routing.advice import CURRENT, PROPOSED

CALLS_AN_ATTEMPT = 4
TASKS_A_RUN = 100
RUNS_WITH_CALLS = 1_000
RUNS_WITH_CHOICES = 250
TYPES = [kind.value for kind in TaskType]
REASONS = ("a date is missing or not written as ISO 8601", "the total does not match the lines",
           "verbose, and its tone is too casual for the board")  # fmt: skip
RUN, TASK, SCORE = (kind._meta.db_table for kind in (Run, Task, Score))
# As SQL, of a run `r` and its task `t`.
MODEL = f"CASE WHEN t.id % 2 = 0 THEN '{CURRENT}' ELSE '{PROPOSED}' END"
WORTH = "CASE WHEN t.id % 5 = 0 THEN 0.4 ELSE 0.9 + (t.id % 10) * 0.005 END"
COST = "CASE WHEN t.id % 2 = 0 THEN 10000000 ELSE 5000000 END + (t.id % 97) * 10000"
WHOSE = {"at": "r.created_at", "org_id": "r.org_id", "team_id": "r.team_id", "run_id": "r.id",
         "task_key": "t.key", "attempt": "1", "task_type": "t.type", "provider": "'sim'",
         "model": MODEL, "cost_nanousd": COST}  # fmt: skip


def fill(house: House, calls: int) -> None:
    """Write a month of so many calls."""
    attempts = calls // CALLS_AN_ATTEMPT
    with bare(*(Task, Attempt, Score, Evidence, Call)) as cursor:
        cursor.execute(runs_of(house, attempts // TASKS_A_RUN))
        for statement in (*attempts_of(house.org.pk), *newest_of(house.org.pk)):
            cursor.execute(statement)
    QualityProfile.objects.bulk_create(profiles(house, attempts))


def runs_of(house: House, count: int) -> str:
    """Return what writes so many runs."""
    step = DAYS * 86_400 / count
    first = timezone.now().timestamp() - (count - 1) * step
    at = AT[connection.vendor].format(seconds=f"{first} + n.i * {step}")
    one, other = (team.pk for team in house.teams)
    return numbers(count) + insert(
        Run, "FROM n", id=ID_AT[connection.vendor].format(at=at, number="n.i"), created_at=at,
        org_id=str(house.org.pk), team_id=f"CASE n.i % 2 WHEN 0 THEN {one} ELSE {other} END",
        project="'Project ' || n.i", status="'SUCCESS'", labels="'{}'", preference="'balanced'",
        cache="'auto'", budget_nanousd="1", signature="''",
    )  # fmt: skip


def profiles(house: House, attempts: int) -> Iterator[QualityProfile]:
    """Yield what so much evidence would come to, were all models as busy."""
    names = models()
    for team_id, share in ((0, 1.0), *((team.pk, 0.5) for team in house.teams)):
        for number, (model, kind) in enumerate(product(names, TYPES)):
            n = int(share * attempts / len(names) / len(TYPES))
            mean = 0.5 + number % 40 / 100
            yield QualityProfile(
                org_id=house.org.pk, team_id=team_id, model=model, task_type=kind, n=n,
                weight=n, score_sum=n * mean, score_sumsq=n * (mean * mean + 0.01),
                call_weight=n, cost_sum_nanousd=n * 5e6, token_sum=n * 900, latency_sum_ms=n * 900,
                recent=pack((number + place, mean) for place in range(RECENT)),
                updated_at=timezone.now(),
            )  # fmt: skip


def models() -> list[str]:
    """Return the models that can be reached."""
    return sorted(name for name, spec in known_models().models.items() if spec.simulated)


def choice() -> str:
    """Return one choice among all models, as JSON."""
    belief = Estimate(0.8, 0.05, 20, 0.1)
    candidates = [
        Candidate(name, "sim", belief, 1_000_000 + place * 10_000, 1)
        for place, name in enumerate(models())
    ]
    return json.dumps(choose(candidates, preference="balanced", draws={}).as_json())


def attempts_of(org_id: int) -> Iterator[str]:
    """Yield what writes tasks, attempts, scores and evidence of an organisation's runs."""
    of_runs = f"FROM {TASK} t JOIN {RUN} r ON r.id = t.run_id WHERE r.org_id = {org_id}"
    document = JSON[connection.vendor]
    said = f"""CAST('[{{"model": "j", "score": 0.4, "reason": "' || {case("t.id", REASONS)}
        || ' in case ' || t.id || '"}}]' AS {document})"""
    yield numbers(TASKS_A_RUN) + insert(
        Task, f"FROM {RUN} r CROSS JOIN n WHERE r.org_id = {org_id}", run_id="r.id",
        key="'t' || n.i", position="n.i", type=case("n.i", TYPES), threshold="0.85",
        validators="""'[{"name": "json_schema", "options": {}}]'""",
    )  # fmt: skip
    yield insert(
        Attempt, of_runs, task_id="t.id", number="1", model=MODEL, score=WORTH, judgements=said,
        validators_passed="true", has_output="true", cost_nanousd=COST,
        started_at="r.created_at", finished_at="r.created_at",
    )  # fmt: skip
    yield insert(Score, of_runs, **WHOSE, score=WORTH, accepted="t.id % 5 <> 0")
    yield insert(
        Evidence, f"FROM {SCORE} WHERE org_id = {org_id}", at="at", org_id="org_id",
        team_id="team_id", model="model", task_type="task_type", source="'attempt'",
        score="score", weight="1", cost_nanousd="cost_nanousd", input_tokens="900",
    )  # fmt: skip


def numbers(count: int) -> str:
    """Return what makes so many numbers `n.i`, as the beginning of a statement."""
    return f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) "


def newest_of(org_id: int) -> Iterator[str]:
    """Yield what writes the calls and the choices of the newest of an organisation's runs."""
    document, new_id, id_at = (of[connection.vendor] for of in (JSON, NEW_ID, ID_AT))
    calls, choices = (
        f"FROM {TASK} t JOIN (SELECT * FROM {RUN} WHERE org_id = {org_id} "
        f"ORDER BY id DESC LIMIT {count}) r ON r.id = t.run_id"
        for count in (RUNS_WITH_CALLS, RUNS_WITH_CHOICES)
    )
    yield insert(
        Call, calls, **WHOSE, id=new_id, phase="'generation'", outcome="'ok'",
        input_tokens="900", output_tokens="400",
    )  # fmt: skip
    yield insert(
        Decision, choices, id=id_at.format(at="r.created_at", number="t.id"), at="r.created_at",
        org_id="r.org_id", team_id="r.team_id", run_id="r.id", position="-t.id", kind="'route'",
        outcome="'allow'", phase="'generation'", model=MODEL,
        inputs=f"""CAST('{{"task_type": "' || t.type || '"}}' AS {document})""",
        candidates=f"CAST('{choice()}' AS {document})",
    )  # fmt: skip
