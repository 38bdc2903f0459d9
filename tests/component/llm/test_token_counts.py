"""Our cheap count beside what real tokenizers make of the same text."""

from __future__ import annotations

import importlib.util
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from routing.core.tokens import count_text

ROOT = Path(__file__).parents[3]
_found = importlib.util.find_spec("litellm")
assert _found is not None
assert _found.submodule_search_locations
FOLDER = Path(_found.submodule_search_locations[0]) / "litellm_core_utils" / "tokenizers"


@pytest.fixture(scope="module")
def tokenizers() -> dict[str, Callable[[str], int]]:
    """Return the tokenizers that litellm's package brings along."""
    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(FOLDER)
    import tiktoken
    from tokenizers import Tokenizer

    def openai(name: str) -> Callable[[str], int]:
        encoding = tiktoken.get_encoding(name)
        return lambda text: len(encoding.encode(text))

    def published(name: str) -> Callable[[str], int]:
        tokenizer = Tokenizer.from_file(str(FOLDER / f"{name}_tokenizer.json"))
        return lambda text: len(tokenizer.encode(text).ids)

    found = {name: openai(name) for name in ("o200k_base", "cl100k_base")}
    found |= {name: published(name) for name in ("anthropic", "deepseek")}
    if before is None:
        del os.environ["TIKTOKEN_CACHE_DIR"]
    else:
        os.environ["TIKTOKEN_CACHE_DIR"] = before
    return found


def numbers() -> list[dict[str, float]]:
    source = random.Random(1)
    return [{"id": source.randint(1, 10**6), "value": source.random()} for _ in range(100)]


ORDINARY = {
    "python": (ROOT / "telemetry" / "services" / "journal" / "thread.py").read_text(
        encoding="utf-8"
    ),
    "toml": (ROOT / "routing" / "catalogue.toml").read_text(encoding="utf-8"),
    "json": json.dumps(numbers(), indent=2),
    "minified json": json.dumps(numbers(), separators=(",", ":")),
    "csv": "\n".join(f"{row['id']},{row['value']:.3f},open" for row in numbers()),
    "latex": r"\begin{align} \frac{a}{b} &= \sum_{i=0}^{n} x_i^2 \\ \end{align} " * 20,
    "german": "Wir brauchen ein System, das eine Beschreibung in geprüfte Arbeit verwandelt. " * 9,
    "russian": "Нам нужно построить систему, которая превращает описание в работу. " * 9,
    "chinese": "我们需要构建一个能够将项目描述转换为完成的、经过检查的工作的系统。" * 9,
    "japanese": "プロジェクトの説明を完成した作業に変換するシステムを構築する必要があります。" * 9,
    "arabic": "نحن بحاجة إلى بناء نظام يحول وصف المشروع إلى عمل منجز. " * 9,
    "hindi": "हमें एक ऐसी प्रणाली बनाने की आवश्यकता है जो विवरण को कार्य में बदल दे। " * 9,
}
PROSE = (
    "The committee met on Tuesday to discuss the plan for the new library, which had been delayed "
    "twice already. Most of its members agreed that the building should stay where it is, but a "
    "few asked whether a smaller one, nearer to the station, would not serve more people. "
) * 5


@pytest.mark.parametrize("kind", ORDINARY)
def test_the_count_is_at_most_a_tenth_below_any_tokenizer_on_ordinary_text(
    kind: str, tokenizers: dict[str, Callable[[str], int]]
) -> None:
    dearest = max(tokenize(ORDINARY[kind]) for tokenize in tokenizers.values())
    assert count_text(ORDINARY[kind]) >= 0.9 * dearest


def test_the_count_of_prose_is_above_every_tokenizer_by_less_than_double(
    tokenizers: dict[str, Callable[[str], int]],
) -> None:
    counts = [tokenize(PROSE) for tokenize in tokenizers.values()]
    assert 1.3 * max(counts) <= count_text(PROSE) <= 2 * min(counts)


def test_even_random_text_has_no_more_than_double_the_count(
    tokenizers: dict[str, Callable[[str], int]],
) -> None:
    source = random.Random(2)
    text = "".join(source.choice("abcdefABCDEFxyz0123456789+/") for _ in range(4000))
    assert 2 * count_text(text) >= max(tokenize(text) for tokenize in tokenizers.values())
