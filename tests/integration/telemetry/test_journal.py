"""The journal: what it says is written is written, together or not at all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from telemetry.models import Event, JournalMark
from telemetry.services.journal import Command, Guard, Journal, apply_now
from telemetry.services.journal import thread as module
from telemetry.services.numbering import FORGOTTEN_AFTER, forget_writers
from telemetry.services.recording import RecordEvent
from tests.fixtures.lost_answers import losing_answers

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def journal() -> Iterator[Journal]:
    journal = Journal(gather_seconds=0.02)
    yield journal
    journal.close()


def event(kind: str) -> RecordEvent:
    return RecordEvent(type=kind, at=NOW)


def kinds() -> list[str]:
    return list(Event.objects.order_by("seq").values_list("type", flat=True))


@dataclass(frozen=True)
class BatchSize(Command):
    """Answers with how many of its kind were applied together."""

    rank: ClassVar[int] = 1

    @classmethod
    def apply(cls, commands: Sequence[BatchSize]) -> Sequence[int]:
        return [len(commands)] * len(commands)


@dataclass(frozen=True)
class Poison(Command):
    """Writes, then breaks."""

    rank: ClassVar[int] = 95

    @classmethod
    def apply(cls, commands: Sequence[Poison]) -> Sequence[None]:
        RecordEvent.apply([event("poison")])
        raise IntegrityError("no such thing")


@dataclass(frozen=True)
class Only(Guard):
    """Lets through who is named."""

    name: str

    @classmethod
    def check(cls, guards: Sequence[Only]) -> Sequence[Exception | None]:
        return [None if guard.name == "owner" else PermissionError(guard.name) for guard in guards]


def test_write_returns_when_another_connection_can_see_it(journal: Journal) -> None:
    asyncio.run(journal.write(event("a"), event("b")))

    assert kinds() == ["a", "b"]


def test_writes_of_many_coroutines_share_one_transaction(journal: Journal) -> None:
    async def many() -> list[Any]:
        return await asyncio.gather(*(journal.write(BatchSize()) for _ in range(20)))

    assert {result for (result,) in asyncio.run(many())} == {20}


def test_one_poison_unit_fails_alone(journal: Journal) -> None:
    async def three() -> list[Any]:
        return await asyncio.gather(
            journal.write(event("before")),
            journal.write(event("beside"), Poison()),
            journal.write(event("after")),
            return_exceptions=True,
        )

    before, poisoned, after = asyncio.run(three())

    assert (before, after) == ((None,), (None,))
    assert isinstance(poisoned, IntegrityError)
    assert kinds() == ["before", "after"]


def test_a_failed_guard_keeps_out_its_own_unit_only(journal: Journal) -> None:
    async def two() -> list[Any]:
        return await asyncio.gather(
            journal.write(event("mine"), guard=Only("owner")),
            journal.write(event("theirs"), guard=Only("stranger")),
            return_exceptions=True,
        )

    mine, theirs = asyncio.run(two())

    assert mine == (None,)
    assert isinstance(theirs, PermissionError)
    assert kinds() == ["mine"]


def test_results_come_back_in_the_order_of_the_commands(journal: Journal) -> None:
    assert asyncio.run(journal.write(event("x"), BatchSize())) == (None, 1)


def test_kinds_are_applied_in_the_order_of_their_ranks(journal: Journal) -> None:
    order: list[str] = []

    def kind(name: str, at: int) -> Command:
        def apply(cls: type[Command], commands: Sequence[Command]) -> Sequence[None]:
            order.append(name)
            return [None] * len(commands)

        return type(name, (Command,), {"rank": at, "apply": classmethod(apply)})()

    asyncio.run(journal.write(kind("Last", 80), kind("First", 10), kind("Middle", 30)))

    assert order == ["First", "Middle", "Last"]


def test_what_a_kind_entails_is_applied_with_the_others_of_its_kind() -> None:
    @dataclass(frozen=True)
    class Entailing(Command):
        rank: ClassVar[int] = 70

        @classmethod
        def apply(cls, commands: Sequence[Any]) -> Sequence[str]:
            return ["entailed"] * len(commands)

        @classmethod
        def followed_by(cls, results: Sequence[Any]) -> Sequence[Command]:
            return [event(result) for result in results]

    with CaptureQueriesContext(connection) as asked:
        results = apply_now(event("own"), Entailing(), Entailing())

    assert results == (None, "entailed", "entailed")
    assert kinds() == ["own", "entailed", "entailed"]
    inserts = [one for one in asked.captured_queries if 'INTO "telemetry_event"' in one["sql"]]
    assert len(inserts) == 1


def test_a_database_that_comes_back_is_waited_for(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RECONNECT_SECONDS", (0.01, 0.01))
    failures = [OperationalError("gone"), OperationalError("still gone")]

    @dataclass(frozen=True)
    class Flaky(Command):
        rank: ClassVar[int] = 1

        @classmethod
        def apply(cls, commands: Sequence[Any]) -> Sequence[str]:
            if failures:
                raise failures.pop()
            return ["written"] * len(commands)

    assert asyncio.run(journal.write(Flaky())) == ("written",)


def test_a_batch_whose_answer_was_lost_is_not_applied_again(journal: Journal) -> None:
    async def write() -> list[tuple[Any, ...]]:
        return [await journal.write(event(kind), BatchSize()) for kind in "abcd"]

    with losing_answers(every=2) as seen:
        results = asyncio.run(write())

    assert seen.lost >= 2
    assert results == [(None, 1)] * 4
    assert kinds() == ["a", "b", "c", "d"]


def test_a_batch_that_failed_before_its_commit_is_applied_again(journal: Journal) -> None:
    failures = [OperationalError("gone")]

    @dataclass(frozen=True)
    class Late(Command):
        rank: ClassVar[int] = 99

        @classmethod
        def apply(cls, commands: Sequence[Any]) -> Sequence[None]:
            if failures:
                raise failures.pop()
            return [None] * len(commands)

    asyncio.run(journal.write(event("a"), Late()))

    assert kinds() == ["a"]


def test_a_refusal_whose_answer_was_lost_is_told_all_the_same(journal: Journal) -> None:
    async def two() -> list[Any]:
        await journal.write(event("first"))
        return await asyncio.gather(
            journal.write(event("mine"), guard=Only("owner")),
            journal.write(event("theirs"), guard=Only("stranger")),
            return_exceptions=True,
        )

    with losing_answers(every=2) as seen:
        mine, theirs = asyncio.run(two())

    assert seen.lost == 1
    assert mine == (None,)
    assert isinstance(theirs, PermissionError)
    assert kinds() == ["first", "mine"]


def test_writers_that_died_are_forgotten_in_time(journal: Journal) -> None:
    dead, alive = JournalMark(writer="dead", number=7, at=NOW), NOW + FORGOTTEN_AFTER
    dead.save()
    asyncio.run(journal.write(event("a")))

    forget_writers(alive + timedelta(seconds=1))

    assert list(JournalMark.objects.values_list("number", flat=True)) == [1]


def test_a_database_that_stays_away_fails_the_caller(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RECONNECT_SECONDS", (0.01,))

    @dataclass(frozen=True)
    class Gone(Command):
        rank: ClassVar[int] = 1

        @classmethod
        def apply(cls, commands: Sequence[Any]) -> Sequence[None]:
            raise OperationalError("gone")

    with pytest.raises(OperationalError, match="gone"):
        asyncio.run(journal.write(event("never"), Gone()))
    assert kinds() == []


def test_call_runs_in_the_one_thread_after_what_was_handed_in_before(journal: Journal) -> None:
    async def write_then_look() -> tuple[list[str], str]:
        writing = asyncio.ensure_future(journal.write(event("a")))
        await asyncio.sleep(0)
        seen = await journal.call(kinds)
        await writing
        return seen, await journal.call(lambda: threading.current_thread().name)

    assert asyncio.run(write_then_look()) == (["a"], "journal")


def test_call_hands_on_what_the_function_raises(journal: Journal) -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(journal.call(lambda: 1 // 0))


def test_a_cancelled_caller_does_not_undo_or_block_the_write(journal: Journal) -> None:
    async def cancelled() -> None:
        writing = asyncio.ensure_future(journal.write(event("kept")))
        await asyncio.sleep(0)
        writing.cancel()
        await journal.write(event("next"))

    asyncio.run(cancelled())

    assert kinds() == ["kept", "next"]


def test_close_commits_what_was_handed_in() -> None:
    journal = Journal(gather_seconds=0.05)

    async def hand_in() -> None:
        writing = asyncio.ensure_future(journal.write(event("last")))
        await asyncio.sleep(0)
        await asyncio.to_thread(journal.close)
        await writing

    asyncio.run(hand_in())

    assert kinds() == ["last"]


def test_apply_now_stands_or_falls_with_the_callers_transaction() -> None:
    with pytest.raises(ValueError, match="changed my mind"), transaction.atomic():
        apply_now(event("undone"))
        raise ValueError("changed my mind")
    apply_now(event("kept"))

    assert kinds() == ["kept"]


def test_what_could_not_be_written_is_not_told_to_the_log(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    async def write() -> None:
        with pytest.raises(IntegrityError):
            secret = RecordEvent(type="told", at=NOW, payload={"prompt": "between us"})
            await journal.write(secret, Poison())

    asyncio.run(write())

    assert "RecordEvent" in caplog.text
    assert "between us" not in caplog.text
