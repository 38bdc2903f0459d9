"""Computing what to recommend from what attempts did come to, daily and when somebody asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from routing.core.advice import Advice
from routing.models import AdviceDue, Recommendation
from routing.models.recommendation import OPEN, Kind, State
from routing.selectors.tallies import Tallies, tallies_of
from routing.services.recommendations.evidence import evidence_of, title_of
from routing.services.recommendations.finding import Adviser, Found, advice_again
from routing.services.recommendations.record import locked, move, tell
from routing.services.recommendations.standing import Standing
from routing.services.recommendations.tallying import forget_tallies, tally_days
from telemetry.models import Event
from telemetry.services.changes import record_change

WINDOW = timedelta(days=30)
COMPUTED = "daily advice"
# However many ask, and however often: an organisation's figures are computed once in this time.
ON_DEMAND_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Advised:
    """How many recommendations are new, confirmed with new figures, and no longer hold."""

    proposed: int
    renewed: int
    outdated: int


def advise_on_demand(org_id: int, now: datetime, by: str) -> Advised | None:
    """Compute an organisation's routing advice anew, since somebody asks for it.

    None: somebody else had it computed less than `ON_DEMAND_EVERY` ago, or is having it computed.
    """
    AdviceDue.objects.get_or_create(org_id=org_id)
    late = Q(asked_at=None) | Q(asked_at__lte=now - ON_DEMAND_EVERY)
    # Conditional, so that of many who ask at once one has it computed.
    if not AdviceDue.objects.filter(late, org_id=org_id).update(asked_at=now):
        return None
    return advise_org(org_id, now, by)


def advise_org(org_id: int, now: datetime, by: str = "") -> Advised:
    """Compute an organisation's routing advice anew; `by` empty: nobody asked for it.

    A proposal that still holds gets today's figures, one that does not is outdated. What people
    let act is left as it was decided on. All is computed first, and written in a short transaction:
    calls wait for the locks of what is written.
    """
    tally_days(org_id, now, WINDOW)
    tallies = tallies_of(org_id, now, WINDOW)
    standing = Standing.of(org_id, now)
    looked_at = [(row, advice_again(row, tallies)) for row in standing.proposals]
    for row, advice in looked_at:
        if advice is not None:
            standing.keep(row)
    found = list(Adviser(org_id, tallies, standing, now).found())
    with transaction.atomic():
        AdviceDue.objects.get_or_create(org_id=org_id)
        AdviceDue.objects.select_for_update().get(org_id=org_id)
        kept = [_keep(row, advice, tallies, now, by) for row, advice in looked_at]
        made = [_propose(one, org_id, tallies, now, by) for one in found]
        AdviceDue.objects.filter(org_id=org_id).update(advised_at=now)
    return Advised(made.count(True), kept.count(True), kept.count(False))


def _keep(
    row: Recommendation, advice: Advice | None, tallies: Tallies, now: datetime, by: str
) -> bool | None:
    """Give a proposal today's figures, or let it go; None: somebody decided on it meanwhile."""
    row = locked(row.pk)
    if row.state != State.PROPOSED:
        return None
    if advice is not None:
        row.save(update_fields=list(_fill(row, advice, tallies, now)))
        return True
    reason = "Its interval says nothing any more, or there is too little to go by."
    move(row, State.OUTDATED, actor=by or COMPUTED, now=now, reason=reason)
    return False


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
    forget_tallies()
    AdviceDue.objects.update(advised_at=None)


def _propose(found: Found, org_id: int, tallies: Tallies, now: datetime, by: str) -> bool:
    """Store a new proposal; False: somebody else has done so meanwhile."""
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
    same = {"org_id": org_id, "team_id": found.team_id, "subject": found.subject}
    if Recommendation.objects.filter(**same, kind=Kind.ROUTING, state__in=OPEN).exists():
        return False
    _fill(row, advice, tallies, now)
    row.save(force_insert=True)
    tell(row, now)
    record_change(
        "recommendation", row.title, actor=by or COMPUTED, at=now, before=None,
        after={"state": row.state, "saving_nanousd": row.saving_nanousd, "n": row.n},
        org_id=org_id, team_id=row.team_id,
    )  # fmt: skip
    return True


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
