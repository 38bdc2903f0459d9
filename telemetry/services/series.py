"""The ids of series, kept by every process that writes figures."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from telemetry.core.rollup import SeriesKey
from telemetry.models import Series

_known: dict[tuple[SeriesKey, bool], int] = {}


def series_ids(keys: Iterable[SeriesKey], *, demo: bool = False) -> dict[SeriesKey, int]:
    """Return the id of each series, made where it is new; in the caller's transaction."""
    wanted = set(keys)
    found = {key: _known[key, demo] for key in wanted if (key, demo) in _known}
    missing = wanted - found.keys()
    if not missing:
        return found
    new = _stored(missing, demo)
    # Once committed, and no sooner: after a rollback there is no such row.
    transaction.on_commit(partial(_known.update, {(key, demo): new[key] for key in new}))
    return found | new


def forget_series(**_: Any) -> None:
    """Forget all ids: a database that was emptied or migrated numbers series anew."""
    _known.clear()


def _stored(missing: set[SeriesKey], demo: bool) -> dict[SeriesKey, int]:
    found = _read(missing, demo)
    new = missing - found.keys()
    if not new:
        return found
    # Sorted, so that two workers wait for each other in one order; who comes second reads.
    Series.objects.bulk_create(
        [Series(**key._asdict(), demo=demo) for key in sorted(new)], ignore_conflicts=True
    )
    return found | _read(new, demo)


def _read(keys: set[SeriesKey], demo: bool) -> dict[SeriesKey, int]:
    rows: QuerySet[Series] = Series.objects.filter(
        demo=demo,
        org_id__in={key.org_id for key in keys},
        model__in={key.model for key in keys},
    )
    stored = rows.values_list(*SeriesKey._fields, "pk")
    return {key: pk for *names, pk in stored if (key := SeriesKey(*names)) in keys}
