"""The tables of runs."""

from runs.models.delivery import WebhookDelivery
from runs.models.label import RunLabel
from runs.models.run import Run
from runs.models.task import Attempt, AttemptText, Feedback, Task, TaskText
from runs.models.tuning import (
    FailureAnalysis,
    FailurePattern,
    TuningAssumptions,
    TuningDataset,
)
from runs.models.view import SavedView
from runs.models.worker import WorkerPool

__all__ = [
    "Attempt",
    "AttemptText",
    "FailureAnalysis",
    "FailurePattern",
    "Feedback",
    "Run",
    "RunLabel",
    "SavedView",
    "Task",
    "TaskText",
    "TuningAssumptions",
    "TuningDataset",
    "WebhookDelivery",
    "WorkerPool",
]
