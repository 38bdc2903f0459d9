"""Python modules with their tests, that compile and pass, or do not where skill fails."""

from __future__ import annotations

from ..draws import Draws
from ..marks import mark
from .topic import subjects, title

_Recipe = tuple[str, str, tuple[str, ...]]  # imports, function, tests

_RECIPES: tuple[_Recipe, ...] = (
    (
        "",
        '''def clean_{a}(value: str, limit: int = 200) -> str:
    """Return the {a} without surrounding or doubled blanks."""
    text = " ".join(value.split())
    if not text:
        raise ValueError("{a} is empty")
    if len(text) > limit:
        raise ValueError(f"{a} is longer than {{limit}} characters")
    return text
''',
        (
            """def test_clean_{a}_drops_blanks():
    assert clean_{a}("  a   b ") == "a b"
""",
            """def test_clean_{a}_refuses_a_long_value():
    try:
        clean_{a}("x" * 201)
    except ValueError as error:
        assert "longer" in str(error)
    else:
        raise AssertionError("a long value was accepted")
""",
        ),
    ),
    (
        "import json",
        '''def load_{b}(text: str) -> list[dict]:
    """Return the {b} entries of a JSON text; a single object counts as one."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{b} is not JSON: {{error}}") from error
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, dict)]
''',
        (
            """def test_load_{b}_reads_one_object():
    assert load_{b}('{{"id": 1}}') == [{{"id": 1}}]
""",
            """def test_load_{b}_leaves_out_what_is_no_object():
    assert load_{b}('[1, {{"id": 2}}]') == [{{"id": 2}}]
""",
        ),
    ),
    (
        "from dataclasses import dataclass, field",
        '''@dataclass
class Store{c_title}:
    """Keep {c} by key, each key once."""

    items: dict[str, str] = field(default_factory=dict)

    def add(self, key: str, value: str) -> bool:
        """Add a {c}; return False if the key is taken."""
        if key in self.items:
            return False
        self.items[key] = value
        return True
''',
        (
            """def test_store_{c}_takes_a_key_once():
    store = Store{c_title}()
    assert store.add("a", "1")
    assert not store.add("a", "2")
    assert store.items == {{"a": "1"}}
""",
        ),
    ),
    (
        "import hashlib\nimport hmac",
        '''def sign_{a}(secret: bytes, message: bytes) -> str:
    """Return the signature of a {a} as hexadecimal digits."""
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def is_signed_{a}(secret: bytes, message: bytes, signature: str) -> bool:
    """Return whether the signature belongs to the {a}, in constant time."""
    return hmac.compare_digest(sign_{a}(secret, message), signature)
''',
        (
            """def test_is_signed_{a}_accepts_its_own_signature():
    assert is_signed_{a}(b"k", b"m", sign_{a}(b"k", b"m"))
""",
            """def test_is_signed_{a}_refuses_another_message():
    assert not is_signed_{a}(b"k", b"other", sign_{a}(b"k", b"m"))
""",
        ),
    ),
    (
        "from collections import Counter",
        '''def top_{b}(values: list[str], count: int = 3) -> list[tuple[str, int]]:
    """Return the most frequent {b} values, ties in alphabetical order."""
    if count < 1:
        return []
    found = Counter(value.lower() for value in values if value)
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:count]
''',
        (
            """def test_top_{b}_counts_without_case():
    assert top_{b}(["a", "A", "b"]) == [("a", 2), ("b", 1)]
""",
            """def test_top_{b}_of_none_is_empty():
    assert top_{b}([]) == []
""",
        ),
    ),
)


def code(task: str, quality: float, broken: bool, draws: Draws) -> str:
    """Return one Python module; a better one has more parts and more tests."""
    names = _names(task)
    count = 1 + round(quality * 2)
    chosen = draws.shuffle("recipes", _RECIPES)[:count]
    lines = {line for recipe in chosen for line in recipe[0].splitlines()}
    imports = "\n".join(sorted(lines, key=lambda line: (line.startswith("from"), line)))
    head = f'"""{_plain(title(task))}.\n\n{mark(quality, draws)}\n"""\n'
    bodies = [recipe[1] for recipe in chosen]
    tests = [test for recipe in chosen for test in recipe[2][: 1 + round(quality)]]
    filled = [text.format(**names) for text in (*bodies, *tests)]
    module = "\n\n".join([head + (f"\n{imports}\n" if imports else ""), *filled])
    if broken:
        module = _damaged(module, draws)
    return module if draws.unit("code form") < 0.3 else f"```python\n{module}```\n"


def _names(task: str) -> dict[str, str]:
    a, b, c, *_ = (word.replace("-", "_").strip("_") for word in subjects(task))
    return {"a": a, "b": b, "c": c, "c_title": c.replace("_", " ").title().replace(" ", "")}


def _plain(text: str) -> str:
    """Return a text that may stand in a docstring."""
    return text.replace("\\", "/").replace('"', "'") or "Module"


def _damaged(module: str, draws: Draws) -> str:
    """Return the module with a mistake that keeps it from compiling."""
    way = draws.integer("damage") % 3
    if way == 0:
        return module.replace(") -> ", " -> ", 1) if ") -> " in module else module + "\nreturn (\n"
    if way == 1:
        return module.replace("    return", "   return", 1) + "\ndef unfinished(:\n    pass\n"
    return module.rstrip() + "\n\n\ndef main()\n    return 0\n"
