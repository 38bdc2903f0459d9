"""The chain of decisions: whole as it is written, and broken by whatever is done to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction
from uuid_utils.compat import uuid7

from routing.models import ChainHead, Decision, Policy, PolicyVersion, append_only
from routing.models.decision import HOUSE
from routing.services.audit import chain_report
from routing.services.decisions import RecordDecision
from telemetry.services.journal import Journal, apply_now

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ORG = 7


def decision(number: int = 0, **overrides: Any) -> Decision:
    fields: dict[str, Any] = {
        "at": NOW + timedelta(seconds=number),
        "org_id": ORG,
        "team_id": 3,
        "run_id": uuid7(),
        "kind": "route",
        "outcome": "allow",
        "model": "a/one",
        "candidates": {"candidates": [{"model": "a/one", "mean": 0.75, "draw": 1e-07, "n": 1.0}]},
        "reason": f"the {number}th – said with a dash",
    }
    return Decision(**(fields | overrides))


def written(count: int = 5) -> list[Decision]:
    apply_now(*(RecordDecision(decision(number)) for number in range(count)))
    return list(Decision.objects.order_by("position"))


def tamper(statement: str, *values: Any) -> None:
    """Do to the table what only somebody above the database's rules could."""
    append_only.lift(connection)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def key(row: Decision) -> Any:
    return row.pk if connection.vendor == "postgresql" else row.pk.hex


@pytest.mark.django_db
def test_every_decision_follows_the_one_before_it() -> None:
    rows = written()
    assert [row.position for row in rows] == [1, 2, 3, 4, 5]
    assert rows[0].prev_hash == "0" * 64
    assert all(row.prev_hash == before.hash for before, row in pairwise(rows))
    report = chain_report(ORG)
    assert (report.broken, report.length, report.head) == (None, 5, rows[-1].hash)


@pytest.mark.django_db
def test_each_organisation_and_the_house_have_a_chain_of_their_own() -> None:
    apply_now(*(RecordDecision(decision(org_id=org)) for org in (ORG, 8, HOUSE, ORG)))
    lengths = {head.pk: head.length for head in ChainHead.objects.all()}
    assert lengths == {ORG: 2, 8: 1, HOUSE: 1}
    assert all(chain_report(org).broken is None for org in lengths)


@pytest.mark.django_db
def test_numbers_that_databases_write_differently_keep_the_chain_whole() -> None:
    odd = {"zero": -0.0, "huge": 1e22, "list": [-0.0, 5e-324, 1.0, 0.1 + 0.2], "text": "-0.0 e+"}
    Decision.objects.create(**{f: getattr(decision(), f) for f in ("at", "org_id", "kind")},
                            outcome="allow", inputs=odd, candidates={"a": [odd]})  # fmt: skip
    assert chain_report(ORG).broken is None
    assert Decision.objects.get().inputs["text"] == "-0.0 e+"


def changed(rows: list[Decision]) -> int:
    tamper("UPDATE routing_decision SET reason = 'nothing' WHERE id = %s", key(rows[2]))
    return 3


def changed_deep_inside(rows: list[Decision]) -> int:
    candidates = '{"candidates": [{"model": "a/one", "mean": 0.76, "draw": 1e-07, "n": 1.0}]}'
    tamper("UPDATE routing_decision SET candidates = %s WHERE id = %s", candidates, key(rows[1]))
    return 2


def removed_first(rows: list[Decision]) -> int:
    tamper("DELETE FROM routing_decision WHERE id = %s", key(rows[0]))
    return 1


def removed_from_the_middle(rows: list[Decision]) -> int:
    tamper("DELETE FROM routing_decision WHERE id = %s", key(rows[2]))
    return 3


def removed_last(rows: list[Decision]) -> int:
    tamper("DELETE FROM routing_decision WHERE id = %s", key(rows[4]))
    return 5


def removed_and_closed_up(rows: list[Decision]) -> int:
    tamper("DELETE FROM routing_decision WHERE id = %s", key(rows[2]))
    for row in rows[3:]:
        tamper("UPDATE routing_decision SET position = position - 1 WHERE id = %s", key(row))
    return 3


def inserted(rows: list[Decision]) -> int:
    for row in reversed(rows[2:]):
        tamper("UPDATE routing_decision SET position = position + 1 WHERE id = %s", key(row))
    columns = ", ".join(str(f.column) for f in Decision._meta.concrete_fields if f.name not in
                        ("id", "position"))  # fmt: skip
    tamper(
        f"INSERT INTO routing_decision (id, position, {columns}) "
        f"SELECT %s, 3, {columns} FROM routing_decision WHERE id = %s",
        key(Decision(id=uuid7())), key(rows[1]),
    )  # fmt: skip
    return 3


def appended(rows: list[Decision]) -> int:
    columns = ", ".join(str(f.column) for f in Decision._meta.concrete_fields if f.name not in
                        ("id", "position", "prev_hash"))  # fmt: skip
    tamper(
        f"INSERT INTO routing_decision (id, position, prev_hash, {columns}) "
        f"SELECT %s, 6, hash, {columns} FROM routing_decision WHERE id = %s",
        key(Decision(id=uuid7())), key(rows[4]),
    )  # fmt: skip
    return 6


