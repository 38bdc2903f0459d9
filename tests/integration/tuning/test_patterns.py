"""Planted kinds of failure are found and named, each with n, share and what its retries cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from runs import queue
from runs.models import FailureAnalysis, FailurePattern
from runs.selectors.tuning import failures as selector
from runs.selectors.tuning.places import Place, place_named, places_of
from runs.services.tuning.analysis import ask_for_analysis, carry_out
from tests.integration.tuning import scene
from tests.world import World

pytestmark = pytest.mark.django_db


def looked(place: Place) -> FailureAnalysis:
    asked = ask_for_analysis(place, actor="ada", now=timezone.now() + timedelta(seconds=1))
    carry_out(asked.pk)
    asked.refresh_from_db()
    return asked


def found(place: Place) -> list[FailurePattern]:
    return list(looked(place).patterns.all())


def test_planted_patterns_are_found_apart_and_named_by_their_words(world: World):
    scene.planted(world.team)
    rows = found(Place(world.org, world.team))
    assert [(row.task_type, row.caught_by, row.n) for row in rows] == [
        ("data_extraction", "json_schema", 12),
        ("summarization", "low_score", 5),
        ("data_extraction", "json_schema", 8),
    ]
    dates, tone, totals = (set(row.terms) for row in rows)
    assert "dates" in dates
    assert "total" in totals
    assert not dates & totals
    assert tone & {"verbose", "casual", "tone", "repetitive"}


def test_a_pattern_says_share_and_what_its_retries_cost(world: World):
    scene.planted(world.team)
    analysis = looked(Place(world.org, world.team))
    dates = analysis.patterns.all()[0]
    assert (analysis.attempts, analysis.failures, analysis.left_out) == (36, 25, 0)
    assert dates.share == pytest.approx(12 / 25)
    assert (dates.retried, dates.retry_nanousd) == (6, 6 * 40_000_000)
    assert analysis.retry_nanousd == 6 * 40_000_000 + 5 * 30_000_000
    assert len(dates.examples) == 5
    assert dates.mean_score == pytest.approx(0.4)


def test_the_same_failures_make_the_same_patterns(world: World):
    scene.planted(world.team)
    place = Place(world.org, world.team)
    first, again = ([(row.terms, row.n) for row in found(place)] for _ in range(2))
    assert first == again


def test_of_many_failures_the_newest_are_looked_at(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(selector, "MOST_FAILURES", 10)
    scene.planted(world.team)
    analysis = looked(Place(world.org, world.team))
    assert (analysis.failures, analysis.left_out) == (10, 15)


def test_an_output_that_nobody_could_judge_is_no_failure(world: World):
    made = scene.tasks(scene.run_of(world.team), 4)
    scene.attempts(made, score=None)
    assert looked(Place(world.org, world.team)).failures == 0


def test_nothing_of_other_teams_and_orgs_is_looked_at(world: World):
    scene.planted(world.sibling)
    scene.planted(world.other)
    assert found(Place(world.org, world.team)) == []
    assert sum(row.n for row in found(Place(world.org))) == 25


def test_places_are_those_of_the_caller(world: World):
    names = [place.key for place in places_of(world.caller(world.owner))]
    assert names == [f"org-{world.org.pk}", f"team-{world.team.pk}", f"team-{world.sibling.pk}"]
    assert [place.key for place in places_of(world.caller())] == [f"team-{world.team.pk}"]
    with pytest.raises(Exception, match="no such place"):
        place_named(world.caller(), f"org-{world.org.pk}")


@pytest.mark.django_db(transaction=True)
def test_a_look_is_queued_once_and_done_once(world: World, monkeypatch: pytest.MonkeyPatch):
    asked: list[object] = []
    monkeypatch.setattr(queue, "async_task", lambda *args: asked.append(args))
    scene.planted(world.team)
    place, now = Place(world.org, world.team), timezone.now()
    first = ask_for_analysis(place, actor="ada", now=now)
    assert ask_for_analysis(place, actor="bob", now=now) == first
    assert asked == [("runs.jobs.look_for_patterns", str(first.pk))]
    carry_out(first.pk)
    carry_out(first.pk)
    assert FailurePattern.objects.filter(analysis=first).count() == 3


def test_a_look_that_breaks_says_so(world: World, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise ValueError("the text of a prompt")

    monkeypatch.setattr("runs.services.tuning.analysis.failures_in", broken)
    analysis = looked(Place(world.org, world.team))
    assert analysis.state == "failed"
    assert "Ask again" in analysis.error
    assert "prompt" not in analysis.error
