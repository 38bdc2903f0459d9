from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.core.similarity import (
    SIGNATURE_BYTES,
    THRESHOLD,
    Candidate,
    estimate,
    rank,
    recency,
    shortlist,
    signature,
    similarity,
    text_digest,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LOGIN = ("Build a FastAPI service with JWT login", "all endpoints tested")


def days_ago(days):
    return NOW - timedelta(days=days)


def candidate(run_id="r", alike=1.0, days=0.0, same=False):
    return Candidate(run_id, alike, days_ago(days), same)


@pytest.mark.parametrize(
    ("other", "low", "high"),
    [
        (LOGIN, 1, 1),
        ((f"  {LOGIN[0]}\n", LOGIN[1] + " "), 1, 1),
        (("build a fastapi service, with JWT login!", LOGIN[1]), 1, 1),
        ((LOGIN[0] + " and tests", LOGIN[1]), 0.8, 0.99),
        ((LOGIN[0], "all endpoints tested and documented"), 0.8, 0.99),
        ((LOGIN[0], ""), 0.6, 0.9),
        (("Build a Flask service with session login", LOGIN[1]), 0.3, 0.6),
        (("Write a story about a lighthouse keeper", "at least 500 words"), 0, 0.1),
        (("Summarise the annual report", "one page"), 0, 0.1),
        (("", ""), 0, 0),
    ],
)
def test_similarity_follows_the_sense(other, low, high):
    assert low <= similarity(LOGIN, other) <= high
    assert similarity(LOGIN, other) == similarity(other, LOGIN)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ("写一个关于灯塔的故事", "写一个关于灯塔的短篇故事", 0.6, 0.9),
        ("写一个关于灯塔的故事", "构建登录服务", 0, 0.3),
        ("灯台の物語を書いて", "灯台の物語を書いてください", 0.6, 0.9),
        ("Größe prüfen", "GRÖSSE PRÜFEN", 1, 1),
        ("\uff21\uff22\uff23 def", "abc def", 1, 1),
        ("!!! ???", "...", 0, 0),
    ],
)
def test_similarity_knows_other_scripts(first, second, low, high):
    assert low <= similarity((first, ""), (second, "")) <= high


@given(st.text(), st.text())
def test_a_text_is_like_itself(project, criteria):
    assert similarity((project, criteria), (project, criteria)) == 1.0
    own = signature(project, criteria)
    assert len(own) == SIGNATURE_BYTES
    assert estimate(own, own) == 1.0


@given(st.text(alphabet="abc ", max_size=30), st.text(alphabet="abc ", max_size=30))
def test_similarity_lies_between_zero_and_one(first, second):
    assert 0 <= similarity((first, ""), (second, "")) <= 1


def test_the_digest_is_shared_by_equal_texts_only():
    digest = text_digest("a\r\nb ", "c")
    assert len(digest) == 64
    assert digest == text_digest(" a\nb", "c")
    assert text_digest("e\u0301", "") == text_digest("\u00e9", "")
    others = [("a b", "c"), ("a\nb", "C"), ("a\nb\nc", ""), ("", "a\nb\nc"), ("\ud800", "")]
    assert digest not in {text_digest(*other) for other in others}


def words(rnd, count):
    return [f"w{rnd.randrange(3_000)}" for _ in range(count)]


@pytest.mark.parametrize("length", [8, 30, 200, 600])
def test_signatures_tell_the_similarity_of_the_texts(length):
    rnd = random.Random(length)
    for changed in (0, 0.05, 0.15, 0.4, 1):
        first = words(rnd, length)
        second = [w if rnd.random() >= changed else f"x{rnd.random()}" for w in first]
        texts = [(" ".join(first), ""), (" ".join(second), "")]
        guess = estimate(*(signature(*text) for text in texts))
        assert guess == pytest.approx(similarity(*texts), abs=0.15)


def test_a_signature_of_a_huge_text_looks_at_its_beginning():
    text = " ".join(words(random.Random(1), 10_000))
    assert signature(text, "") == signature(text[:10_000], "")


@pytest.mark.parametrize(
    ("days", "value"),
    [(0, 1.0), (3.5, 0.55), (7, 0.1), (70, 0.1), (-1, 1.0)],
)
def test_recency_falls_to_a_tenth_in_seven_days(days, value):
    assert recency(days_ago(days), NOW) == pytest.approx(value)


def test_candidates_are_ranked_by_similarity_and_recency():
    ranked = rank(
        [
            candidate("old", 0.9, days=7),
            candidate("fresh", 0.7, days=0),
            candidate("best", 0.95, days=1),
        ],
        NOW,
    )
    assert [one.id for one in ranked] == ["best", "fresh", "old"]
    assert ranked[1].rank == pytest.approx(0.6 * 0.7 + 0.4 * 1.0)
    assert ranked[2].rank == pytest.approx(0.6 * 0.9 + 0.4 * 0.1)
    assert (ranked[1].similarity, ranked[1].is_same_text) == (0.7, False)


def test_recency_alone_never_makes_a_candidate():
    assert rank([candidate(alike=0.59, days=0)], NOW) == []
    assert len(rank([candidate(alike=THRESHOLD, days=400)], NOW)) == 1


def test_the_same_text_comes_first_however_old():
    ranked = rank([candidate("near", 0.99), candidate("same", 1.0, days=9, same=True)], NOW)
    assert [(one.id, one.is_same_text) for one in ranked] == [("same", True), ("near", False)]


def test_equal_candidates_keep_their_order():
    assert [one.id for one in rank([candidate("a"), candidate("b")], NOW)] == ["a", "b"]


def test_the_shortlist_finds_what_is_alike_among_many():
    rnd = random.Random(7)
    base = words(rnd, 40)
    rows = [(n, signature(" ".join(words(rnd, 40)), ""), days_ago(0)) for n in range(100)]
    for alike in range(100, 105):
        rows.append((alike, signature(" ".join([*base, f"extra{alike}"]), ""), days_ago(alike)))
    found = shortlist(signature(" ".join(base), ""), rows, NOW)
    assert sorted(found) == [100, 101, 102, 103, 104]


def test_the_shortlist_is_short_and_prefers_the_recent_among_equals():
    wanted = signature(*LOGIN)
    rows = [(n, wanted, days_ago(n)) for n in range(7)]
    assert shortlist(wanted, reversed(rows), NOW, limit=3) == [0, 1, 2]
    assert shortlist(wanted, [], NOW) == []
