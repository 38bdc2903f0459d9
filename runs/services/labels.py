"""Keeping the labels that runs are looked up by in step with those that runs have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runs.models import Run, RunLabel

BATCH = 500


def add_labels(runs: Iterable[Run]) -> None:
    """Write the labels of runs that were just stored."""
    RunLabel.objects.bulk_create((row for run in runs for row in _rows(run)), BATCH)


def renew_labels(run: Run) -> None:
    """Write a run's labels anew, after they changed."""
    RunLabel.objects.filter(run=run).delete()
    add_labels([run])


def _rows(run: Run) -> Iterator[RunLabel]:
    for key, value in run.labels.items():
        yield RunLabel(run_id=run.pk, team_id=run.team_id, key=key, value=value)
