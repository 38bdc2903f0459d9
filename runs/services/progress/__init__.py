"""Journal commands for how far a run has come; the engine's only writes to runs and tasks."""

from __future__ import annotations

from runs.services.progress.counters import CountCall
from runs.services.progress.runs import FinishRun, SavePlan
from runs.services.progress.tasks import FinishTask, SaveAttempt, StartTasks

__all__ = ["CountCall", "FinishRun", "FinishTask", "SaveAttempt", "SavePlan", "StartTasks"]
