"""Recommendations: computing them, letting them act, and telling what they saved."""

from __future__ import annotations

from routing.services.recommendations.advising import Advised, advise_org, forget_proposals
from routing.services.recommendations.realising import realise, realise_org
from routing.services.recommendations.stages import Wanted, advance, dismiss, revert
from routing.services.recommendations.trials import (
    RecordTrial,
    TrialGuard,
    TrialOver,
    end_late_shadows,
    end_money,
    look,
)

__all__ = [
    "Advised",
    "RecordTrial",
    "TrialGuard",
    "TrialOver",
    "Wanted",
    "advance",
    "advise_org",
    "dismiss",
    "end_late_shadows",
    "end_money",
    "forget_proposals",
    "look",
    "realise",
    "realise_org",
    "revert",
]
