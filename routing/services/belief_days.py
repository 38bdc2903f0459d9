"""Keeping what is believed when a day is over: once more is known, nothing else tells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db import transaction

from routing.core.beliefs import Beliefs, believe
from routing.core.catalog import TASK_TYPES, ModelSpec
from routing.core.history import Seen, states_at
from routing.core.levels import Evidence as Levels
from routing.core.levels import Profiles
from routing.core.quality import Observation
from routing.core.versions import present
from routing.models import AdviceDue, BeliefDay, Evidence, QualityProfile
from routing.selectors import snapshot
from routing.selectors.profiles import WHOLE_ORG, beliefs_for, versioned_profiles_of
from routing.selectors.tallies import start_of

KEPT: Final = timedelta(days=31)
# The first time, so much of the newest evidence tells of the days before.
MOST_EVIDENCE: Final = 20_000
_COLUMNS = ("team_id", "model", "task_type", "version", "at", "score", "weight")
_DAY = timedelta(days=1)


def is_due(due: AdviceDue, now: datetime) -> bool:
    """Tell whether a day is over of which nothing was kept."""
    return due.believed_until is None or due.believed_until < _today(now)


def keep_beliefs(org_id: int, now: datetime) -> int:
    """Keep what an organisation and its teams believe as that of the day that is over.

    The first time, days before are told from the evidence, with today's models. Return how many
    rows were made.
    """
    due, _ = AdviceDue.objects.get_or_create(org_id=org_id)
    if not is_due(due, now):
        return 0
    today, keeping = _today(now), _Keeping(org_id, now)
    rows = list(keeping.told() if due.believed_until is None else keeping.present())
    with transaction.atomic():
        BeliefDay.objects.filter(org_id=org_id, day__lt=today - KEPT).delete()
        # Another worker may have done so meanwhile.
        BeliefDay.objects.bulk_create(rows, 100, ignore_conflicts=True)
        AdviceDue.objects.filter(org_id=org_id).update(believed_until=today)
    return len(rows)


class _Keeping:
    """Makes the rows of one organisation, of the models that can be reached now."""

    def __init__(self, org_id: int, now: datetime) -> None:
        models: dict[str, ModelSpec] = dict(snapshot(org_id, now).models)
        self.org_id, self.now = org_id, now
        self.tiers = {name: spec.tier for name, spec in models.items()}
        self.versions = {name: spec.litellm_name for name, spec in models.items()}

    def present(self) -> Iterator[BeliefDay]:
        """Yield what is believed now, as of yesterday."""
        for team_id in (None, *self._teams()):
            beliefs = beliefs_for(self.org_id, team_id, self.tiers, self.now, self.versions)
            yield self._row(team_id, _today(self.now) - _DAY, beliefs)

    def told(self) -> Iterator[BeliefDay]:
        """Yield what was believed at the end of earlier days, as far as evidence tells."""
        found = Evidence.objects.filter(org_id=self.org_id, at__gte=self.now - KEPT)
        newest = found.order_by("-at", "-id").values_list(*_COLUMNS)[:MOST_EVIDENCE]
        rows = list(reversed(newest))
        if not rows:
            return
        days = [
            day for day in _days(self.now) if len(rows) < MOST_EVIDENCE or rows[0][4] <= _end(day)
        ]
        of_org = self._states(None, rows, days)
        for team_id in (None, *self._teams()):
            of_team = self._states(team_id, rows, days) if team_id else [{}] * len(days)
            for day, org, team in zip(days, of_org, of_team, strict=True):
                beliefs = believe(Levels(org=org, team=team), self.tiers, _end(day))
                yield self._row(team_id, day, beliefs)

    def _states(
        self, team_id: int | None, rows: Sequence[tuple[Any, ...]], days: Sequence[date]
    ) -> list[Profiles]:
        whole = versioned_profiles_of(self.org_id, team_id or WHOLE_ORG)
        seen: list[Seen] = [
            ((model, task_type, version), Observation(at, score, weight))
            for team, model, task_type, version, at, score, weight in rows
            if team_id in (None, team)
        ]
        states = states_at(whole, seen, [_end(day) for day in days])
        return [present(state, self.versions) for state in states]

    def _teams(self) -> list[int]:
        """Return the teams that have seen something themselves."""
        rows = QualityProfile.objects.filter(org_id=self.org_id).exclude(team_id=WHOLE_ORG)
        return list(rows.order_by("team_id").values_list("team_id", flat=True).distinct())

    def _row(self, team_id: int | None, day: date, beliefs: Beliefs) -> BeliefDay:
        held = {
            kind: {name: _figures(beliefs, name, kind) for name in self.tiers}
            for kind in sorted(TASK_TYPES)
        }
        return BeliefDay(org_id=self.org_id, team_id=team_id or WHOLE_ORG, day=day, beliefs=held)


def _figures(beliefs: Beliefs, model: str, task_type: str) -> tuple[float, float, int]:
    one = beliefs.estimate((model, task_type))
    return round(one.mean, 4), round(one.sd, 4), one.n


def _days(now: datetime) -> Iterable[date]:
    """Return the days that are over, as many as are kept, the oldest first."""
    today = _today(now)
    return [today - ago * _DAY for ago in range(KEPT.days, 0, -1)]


def _end(day: date) -> datetime:
    return start_of(day + _DAY)


def _today(now: datetime) -> date:
    return now.astimezone(UTC).date()
