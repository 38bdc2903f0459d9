"""The tables of routing. Organisations, teams, runs and calls are plain ids: a row here outlives
them, and writing it must not touch a row that every call waits for."""

from __future__ import annotations

from routing.models.decision import ChainHead, Decision
from routing.models.health import Breaker
from routing.models.invoice import InvoiceCheck, Repricing
from routing.models.learned import (
    BeliefDay,
    CachedReply,
    Evidence,
    QualityProfile,
    SharedLearning,
)
from routing.models.model import DisabledProvider, Model, PriceOverride
from routing.models.policy import Policy, PolicyVersion
from routing.models.rate import RateLimit, RateWindow
from routing.models.recommendation import (
    AdviceDue,
    RealisedSaving,
    Recommendation,
    RecommendationStep,
    TrialResult,
)
from routing.models.tally import AttemptTally

__all__ = [
    "AdviceDue",
    "AttemptTally",
    "BeliefDay",
    "Breaker",
    "CachedReply",
    "ChainHead",
    "Decision",
    "DisabledProvider",
    "Evidence",
    "InvoiceCheck",
    "Model",
    "Policy",
    "PolicyVersion",
    "PriceOverride",
    "QualityProfile",
    "RateLimit",
    "RateWindow",
    "RealisedSaving",
    "Recommendation",
    "RecommendationStep",
    "Repricing",
    "SharedLearning",
    "TrialResult",
]
