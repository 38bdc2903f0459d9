"""What routing has learned in one place: beliefs now and before, what finding out costs, and
whether judges agree with people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Avg, Q

from routing.core.beliefs import believe
from routing.core.candidates import Candidate
from routing.core.levels import Evidence as Levels
from routing.core.quality import (
    NOTHING_SEEN,
    Estimate,
    Observation,
    Profile,
    observe,
    without,
)
from routing.core.request import ModelRequest
from routing.core.snapshot import candidates_for
from routing.core.versions import VersionKey, present
from routing.models import Decision, Evidence
from routing.models.decision import Kind
from routing.selectors import snapshot
from routing.selectors.profiles import (
    UNKNOWN,
    WHOLE_ORG,
    Versions,
    profiles_of,
    versioned_profiles_of,
)
from runs.core.exploration import Step, step_of
from runs.core.rules import Phase, TaskType, rules_for
from runs.models import Feedback
from runs.selectors.run_filters import first_id_at
from runs.selectors.tuning.places import Place

WINDOW: Final = timedelta(days=30)
# Read and folded in a second; older evidence is taken together.
MOST_EVIDENCE: Final = 10_000
MOST_DECISIONS: Final = 1_000
# Of these, whatever they are of, choices for one type of task are looked for.
LOOKED_THROUGH: Final = 20_000
MOST_VERDICTS: Final = 5_000
# What a request is taken to be where none was seen.
USUAL_INPUT_TOKENS: Final = 1_500
COLUMNS: Final = ("at", "team_id", "model", "task_type", "version", "score", "weight",
                  "cost_nanousd", "input_tokens", "latency_ms")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Learned:
    """The candidates for one type of task, and how much evidence there is of each type."""

    task_type: str
    threshold: float
    input_tokens: int
    candidates: tuple[Candidate, ...]
    seen: Mapping[str, int]
    tiers: Mapping[str, str]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Movement:
    """Beliefs at the end of each day, by model; `cut`: older days are folded into the first."""

    days: tuple[datetime, ...]
    by_model: Mapping[str, tuple[Estimate, ...]] = field(default_factory=dict)
    cut: bool = False


def learned(place: Place, task_type: str, now: datetime) -> Learned:
    """Return what is believed now of every model that can be reached."""
    snap = snapshot(place.org.pk, now, place.team.pk if place.team else None)
    rules = rules_for(task_type)
    seen = {kind.value: 0 for kind in TaskType}
    for (_, kind), profile in profiles_of(place.org.pk, _team(place)).items():
        seen[kind] = seen.get(kind, 0) + profile.n
    spent = [snap.beliefs.spent.mean((name, task_type)) for name in snap.models]
    tokens = [one.input_tokens for one in spent if one is not None and one.input_tokens]
    size = round(sum(tokens) / len(tokens)) if tokens else USUAL_INPUT_TOKENS
    request = ModelRequest(
        phase=Phase.GENERATION, task_type=task_type, messages=(),
        max_output_tokens=rules.max_output_tokens, temperature=None, timeout_seconds=60.0,
    )  # fmt: skip
    found = tuple(one for one in candidates_for(snap, request, size, now) if one.fits_task_type)
    tiers = {name: spec.tier for name, spec in snap.models.items()}
    versions = {name: spec.litellm_name for name, spec in snap.models.items()}
    return Learned(task_type, rules.threshold, size, found, seen, tiers, versions)


def movement(
    place: Place,
    task_type: str,
    models: Sequence[str],
    tiers: Mapping[str, str],
    now: datetime,
    versions: Versions = UNKNOWN,
) -> Movement:
    """Return what was believed of these models at the end of each of the last days.

    `versions` are the models' present ones, and taken to have been so on each day. What was seen
    lately is taken out of what was seen in all, and put back day by day.
    """
    since = now - WINDOW
    rows = Evidence.objects.filter(org_id=place.org.pk, at__gte=since).order_by("-at", "-id")
    recent = list(rows.values_list(*COLUMNS)[: MOST_EVIDENCE + 1])
    cut, recent = len(recent) > MOST_EVIDENCE, recent[MOST_EVIDENCE - 1 :: -1]
    levels = [versioned_profiles_of(place.org.pk)]
    teams: list[int | None] = [None]
    if place.team is not None:
        levels.append(versioned_profiles_of(place.org.pk, place.team.pk))
        teams.append(place.team.pk)
    states = [
        _before(whole, _folded({}, [row for row in recent if team in (None, row[1])]))
        for whole, team in zip(levels, teams, strict=True)
    ]
    days = [now - timedelta(days=back) for back in range(WINDOW.days - 1, -1, -1)]
    if cut:
        days = [day for day in days if day >= recent[0][0]] or [now]
    shown: dict[str, list[Estimate]] = {model: [] for model in models}
    place_in = 0
    for day in days:
        upto = place_in
        while upto < len(recent) and recent[upto][0] <= day:
            upto += 1
        for level, team in enumerate(teams):
            today = [row for row in recent[place_in:upto] if team in (None, row[1])]
            states[level] = _folded(states[level], today)
        place_in = upto
        seen = [present(state, versions) for state in states]
        evidence = Levels(org=seen[0], team=seen[1] if seen[1:] else {})
        beliefs = believe(evidence, tiers, day)
        for model in models:
            shown[model].append(beliefs.estimate((model, task_type)))
    return Movement(tuple(days), {name: tuple(ones) for name, ones in shown.items()}, cut)


def steps_of(place: Place, task_type: str, now: datetime) -> list[Step]:
    """Return the last choices for a type of task, of the newest decisions of the organisation."""
    lately = Decision.objects.filter(
        org_id=place.org.pk, outcome="allow", pk__gte=first_id_at(now - WINDOW)
    ).order_by("-id")
    oldest = lately.values_list("pk", flat=True)[LOOKED_THROUGH - 1 : LOOKED_THROUGH].first()
    rows = Decision.objects.filter(
        **{f"{name}": value for name, value in place.within().items()},
        kind=Kind.ROUTE,
        outcome="allow",
        phase=Phase.GENERATION,
        pk__gte=oldest or first_id_at(now - WINDOW),
        inputs__task_type=task_type,
    ).order_by("-id")
    found = (step_of(one) for one in rows.values_list("candidates", flat=True)[:MOST_DECISIONS])
    return [step for step in found if step is not None]


def verdict_pairs(place: Place, task_type: str) -> list[tuple[float, float]]:
    """Return the judges' and the people's score of each task that people judged."""
    rows = Feedback.objects.filter(
        Q(**place.within("task__run__")), task__type=task_type, task__score__isnull=False
    )
    grouped = rows.order_by().values("task_id", "task__score").annotate(people=Avg("score"))
    return [(one["task__score"] or 0.0, one["people"]) for one in grouped[:MOST_VERDICTS]]


def _team(place: Place) -> int:
    return place.team.pk if place.team else WHOLE_ORG


def _before(
    whole: Mapping[VersionKey, Profile], part: Mapping[VersionKey, Profile]
) -> dict[VersionKey, Profile]:
    rest = {key: without(one, part.get(key, NOTHING_SEEN)) for key, one in whole.items()}
    return {key: one for key, one in rest.items() if one.n}


def _folded(state: Mapping[VersionKey, Profile], rows: Sequence[Any]) -> dict[VersionKey, Profile]:
    """Return the state with these rows of evidence, the oldest first."""
    folded = dict(state)
    for at, _, model, kind, version, score, weight, cost, tokens, latency in rows:
        one = Observation(at, score, weight, cost, tokens, latency)
        key = model, kind, version
        folded[key] = observe(folded.get(key, NOTHING_SEEN), one)
    return folded
