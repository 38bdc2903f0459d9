"""Looking for advice that nobody has been given yet, and whether what was given still holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from routing.core.advice import Advice, Tally, advise, objection, weigh
from routing.models import Recommendation
from routing.selectors.tallies import Tallies
from routing.services.recommendations.standing import Standing
from routing.services.recommendations.usable import usable_models


@dataclass(frozen=True, slots=True)
class Found:
    """One piece of advice, and where it holds. `team_id` None: in the whole organisation."""

    team_id: int | None
    task_type: str
    advice: Advice

    @property
    def subject(self) -> str:
        return subject_of(self.task_type, self.advice.current, self.advice.proposed)


def subject_of(task_type: str, current: str, proposed: str) -> str:
    """Return what a piece of routing advice is about."""
    return f"{task_type}: {current} > {proposed}"


@dataclass(frozen=True)
class Adviser:
    """Looks for advice that nobody has been given yet."""

    org_id: int
    tallies: Tallies
    standing: Standing
    now: datetime

    def found(self) -> Iterator[Found]:
        """Yield advice for teams whose own evidence suffices, else for the whole organisation."""
        for task_type in sorted(self.tallies.by_type):
            of_teams = [
                Found(team_id, task_type, advice)
                for team_id, models in sorted(self.tallies.by_type[task_type].items())
                if (advice := self._best(team_id, task_type, models)) is not None
            ]
            yield from of_teams
            if of_teams or self.standing.has_team(task_type):
                continue
            whole = self._best(None, task_type, self.tallies.whole(task_type))
            if whole is not None:
                yield Found(None, task_type, whole)

    def _best(
        self, team_id: int | None, task_type: str, models: Mapping[str, Tally]
    ) -> Advice | None:
        days = self.tallies.days
        # Who may be used is asked only where there is something to say.
        if self.standing.is_taken(team_id, task_type) or advise(models, days) is None:
            return None
        usable = usable_models(self.org_id, team_id, task_type, self.now)

        def may_move(current: str, proposed: str) -> bool:
            subject = subject_of(task_type, current, proposed)
            allowed = self.standing.allows(team_id, task_type, current, proposed, subject)
            return allowed and proposed in usable

        return advise(models, days, may_move)


def advice_again(row: Recommendation, tallies: Tallies) -> Advice | None:
    """Return today's figures of a proposal; None: it does not hold any more."""
    if row.task_type not in tallies.by_type:
        return None
    if row.team_id is None:
        models = tallies.whole(row.task_type)
    else:
        models = dict(tallies.by_type[row.task_type].get(row.team_id, {}))
    if row.current_model not in models or row.proposed_model not in models:
        return None
    advice = weigh(row.current_model, row.proposed_model, models, tallies.days)
    return advice if advice is not None and objection(advice) is None else None
