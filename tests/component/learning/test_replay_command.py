"""`manage.py replay_routing`: a file in, every router's figures out."""

from __future__ import annotations

import csv
import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from routing.management.commands.replay_routing import FULL, PRODUCT, TWO_TRIES

FIELDS = ("prompt_id", "category", "prompt", "model", "score", "input_tokens", "cost_usd")
SKILLS = {"code": (0.3, 0.8), "prose": (0.9, 0.95)}


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    source = random.Random(1)
    path = tmp_path / "outcomes.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        rows = csv.writer(lines)
        rows.writerow(FIELDS)
        for number in range(160):
            kind = source.choice(sorted(SKILLS))
            for model, skill, cost in zip(
                ("small", "large"), SKILLS[kind], (1e-4, 1e-3), strict=True
            ):
                score = int(source.random() < skill)
                rows.writerow((number, kind, "say\0so", model, score, 100, cost))
    return path


def replayed(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    call_command("replay_routing", str(path), "--seeds=2", "--lambdas=0,0.2", *options)
    return capsys.readouterr().out


def test_every_router_is_judged_over_the_same_orders(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report: dict[str, Any] = json.loads(replayed(recorded, capsys, "--json"))
    assert (report["prompts"], report["categories"], report["orders"]) == (160, 2, 2)
    aiq = {one["router"]: one["aiq"] for one in report["routers"]}
    assert aiq.keys() >= {PRODUCT, TWO_TRIES, FULL, "oracle per category", "UCB1 per category"}
    # What is seen to fail is tried again, which no choice of one model can match here.
    assert aiq[TWO_TRIES] > aiq["oracle per category"] > aiq[PRODUCT] > aiq["random"]
    assert [one["lambda"] for one in report["curve"]] == [0.0, 0.2]
    assert {one["model"] for one in report["models"]} == {"small", "large"}


def test_the_table_says_the_same_in_words(
    recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = replayed(recorded, capsys)
    assert "160 prompts, 2 categories, 2 models, 2 orders" in text
    assert f"{TWO_TRIES:<28}" in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--warm-start=160",), "leaves no prompt"),
        (("--passes=0",), "at least 1"),
        (("--prompts=0",), "cannot be read"),
        (("--lambdas=0;1",), "commas between"),
    ],
)
def test_what_makes_no_sense_is_refused(
    recorded: Path, options: tuple[str, ...], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("replay_routing", str(recorded), *options)


def test_a_file_of_another_form_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match=r"other\.csv cannot be read"):
        call_command("replay_routing", str(path))
