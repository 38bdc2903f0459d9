"""Proposals to tune a model: reckoned for every base model, and kept as recommendations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from budgets.models import Org
from routing.models.recommendation import OPEN, Recommendation, State
from routing.models.recommendation import Kind as AdviceKind
from routing.services.recommendations.record import tell
from runs.core.tuning.assumptions import Assumptions, BaseModel, as_json
from runs.core.tuning.facts import Facts, missing_examples
from runs.core.tuning.interval import Range
from runs.core.tuning.roi import Estimate, estimate
from runs.core.tuning.roi import as_json as estimate_json
from runs.selectors.tuning.assumptions import assumptions_of
from runs.selectors.tuning.examples import Eligible, Kind, eligible
from runs.selectors.tuning.facts import facts_of, with_bases
from runs.selectors.tuning.places import Place
from telemetry.services.changes import record_change

# A tuned model may be expected to be worse by this much and still be the one to look at first.
TOLERATED_LOSS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Offer:
    """One base model with what tuning it would bring."""

    base: BaseModel
    facts: Facts
    estimate: Estimate

    @property
    def quality_change(self) -> Range:
        before, after = self.estimate.quality_before, self.estimate.quality_after
        value = after.value - before.value
        low = math.hypot(after.value - after.low, before.high - before.value)
        high = math.hypot(after.high - after.value, before.value - before.low)
        return Range(value, max(-1.0, value - low), min(1.0, value + high))

    @property
    def is_sure(self) -> bool:
        """Tell whether it saves money by more than chance explains."""
        return self.estimate.saving_nanousd.low > 0

    @property
    def keeps_quality(self) -> bool:
        return self.quality_change.value >= -TOLERATED_LOSS


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What tuning for a kind of task would bring; `offers` the most promising first.

    `facts` None: nothing is known of what such tasks cost. `missing`: examples that are needed
    before anything is reckoned.
    """

    place: Place
    kind: Kind
    assumptions: Assumptions
    examples: Eligible
    facts: Facts | None
    missing: int
    offers: tuple[Offer, ...]

    @property
    def best(self) -> Offer | None:
        """Return the offer that is worth proposing; None: none saves money for sure."""
        return next((one for one in self.offers if one.is_sure), None)


def reckon(place: Place, kind: Kind, now: datetime) -> Reckoning:
    """Return what tuning each base model would bring, by what is known and assumed now."""
    assumptions = assumptions_of(place.org.pk)
    examples = eligible(place, kind, now)
    facts = facts_of(place, kind, examples, now)
    missing = max(0, assumptions.min_examples - len(examples.ids))
    offers: list[Offer] = []
    if facts is not None and not missing_examples(facts, assumptions):
        bases = assumptions.base_models
        for base, known in zip(bases, with_bases(facts, place, kind, bases, now), strict=True):
            made = estimate(known, base, assumptions, now.date())
            if made is not None:
                offers.append(Offer(base, known, made))
    return Reckoning(place, kind, assumptions, examples, facts, missing, _ranked(offers))


def propose(reckoned: Reckoning, offer: Offer, *, actor: str, now: datetime) -> Recommendation:
    """Keep an offer as a recommendation; one that was open of the same subject is made anew.

    Where its model was tuned already, that one stays as it is.
    """
    place, kind = reckoned.place, reckoned.kind
    subject = " ".join(filter(None, ("tune", offer.base.name, kind.task_type, kind.validator)))
    whose = {"org_id": place.org.pk, "team_id": place.team.pk if place.team else None}
    with transaction.atomic():
        # The org's row is locked, so that of two people at once the second renews the first's.
        Org.objects.select_for_update().get(pk=place.org.pk)
        open_one = Recommendation.objects.select_for_update().filter(
            **whose, kind=AdviceKind.FINE_TUNING, subject=subject, state__in=OPEN
        ).first()  # fmt: skip
        if open_one is not None and open_one.state != State.PROPOSED:
            return open_one
        made = open_one or Recommendation(
            **whose, kind=AdviceKind.FINE_TUNING, subject=subject, created_at=now, created_by=actor
        )
        for name, value in _columns(reckoned, offer, now).items():
            setattr(made, name, value)
        made.save()
        if open_one is None:
            tell(made, now)
        record_change(
            "recommendation", str(made.pk), actor=actor, at=now, **whose,
            before=None if open_one is None else {}, after={"title": made.title, "n": made.n},
        )  # fmt: skip
    return made


def _columns(reckoned: Reckoning, offer: Offer, now: datetime) -> dict[str, Any]:
    made, change, kind = offer.estimate, offer.quality_change, reckoned.kind
    saving = made.saving_nanousd
    words = kind.task_type.replace("_", " ")
    return {
        "title": f"Tune {offer.base.name} for {words}"
        + (f" checked by {kind.validator}" if kind.validator else ""),
        "task_type": kind.task_type,
        "proposed_model": offer.base.name,
        "saving_nanousd": round(saving.value),
        "saving_low_nanousd": math.floor(saving.low),
        "saving_high_nanousd": math.ceil(saving.high),
        "quality_change": change.value,
        "quality_low": change.low,
        "quality_high": change.high,
        "n": made.n,
        "evidence": evidence_of(reckoned, offer),
        "computed_at": now,
    }


def evidence_of(reckoned: Reckoning, offer: Offer) -> dict[str, Any]:
    """Return all that an offer rests on, as plain data."""
    assumed = as_json(reckoned.assumptions)
    assumed.pop("base_models")
    base = next(one for one in as_json(reckoned.assumptions)["base_models"]
                if one["name"] == offer.base.name)  # fmt: skip
    return {
        "place": reckoned.place.key,
        "task_type": reckoned.kind.task_type,
        "validator": reckoned.kind.validator,
        "base": base,
        "assumptions": assumed,
        "facts": asdict(offer.facts),
        "estimate": estimate_json(offer.estimate),
        "left_out": {why.value: n for why, n in reckoned.examples.left_out.items()},
    }


def _ranked(offers: Sequence[Offer]) -> tuple[Offer, ...]:
    """Order offers: those that keep the quality first, then by what they save."""
    return tuple(
        sorted(
            offers,
            key=lambda one: (not one.keeps_quality, -one.estimate.saving_nanousd.value),
        )
    )
