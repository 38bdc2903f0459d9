"""Data sets: what comes in, what stays out and is counted, and that no secret leaves."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from routing.models import Decision, Model, Policy
from runs.core.tuning.dataset import Part
from runs.models import TuningDataset
from runs.selectors.tuning.examples import Kind
from runs.selectors.tuning.places import Place
from runs.services.tuning.datasets import ask_for_dataset, carry_out, lines_of, log_download
from tests.integration.tuning import scene
from tests.world import World

pytestmark = pytest.mark.django_db

KIND = Kind("data_extraction")


def made(place: Place, kind: Kind = KIND) -> TuningDataset:
    at = timezone.now() + timedelta(seconds=2)
    asked = ask_for_dataset(place, kind, actor="ada", now=at)
    carry_out(asked.pk)
    return TuningDataset.objects.select_related("org", "team").get(pk=asked.pk)


def written(dataset: TuningDataset, form: str = "openai") -> dict[Part, str]:
    return {part: "".join(lines_of(dataset, form, part)) for part in Part}


def policy(world: World, mode: str = "HARD", **fields: Any) -> Policy:
    now = timezone.now()
    values: dict[str, Any] = {"scope": "org", "rules": {"required_tags": ["no_train"]}} | fields
    return Policy.objects.create(
        org_id=world.org.pk, name="private", version=1, mode=mode, created_at=now,
        updated_at=now, **values,
    )  # fmt: skip


def test_accepted_outputs_are_written_split_and_digested(world: World):
    run = scene.good(world.team, 40)
    scene.attempts(scene.tasks(run, 3, first=60), score=0.2)
    dataset = made(Place(world.org, world.team))
    assert (dataset.state, dataset.considered) == ("done", 43)
    assert dataset.train + dataset.validation == 40
    assert dataset.validation > 0
    assert dataset.left_out == {"not_accepted": 3}
    for form in ("openai", "gemini"):
        files = written(dataset, form)
        assert files[Part.TRAIN].count("\n") == dataset.train
        assert files[Part.VALIDATION].count("\n") == dataset.validation
        for part, text in files.items():
            assert dataset.digests[form][part] == hashlib.sha256(text.encode()).hexdigest()
            assert all(json.loads(line) for line in text.splitlines())


def test_the_part_of_a_task_stays_when_more_are_exported(world: World):
    run = scene.good(world.team, 20)
    first = written(made(Place(world.org, world.team)))
    scene.good(world.team, 20, run, first=50)
    second = written(made(Place(world.org, world.team)))
    for part in Part:
        assert set(first[part].splitlines()) <= set(second[part].splitlines())


def test_no_secret_and_nobody_is_in_a_file_and_the_report_counts_them(world: World):
    secret = "sk-" + "a1" * 12
    run = scene.run_of(world.team, success_criteria="Ask grace@navy.example")
    done = scene.tasks(run, 2, prompt="Call {} {} +49 30 12345678, key " + secret)
    scene.attempts(done, output="Pay DE89 3704 0044 0532 0130 00 {} {}")
    dataset = made(Place(world.org, world.team))
    text = "".join(written(dataset).values())
    for hidden in (secret, "grace@navy.example", "12345678", "0532 0130"):
        assert hidden not in text
    assert text.count("[API_KEY]") == 2
    found = {kind: n for kind, n in dataset.redactions.items() if n}
    assert found == {"api_key": 2, "email": 2, "phone": 2, "iban": 2}
    assert dataset.redactions["card"] == 0


@pytest.mark.parametrize(
    ("mode", "where", "kept"),
    [
        ("HARD", {}, 0),
        ("SOFT", {}, 0),
        ("MONITOR", {}, 6),
        ("HARD", {"scope": "task_type", "task_type": "data_extraction"}, 0),
        ("HARD", {"scope": "task_type", "task_type": "summarization"}, 6),
        ("HARD", {"enabled": False}, 6),
        ("HARD", {"rules": {"required_tags": ["soc2"]}}, 6),
        ("HARD", {"rules": {"required_tags": 7}}, 0),  # cannot be read: nothing leaves
    ],
)
def test_what_a_policy_keeps_from_training_stays_out_and_is_counted(
    world: World, mode: str, where: dict[str, Any], kept: int
):
    scene.good(world.team, 6)
    policy(world, mode, **where)
    dataset = made(Place(world.org, world.team))
    assert dataset.train + dataset.validation == kept
    assert dataset.left_out.get("policy", 0) == 6 - kept


def test_a_policy_of_one_team_keeps_only_its_own(world: World):
    scene.good(world.team, 3)
    scene.good(world.sibling, 4, first=20)
    policy(world, scope="team", team_id=world.team.pk)
    dataset = made(Place(world.org))
    assert dataset.train + dataset.validation == 4
    assert dataset.left_out == {"policy": 3}


def test_a_model_whose_terms_forbid_it_teaches_nothing(world: World):
    scene.good(world.team, 3)
    Model.objects.create(name="sim/gpt-6-luna", tags=["no_output_training"])
    dataset = made(Place(world.org, world.team))
    assert dataset.left_out == {"model_terms": 3}


def test_a_policy_made_since_holds_for_the_download(world: World):
    scene.good(world.team, 3)
    dataset = made(Place(world.org, world.team))
    assert any(written(dataset).values())
    policy(world)
    assert not any(written(dataset).values())


def test_only_the_place_is_read(world: World):
    scene.good(world.team, 2)
    scene.good(world.sibling, 3, first=20)
    scene.good(world.other, 4, first=40)
    assert made(Place(world.org, world.team)).considered == 2
    assert made(Place(world.org)).considered == 5


def test_asking_and_taking_are_recorded_without_texts(world: World):
    scene.good(world.team, 2)
    dataset = made(Place(world.org, world.team))
    log_download(dataset, "openai", Part.TRAIN, actor="bob", now=timezone.now())
    rows = Decision.objects.filter(org_id=world.org.pk, kind="change").order_by("id")
    assert [(row.actor, row.inputs["after"]["done"]) for row in rows] == [
        ("ada", "asked for"),
        ("bob", "downloaded"),
    ]
    assert all(row.team_id == world.team.pk for row in rows)
    assert "word" not in json.dumps([row.inputs for row in rows])


def test_the_newest_are_taken_where_there_are_too_many(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("runs.services.tuning.datasets.MOST_EXAMPLES", 3)
    scene.good(world.team, 5)
    dataset = made(Place(world.org, world.team))
    assert len(dataset.examples) == 3
    assert dataset.left_out == {"too_many": 2}


def test_a_choice_that_breaks_says_so(world: World, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise ValueError("a text")

    monkeypatch.setattr("runs.services.tuning.datasets.without_duplicates", broken)
    scene.good(world.team, 2)
    dataset = made(Place(world.org, world.team))
    assert (dataset.state, "text" in dataset.error) == ("failed", False)
