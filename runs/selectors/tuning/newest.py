"""The newest runs of a place, some at a time: whoever has seen enough asks for no more.

A month may hold millions of attempts, and a database that is asked for the newest of a kind among
them may read all. What is asked of some runs at a time stays as small as that.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from runs.models import Run
from runs.selectors.run_filters import ID_SLACK, first_id_at
from runs.selectors.tuning.places import Place

AT_ONCE: Final = 500
# Where hardly any run has what is looked for, the search ends here.
MOST_RUNS: Final = 20_000


def newest_runs(place: Place, since: datetime | None, until: datetime) -> Iterator[list[UUID]]:
    """Yield ids of runs that were submitted in that time; `since` None: ever."""
    rows = Run.objects.filter(**place.within(), created_at__lt=until).order_by("-pk")
    if since is not None:
        rows = rows.filter(pk__gte=first_id_at(since - ID_SLACK), created_at__gte=since)
    page = rows
    for _ in range(MOST_RUNS // AT_ONCE):
        ids = list(page.values_list("pk", flat=True)[:AT_ONCE])
        if ids:
            yield ids
        if len(ids) < AT_ONCE:
            return
        page = rows.filter(pk__lt=ids[-1])
