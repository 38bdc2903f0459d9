"""Files of usage: as many rows as they say, in order, and never all of them in memory."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from budgets.models import Org, Team
from runs.api.usage_files import FILES, written
from runs.core.filters import read_filters
from runs.selectors.usage import Asked, Row, RowsChanged, RowStream, ask, usage_rows, usage_stream
from telemetry.core.rollup import SeriesKey
from telemetry.core.totals import SUMS
from telemetry.models import DailyRollup
from telemetry.services.rollup_rows import RowKey, add_rows
from telemetry.services.series import series_ids
from tests.integration.runs.usage import make_history
from tests.world import World

pytestmark = pytest.mark.django_db
GROUPS = ("day", "team", "model", "phase")


def asked(world: World, **query: str) -> Asked:
    filters = read_filters({name: [text] for name, text in query.items()}, timezone.now(),
                           world.org.zone)  # fmt: skip
    return ask(world.caller(world.owner), filters)


def write_days(org: Org, team: Team, days: int, models: int) -> None:
    """Write so many days of so many models, as folding leaves them."""
    keys = [
        SeriesKey(org.pk, team.pk, False, "sim", f"sim/m{n}", "evaluation", "generation", "ok")
        for n in range(models)
    ]
    ids, today = series_ids(keys), timezone.now().date()
    rows: dict[RowKey, list[int]] = {
        (org.pk, today - timedelta(days=ago), ids[key]): [1] * (len(SUMS) + 1)
        for ago in range(3, days + 3)
        for key in keys
    }
    add_rows(DailyRollup, SUMS, rows, fresh=True)


@pytest.mark.parametrize("query", [{"range": "30d"}, {"range": "24h"}, {"range": "7d"}])
@pytest.mark.parametrize(
    "groups", [(), ("model",), ("day", "model"), ("hour", "team"), GROUPS, ("team", "day")]
)
def test_a_stream_has_the_rows_of_the_table_and_counts_them_first(
    world: World, query: dict[str, str], groups: tuple[str, ...]
) -> None:
    make_history(world)
    if "hour" in groups and query["range"] != "24h":
        query = {"range": "48h"}
    question = asked(world, **query)

    stream = usage_stream(question, groups)

    assert len(stream) == len(list(stream))
    assert list(stream) == usage_rows(question, groups)


def test_a_window_without_anything_has_no_rows(world: World) -> None:
    stream = usage_stream(asked(world), GROUPS)

    assert (len(stream), list(stream)) == (0, [])


def test_what_changed_while_it_was_read_breaks_the_file_off(world: World) -> None:
    write_days(world.org, world.team, 5, 2)
    stream = usage_stream(asked(world, range="30d"), GROUPS)
    DailyRollup.objects.filter(series__model="sim/m1").delete()

    with pytest.raises(RowsChanged):
        list(stream)


def most_rows_at_once(stream: RowStream) -> int:
    """Return how many rows more were there at a time while the file was written."""
    gc.collect()
    before = rows_in_memory()  # of other tests in this process
    chunks: Iterator[str] = written(FILES["csv"], stream)
    lines, most = 0, 0
    for chunk in chunks:
        lines += chunk.count("\n")
        most = max(most, rows_in_memory() - before)
    assert lines == len(stream) + 2
    return most


def rows_in_memory() -> int:
    return sum(type(each) is Row for each in gc.get_objects())


def test_no_more_than_one_day_is_in_memory_however_long_the_file(world: World) -> None:
    write_days(world.org, world.team, 60, 40)
    stream = usage_stream(asked(world, range="90d"), GROUPS)

    assert len(stream) == 60 * 40
    assert most_rows_at_once(stream) <= 2 * 40