def swapped(rows: list[Decision]) -> int:
    for row, place in ((rows[1], 99), (rows[3], 2), (rows[1], 4)):
        tamper("UPDATE routing_decision SET position = %s WHERE id = %s", place, key(row))
    return 2


def head_moved_back(rows: list[Decision]) -> int:
    tamper("UPDATE routing_chainhead SET length = 4, hash = %s", rows[3].hash)
    return 5


@pytest.mark.django_db
@pytest.mark.parametrize(
    "harm",
    [
        changed, changed_deep_inside, removed_first, removed_from_the_middle, removed_last,
        removed_and_closed_up, inserted, appended, swapped, head_moved_back,
    ],
)  # fmt: skip
def test_any_single_harm_is_found_and_placed(harm: Callable[[list[Decision]], int]) -> None:
    place = harm(written())
    broken = chain_report(ORG).broken
    assert broken is not None
    assert broken.position == place


@pytest.mark.django_db
@pytest.mark.parametrize(
    "column, value",
    [
        ("at", "2020-01-01 00:00:00+00:00"), ("team_id", 4), ("task_key", "t9"),
        ("phase", "evaluation"), ("kind", "policy"), ("outcome", "deny"), ("policy", "p"),
        ("version", 2), ("model", "b/two"), ("actor", "eve"), ("prev_hash", "f" * 64),
        ("hash", "f" * 64), ("inputs", '{"a": 1}'), ("run_id", None), ("org_id", 8),
    ],
)  # fmt: skip
def test_no_column_can_change_unnoticed(column: str, value: Any) -> None:
    rows = written(3)
    tamper(f"UPDATE routing_decision SET {column} = %s WHERE id = %s", value, key(rows[1]))
    broken = chain_report(ORG).broken
    assert broken is not None
    assert broken.position in (2, 3)


@pytest.mark.django_db
def test_a_chain_rewritten_from_some_place_on_does_not_fit_a_hash_kept_outside() -> None:
    rows = written()
    kept = (rows[3].position, rows[3].hash)
    assert chain_report(ORG, anchor=kept).broken is None
    append_only.lift(connection)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM routing_decision")
        cursor.execute("DELETE FROM routing_chainhead")
    apply_now(*(RecordDecision(decision(number, model="b/two")) for number in range(5)))
    assert chain_report(ORG).broken is None
    broken = chain_report(ORG, anchor=kept).broken
    assert broken is not None
    assert broken.position == 4


REFUSED = [
    "UPDATE routing_decision SET reason = 'x'",
    "UPDATE routing_decision SET reason = reason",
    "DELETE FROM routing_decision",
    "UPDATE routing_policyversion SET note = 'x'",
    "DELETE FROM routing_policyversion",
]


def version() -> None:
    fields: dict[str, Any] = {"version": 1, "scope": "org", "mode": "HARD"}
    policy = Policy.objects.create(org_id=ORG, name="p", created_at=NOW, updated_at=NOW, **fields)
    PolicyVersion.objects.create(policy=policy, at=NOW, **fields)


@pytest.mark.django_db
@pytest.mark.parametrize("statement", REFUSED)
def test_the_database_itself_refuses_to_change_or_delete(statement: str) -> None:
    written(2)
    version()
    refused = pytest.raises(DatabaseError, match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Decision.objects.count() == 2
    assert append_only.is_guarded(connection)


@pytest.mark.django_db
def test_the_database_refuses_its_own_way_around_a_delete() -> None:
    written(2)
    statement = {
        "postgresql": "TRUNCATE routing_decision",
        "sqlite": "INSERT OR REPLACE INTO routing_decision SELECT * FROM routing_decision",
    }[connection.vendor]
    refused = pytest.raises(DatabaseError, match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_code_is_refused_before_the_database_is() -> None:
    (row,) = written(1)
    for harm in (row.save, row.delete, Decision.objects.all().delete):
        with pytest.raises(TypeError):
            harm()
    with pytest.raises(TypeError):
        Decision.objects.filter(pk=row.pk).update(reason="x")


@pytest.mark.django_db(transaction=True)
def test_triggers_are_back_after_a_test_that_emptied_the_database() -> None:
    assert append_only.is_guarded(connection)
    assert not Decision.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_writers_at_once_make_one_chain() -> None:
    async def one_worker(number: int) -> None:
        journal = Journal()
        try:
            await asyncio.gather(
                *(journal.write(RecordDecision(decision(number * 100 + n))) for n in range(40))
            )
        finally:
            await asyncio.to_thread(journal.close)

    def web() -> None:
        for number in range(20):
            apply_now(RecordDecision(decision(number, kind="change")))
        connections.close_all()

    threads = [threading.Thread(target=asyncio.run, args=(one_worker(n),)) for n in range(3)]
    threads += [threading.Thread(target=web) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = chain_report(ORG)
    assert (report.broken, report.length) == (None, 160)
