"""Figures are what calls and scores add up to, whoever writes them and whenever."""

from __future__ import annotations

import random
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from telemetry.core.histogram import cell_of, from_bytes
from telemetry.core.rollup import hour_of, series_of_call
from telemetry.models import Call, DailyRollup, HourlyRollup, Series
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordCall
from telemetry.services.series import series_ids
from telemetry.services.upkeep import fold, rebuild
from tests.integration.telemetry.facts import NOW, call, figures, record, score, total

pytestmark = pytest.mark.django_db(transaction=True)
NEW_YORK = ZoneInfo("America/New_York")
ZONES = {1: UTC, 3: NEW_YORK}


def random_facts(count: int, seed: int = 1) -> list[Any]:
    draw = random.Random(seed)
    facts: list[Any] = []
    for _ in range(count):
        common = {
            "at": NOW - timedelta(minutes=draw.randrange(10 * 24 * 60)),
            "org_id": draw.choice([1, 3]),
            "team_id": draw.choice([2, 4]),
            "run_id": draw.choice([None, uuid4()]),
            "model": draw.choice(["sim/gpt-6-luna", "sim/kimi-k2.6"]),
            "task_type": draw.choice(["summarization", "code_review"]),
        }
        if draw.random() < 0.3:
            worth = draw.choice([None, round(draw.random(), 5)])
            facts.append(score(score=worth, accepted=draw.random() < 0.5, **common))
        else:
            outcome = draw.choice(["ok", "ok", "error", "cached", "unconfirmed"])
            facts.append(
                call(
                    outcome=outcome,
                    error_origin=draw.choice(["provider", "us"]) if outcome == "error" else "",
                    cost_nanousd=draw.choice([None, draw.randrange(10**9)]),
                    latency_ms=draw.choice([None, draw.randrange(60_000)]),
                    reasoning_tokens=draw.choice([None, 7]),
                    **common,
                )
            )
    return facts


def test_calls_of_one_series_and_hour_share_a_row() -> None:
    record(call(), call(latency_ms=2_000), call(at=NOW + timedelta(hours=1)))
    record(call())

    rows = HourlyRollup.objects.order_by("hour")
    assert [(row.hour, row.calls, row.cost_nanousd) for row in rows] == [
        (hour_of(NOW), 3, 3_000), (hour_of(NOW) + 1, 1, 1_000),
    ]  # fmt: skip
    assert from_bytes(rows[0].latency).cells == 2 * cell_of(900) + cell_of(2_000)
    assert Series.objects.count() == 1


def test_scores_stand_beside_calls_and_never_in_their_rows() -> None:
    record(call(), score(), score(score=None, accepted=False))

    by_outcome = {row.series.outcome: row for row in HourlyRollup.objects.select_related("series")}
    assert by_outcome["ok"].calls == 1
    scored = by_outcome[""]
    assert (scored.attempts, scored.accepted, scored.score_n) == (2, 1, 1)
    assert (scored.score_sum_e4, scored.attempt_cost_nanousd) == (9_000, 10_000)


def test_a_batch_costs_two_statements_whatever_its_size() -> None:
    record(call())
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        apply_now(*(RecordCall(call(at=NOW + timedelta(hours=n))) for n in range(50)))

    statements = [query["sql"] for query in captured if "hourlyrollup" in query["sql"]]
    assert [sql.split()[0] for sql in statements] == ["INSERT", "50"]  # times: UPDATE


def test_a_rolled_back_series_is_made_again() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        record(call())
        raise RuntimeError
    record(call())

    assert total("calls") == 1


def test_workers_that_write_at_once_lose_nothing() -> None:
    def work(seed: int) -> None:
        for fact in random_facts(40, seed):
            record(fact)
        connection.close()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    written = figures()
    rebuild(ZONES, NOW - timedelta(days=20))  # keeps every hour as it is
    assert figures() == written
    assert total("calls") == Call.objects.count()


def test_rebuilding_gives_the_same_figures() -> None:
    for start in range(0, 400, 20):
        record(*random_facts(20, start))
    while fold(NOW, ZONES, limit=37):
        pass
    written = figures()

    rebuilt = rebuild(ZONES, NOW)

    assert figures() == written
    assert (rebuilt.calls, rebuilt.calls + rebuilt.scores) == (total("calls"), 400)
    assert HourlyRollup.objects.exists() and DailyRollup.objects.exists()


def test_rebuilding_mends_what_was_damaged_and_leaves_demo_alone() -> None:
    record(call())
    written = figures()
    key = next(iter(series_ids([_series()], demo=True).values()))
    DailyRollup.objects.create(org_id=1, day=NOW.date(), series_id=key, calls=5)
    Call.objects.bulk_create([call(demo=True)])
    HourlyRollup.objects.update(calls=77)

    rebuild(ZONES, NOW)

    assert figures() == written
    assert [row[0] for row in figures(demo=True).values()] == [5]


def _series() -> Any:
    return series_of_call(call())


def test_folding_keeps_two_days_of_hours_and_loses_nothing() -> None:
    record(*random_facts(300))
    before = {name: total(name) for name in ("calls", "cost_nanousd", "score_sumsq_e8", "attempts")}

    folded = 0
    while done := fold(NOW, ZONES, limit=50):
        assert done <= 50
        folded += done

    assert folded > 50
    assert {name: total(name) for name in before} == before
    hours = HourlyRollup.objects.filter(org_id=1).values_list("hour", flat=True)
    assert min(hours) >= hour_of(datetime(2026, 11, 24, tzinfo=UTC))
    assert fold(NOW, ZONES) == 0


def test_a_day_is_the_organisation_s_own() -> None:
    late = datetime(2026, 11, 20, 3, 10, tzinfo=UTC)  # still the 19th in New York
    record(call(at=late, org_id=1), call(at=late, org_id=3))

    fold(NOW, ZONES)

    assert dict(DailyRollup.objects.values_list("org_id", "day")) == {
        1: date(2026, 11, 20), 3: date(2026, 11, 19),
    }  # fmt: skip


def test_an_organisation_without_a_zone_is_at_utc() -> None:
    record(call(org_id=9, at=NOW - timedelta(days=9)))

    assert fold(NOW, ZONES) == 1
    assert DailyRollup.objects.get().day == date(2026, 11, 17)


def test_what_comes_late_is_folded_into_its_day() -> None:
    old = NOW - timedelta(days=5)
    record(call(at=old))
    fold(NOW, ZONES)
    record(call(at=old))
    fold(NOW, ZONES)

    (row,) = DailyRollup.objects.all()
    assert row.calls == 2
    assert from_bytes(row.latency).count == 2
