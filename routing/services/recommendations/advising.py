"""Computing what to recommend from what attempts did come to, daily and when somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from routing.core.advice import Advice, Tally, advise, objection, weigh
from routing.models import AdviceDue, Recommendation
from routing.models.recommendation import Kind, State
from routing.selectors.tallies import Tallies, tallies_of
from routing.services.recommendations.evidence import evidence_of, title_of
from routing.services.recommendations.record import locked, move, tell
from routing.services.recommendations.standing import Standing
from routing.services.recommendations.usable import usable_models
from telemetry.models import Event
from telemetry.services.changes import record_change

WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Advised:
    """How many recommendations are new, confirmed with new figures, and no longer hold."""

    proposed: int
    renewed: int
    outdated: int


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


@transaction.atomic
def advise_org(org_id: int, now: datetime, by: str = "") -> Advised:
    """Compute an organisation's routing advice anew; `by` empty: nobody asked for it.

    A proposal that still holds gets today's figures, one that does not is outdated. What people
    let act is left as it was decided on.
    """
    AdviceDue.objects.select_for_update().get_or_create(org_id=org_id)
    tallies = tallies_of(org_id, now, WINDOW)
    standing = Standing.of(org_id, now)
    renewed, outdated = 0, 0
    for row in standing.proposals:
        advice = _again(row, tallies)
        if advice is None:
            reason = "Its interval says nothing any more, or there is too little to go by."
            move(locked(row.pk), State.OUTDATED, actor=by or "daily advice", now=now, reason=reason)
            outdated += 1
        else:
            _renew(row, advice, tallies, now)
            standing.keep(row)
            renewed += 1
    adviser = _Adviser(org_id, tallies, standing, now)
    made = [_propose(org_id, one, tallies, now, by) for one in adviser.found()]
    AdviceDue.objects.filter(org_id=org_id).update(advised_at=now)
    return Advised(len(made), renewed, outdated)


@transaction.atomic
def forget_proposals() -> None:
    """Remove proposals that nobody has decided on, for what they rested on is gone.

    Those that still hold are computed anew at once, by whichever worker looks first.
    """
    rows = Recommendation.objects.filter(kind=Kind.ROUTING, state=State.PROPOSED)
    told = [str(pk) for pk in rows.values_list("pk", flat=True)]
    Event.objects.filter(
        type=f"recommendation.{State.PROPOSED}", payload__recommendation__in=told
    ).delete()
    rows.delete()
    AdviceDue.objects.update(advised_at=None)


@dataclass(frozen=True)
class _Adviser:
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


def _again(row: Recommendation, tallies: Tallies) -> Advice | None:
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


def _propose(org_id: int, found: Found, tallies: Tallies, now: datetime, by: str) -> Recommendation:
    advice = found.advice
    row = Recommendation(
        kind=Kind.ROUTING,
        org_id=org_id,
        team_id=found.team_id,
        subject=found.subject,
        title=title_of(found.task_type, advice),
        task_type=found.task_type,
        current_model=advice.current,
        proposed_model=advice.proposed,
        created_at=now,
        created_by=by[:150],
    )
    _fill(row, advice, tallies, now)
    row.save(force_insert=True)
    tell(row, now)
    record_change(
        "recommendation", row.title, actor=by or "daily advice", at=now, before=None,
        after={"state": row.state, "saving_nanousd": row.saving_nanousd, "n": row.n},
        org_id=org_id, team_id=row.team_id,
    )  # fmt: skip
    return row


def _renew(row: Recommendation, advice: Advice, tallies: Tallies, now: datetime) -> None:
    row.save(update_fields=list(_fill(row, advice, tallies, now)))


def _fill(row: Recommendation, advice: Advice, tallies: Tallies, now: datetime) -> Iterable[str]:
    """Put the figures of advice into a row; return the names of what was put there."""
    fields = {
        "saving_nanousd": round(advice.saving.value),
        "saving_low_nanousd": round(advice.saving.low),
        "saving_high_nanousd": round(advice.saving.high),
        "quality_change": advice.quality.value,
        "quality_low": advice.quality.low,
        "quality_high": advice.quality.high,
        "n": advice.n,
        "evidence": evidence_of(advice, tallies, row.task_type, row.team_id, now),
        "computed_at": now,
    }
    for name, value in fields.items():
        setattr(row, name, value)
    return fields
