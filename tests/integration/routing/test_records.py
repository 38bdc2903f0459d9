"""Decisions, which are never changed, and replies, which are kept a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from routing.core.candidates import Removal
from routing.core.choice import choose
from routing.core.errors import NoCandidate
from routing.core.request import Reply, Usage
from routing.models import CachedReply, Decision
from routing.services.cache import FindReply, StoreReply, prune_replies
from routing.services.decisions import RecordDecision
from telemetry.services.journal import apply_now
from tests.unit.routing.worlds import make_candidate

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
KEY = "k" * 64
REPLY = Reply("hi", Usage(10, 5, reasoning_tokens=2), "stop", 30)


def decision(**overrides: Any) -> Decision:
    fields: dict[str, Any] = {"at": NOW, "org_id": 1, "kind": "route", "outcome": "allow"}
    return Decision(**(fields | overrides))


@pytest.mark.django_db
def test_a_choice_is_recorded_as_it_was_made() -> None:
    removed = [Removal("c/x", "unhealthy", retry_at=NOW)]
    candidates = [make_candidate("a/one"), make_candidate("b/two")]
    made = choose(candidates, preference="cost", draws={"a/one": 0.25}, removed=removed)
    record = decision(model=made.model, candidates=made.as_json())
    apply_now(RecordDecision(record))
    stored = Decision.objects.get(id=record.id)
    assert stored.candidates == made.as_json()
    assert stored.candidates["removed"][0]["reason"] == "unhealthy"


@pytest.mark.django_db
def test_a_denial_says_what_removed_every_model() -> None:
    context = SimpleNamespace(org_id=1, team_id=2, run_id=uuid7(), task_key="t1")
    removed = (Removal("a/one", "not_allowed", "team"), Removal("b/two", "unhealthy"))
    apply_now(
        RecordDecision.denied(
            context,
            phase="generation",
            error=NoCandidate(removed, None),
            reason="nobody is left",
            at=NOW,
        )
    )
    stored = Decision.objects.get()
    assert (stored.outcome, stored.team_id, stored.task_key) == ("deny", 2, "t1")
    assert [one["model"] for one in stored.candidates["removed"]] == ["a/one", "b/two"]


@pytest.mark.django_db
def test_a_decision_can_be_neither_changed_nor_deleted() -> None:
    apply_now(RecordDecision(decision()))
    stored = Decision.objects.get()
    with pytest.raises(TypeError, match="never changed"):
        stored.save()
    with pytest.raises(TypeError, match="never deleted"):
        stored.delete()


@pytest.mark.django_db
def test_a_kept_reply_comes_back_whole_to_its_team_alone() -> None:
    apply_now(StoreReply(1, KEY, REPLY, NOW))
    later = NOW + timedelta(hours=23, minutes=59)
    questions = [FindReply(1, KEY, later), FindReply(2, KEY, later), FindReply(1, "other", later)]
    assert apply_now(*questions) == (REPLY, None, None)


@pytest.mark.django_db
def test_a_reply_is_kept_for_a_day_and_no_longer() -> None:
    apply_now(StoreReply(1, KEY, REPLY, NOW))
    too_late = NOW + timedelta(hours=24)
    assert apply_now(FindReply(1, KEY, too_late)) == (None,)
    assert apply_now(FindReply(1, KEY, NOW), FindReply(1, KEY, too_late)) == (REPLY, None)
    assert prune_replies(too_late - timedelta(seconds=1)) == 0
    assert prune_replies(too_late) == 1
    assert not CachedReply.objects.exists()


@pytest.mark.django_db
def test_a_newer_reply_replaces_the_older_one() -> None:
    newer = Reply("newer", None, "stop", 1)
    apply_now(StoreReply(1, KEY, REPLY, NOW), StoreReply(2, KEY, REPLY, NOW))
    apply_now(StoreReply(1, KEY, REPLY, NOW), StoreReply(1, KEY, newer, NOW + timedelta(hours=1)))
    late = NOW + timedelta(hours=24, minutes=30)
    assert apply_now(FindReply(1, KEY, late), FindReply(2, KEY, NOW)) == (newer, REPLY)
    assert CachedReply.objects.count() == 2
