"""Ours against theirs, and what may explain the difference."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from routing.core.invoice import Billed
from routing.core.invoice_compare import OurModel, Side, compare


def ours(name: str = "sim/gpt-x", **more: Any) -> OurModel:
    classes = more.pop("classes", {"input": Side(1000, 100), "output": Side(10, 50)})
    return OurModel(name, classes, **more)


def billed(token_class: str, tokens: int | None, nanousd: int | None, model: str = "gpt-x"
           ) -> Billed:  # fmt: skip
    return Billed(model, token_class, tokens, nanousd, None)


SAME = (billed("input", 1000, 100), billed("output", 10, 50))
CAUSES = [
    (ours(), SAME, {"input": "", "output": ""}),
    (ours(), (billed("input", 1000, 200), SAME[1]), {"input": "another price", "output": ""}),
    (ours(), (billed("input", 2000, 200), SAME[1]), {"input": "others use the key"}),
    (ours(), (billed("input", 500, 50), SAME[1]), {"input": "fewer tokens"}),
    (ours(), (billed("input", 600, 60), billed("cache_read", 400, 4), SAME[1]),
     {"input": "cached tokens are billed otherwise", "cache_read": "cached tokens"}),
    (ours(corrected_nanousd=5), (billed("input", 1000, 200),), {"input": "price history anew"}),
    (ours(price_changes=(date(2026, 11, 3),)), (billed("input", 1000, 200), SAME[1]),
     {"input": "on 2026-11-03"}),
    (ours(), (), {"input": "does not name this model", "output": "does not name"}),
    (ours(), (billed("total", 1010, 150),), {"total": ""}),
    (ours(), (billed("input", None, 300), billed("output", None, 50)), {"input": "", "output": ""}),
    (ours(), (billed("input", 1000, None), SAME[1]), {"input": "", "output": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("model", "rows", "said"), CAUSES)
def test_a_difference_is_explained_and_agreement_is_not(
    model: OurModel, rows: tuple[Billed, ...], said: dict[str, str]
) -> None:
    found = {line.token_class: " ".join(line.causes) for line in compare([model], rows)}
    for name, words in said.items():
        assert words in found[name], found
        assert bool(words) or "another price" not in found[name]


def test_nothing_is_left_out_on_either_side() -> None:
    rows = (*SAME, billed("total", 9, 900, "who/knows"), billed("input", 1, 7))
    lines = compare([ours(), ours("b", classes={"input": Side(5, 5)})], rows)
    assert sum(line.our_nanousd or 0 for line in lines) == 155
    assert sum(line.their_nanousd or 0 for line in lines) == 1057
    assert "We made no such call" in lines[-1].causes[0]


def test_calls_that_told_no_tokens_have_a_line_of_their_own() -> None:
    model = ours(unconfirmed=2, unconfirmed_nanousd=30)
    line = compare([model], SAME)[-1].as_json()
    assert (line["token_class"], line["our_nanousd"], line["drift_nanousd"]) == (
        "unconfirmed", 30, -30,
    )  # fmt: skip
    assert line["drift_percent"] == -100
    assert "2 calls ended without telling tokens" in line["causes"][0]
    (alone,) = [one for one in compare([model], ()) if one.token_class == "unconfirmed"]
    assert alone.drift_nanousd is None


def test_drift_is_theirs_less_ours_and_unknown_where_a_side_is() -> None:
    first, second = (
        line.as_json() for line in compare([ours()], (billed("input", 1000, 110), SAME[1]))
    )
    assert (first["drift_nanousd"], first["drift_percent"]) == (10, 10.0)
    assert (second["drift_nanousd"], second["drift_percent"]) == (0, None)
