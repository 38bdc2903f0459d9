"""The validators that run something, through the sandbox, as the engine asks for them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runs.validators import Status, ValidatorResult, validate
from runs.validators.sandbox import runtime

PROJECT = Path(__file__).resolve().parents[3]
TICKS = "```"
CODE = "def add(a, b):\n    return a + b\n"
TEST = "def test_add():\n    assert add(1, 2) == 3\n"


def answer(name: str, output: str, **options: Any) -> ValidatorResult:
    return asyncio.run(validate(name, output, options=options or None))


def block(text: str, info: str = "python") -> str:
    return f"{TICKS}{info}\n{text}\n{TICKS}\n"


@pytest.mark.parametrize(
    ("output", "status"),
    [
        (CODE, "PASSED"),
        (f"Sure!\n{block(CODE)}Done.", "PASSED"),
        (block(CODE) + block("from __future__ import annotations"), "PASSED"),
        ("def add(a, b:\n", "FAILED"),
        ("return 1", "FAILED"),
        (block("x = (") + block(CODE), "FAILED"),
        (block("let x = 1", "js"), "FAILED"),
        ("", "FAILED"),
        ("x = 1\0", "FAILED"),
        ("(" * 90_000, "FAILED"),
        ("x = " + "-" * 200_000 + "1", "FAILED"),
        ("def f(): pass\nf.a" + ".a" * 200_000, "FAILED"),
        ("x = '\ud800'", "FAILED"),
    ],
)
def test_python_syntax_passes_only_what_compiles(output, status):
    assert answer("python_syntax", output).status == status


def test_python_syntax_says_where_the_error_is():
    message = answer("python_syntax", block("x = 1\ny = (\n", "python app.py")).message
    assert message.startswith("app.py, line 2: '(' was never closed")


def test_python_syntax_runs_nothing_of_the_code():
    assert answer("python_syntax", "while True: pass").status == Status.PASSED


@pytest.mark.parametrize(
    "output",
    [
        CODE + TEST,
        block(CODE + TEST),
        block(CODE) + block(TEST),
        block(CODE, "python app.py") + block("from app import add\n" + TEST, "python test_app.py"),
        block(f"# file: app.py\n{CODE}")
        + block(f"# file: tests/test_app.py\nfrom app import add\n{TEST}"),
        block(CODE, "python src/app.py")
        + block("from app import add\n" + TEST, "python tests/test_app.py"),
        f"# file: app.py\n{CODE}\n# file: test_app.py\nfrom app import add\n{TEST}",
        block(CODE + TEST, "python app.py"),
        "import asyncio\ndef test_x():\n    asyncio.run(asyncio.sleep(0))\n",
        "def test_x(tmp_path):\n    (tmp_path / 'a').write_text('b')\n",
        "import pytest\n@pytest.mark.parametrize('x', [1, 2])\ndef test_x(x): assert x\n",
        "import unittest\nclass T(unittest.TestCase):\n    def test_x(self): pass\n",
        "import subprocess, sys\n"
        "def test_x(): subprocess.run([sys.executable, '-c', '1'], check=True)\n",
    ],
)
def test_pytest_passes_code_whose_tests_pass(output):
    result = answer("pytest", output)
    assert (result.status, "passed" in result.message) == (Status.PASSED, True), result.message


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (CODE + TEST.replace("3", "4"), "assert 3 == 4"),
        (CODE, "no test was found"),
        ("import pytest\n@pytest.mark.skip\ndef test_x(): pass\n", "no test passed"),
        (TEST, "NameError"),
        ("def test_x(:\n", "SyntaxError"),
        ("import os; os._exit(0)\n" + CODE + TEST, "before pytest could report"),
        ("def test_x():\n    import os; os._exit(0)\n", "before pytest could report"),
        ("import sys; sys.exit(0)\n" + CODE + TEST, "ends the process"),
        ("print('1 passed in 0.01s')\nimport os; os._exit(0)\n", "before pytest could report"),
        ("import no_such_package\n" + CODE + TEST, "Only the standard library"),
        ("import django\n" + CODE + TEST, "Only the standard library"),
        (
            "import socket\ndef test_x(): socket.create_connection(('127.0.0.1', 80))",
            "without a network",
        ),
        ("def test_x():\n    while True: print('x' * 1000)\n", "printed more than"),
        ("def test_x():\n    import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        (block("# file: ../../escaped.py\n" + CODE + TEST), "unsafe file name"),
        (
            block(CODE + TEST, "python a.py") + block("", "python a.py/b.py"),
            "both a file and a folder",
        ),
        (block("npm test", "bash"), "no Python code"),
    ],
)
def test_pytest_fails_what_it_did_not_see_pass(output, message):
    result = answer("pytest", output)
    assert result.status == Status.FAILED
    assert message in result.message


def test_pytest_cannot_be_told_by_the_output_to_collect_nothing():
    output = block(CODE + TEST.replace("3", "4"), "python test_a.py")
    output += block("[pytest]\naddopts = --co\n", "ini pytest.ini")
    assert answer("pytest", output).status == Status.FAILED


@pytest.mark.parametrize(
    ("output", "status", "message"),
    [
        (CODE, "PASSED", "nothing"),
        (block(CODE) + block("import math\nprint(math.pi, add(1, 2))"), "PASSED", "nothing"),
        ("import os\n" + CODE, "FAILED", "F401"),
        ("def f():\n    return undefined\n", "FAILED", "F821"),
        ("def f(:\n", "FAILED", "syntax"),
        ("import os  # noqa\n", "FAILED", "F401"),
        ("# ruff: noqa\nimport os\n", "FAILED", "F401"),
        (block('exclude = ["*.py"]', "toml ruff.toml") + block("import os", ""), "FAILED", ""),
        (block("npm test", "bash"), "FAILED", "no Python code"),
    ],
)
def test_ruff_finds_likely_errors(output, status, message):
    result = answer("ruff", output)
    assert result.status == status
    assert message in result.message


SCHEMA = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("output", "schema", "status", "message"),
    [
        ('{"a": 1}', SCHEMA, "PASSED", "fits"),
        (block('{"a": 1}', "json"), SCHEMA, "PASSED", "fits"),
        ('{"a": "1"}', SCHEMA, "FAILED", "$.a: '1' is not of type 'integer'"),
        ("{}", SCHEMA, "FAILED", "'a' is a required property"),
        ("not json", SCHEMA, "FAILED", "not valid JSON"),
        ("{}", {"type": "no such type"}, "UNAVAILABLE", "schema cannot be applied"),
        ("{}", {"$ref": "http://127.0.0.1:9/schema"}, "UNAVAILABLE", "schema cannot be applied"),
        ("{}", {"$ref": "file:///etc/passwd"}, "UNAVAILABLE", "schema cannot be applied"),
        ("{}", [], "UNAVAILABLE", "schema cannot be applied"),
        ("{}", False, "FAILED", "$"),
        ("{}", True, "PASSED", "fits"),
        ('"' + "a" * 60 + '!"', {"pattern": "^(a+)+$"}, "UNAVAILABLE", "did not finish"),
    ],
)
def test_json_schema_judges_by_the_given_schema(output, schema, status, message):
    result = answer("json_schema", output, schema=schema)
    assert result.status == status
    assert message in result.message


ENGINE = f"""#!{runtime.python_path()}
import sys
text = open(sys.argv[-1]).read()
print("! Undefined control sequence.\\nl.2 \\\\bad" if "bad" in text else "Output written")
sys.exit("bad" in text or "{{works}}" == "no")
"""


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """Put a stand-in for pdflatex on the path; `works="no"` makes it refuse every document."""

    def install(works="yes"):
        program = tmp_path / "pdflatex"
        program.write_text(ENGINE.replace("{works}", works))
        program.chmod(0o755)
        tmp_path.chmod(0o755)
        monkeypatch.setattr("runs.validators.latex._works", {})
        monkeypatch.setenv("PATH", str(tmp_path))

    return install


def test_latex_is_unavailable_without_an_engine(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    result = answer("latex", "x")
    assert result.status == Status.UNAVAILABLE
    assert result.message == "neither pdflatex nor tectonic is installed"


def test_latex_is_unavailable_with_an_engine_that_compiles_nothing(engine):
    engine(works="no")
    assert answer("latex", "x").status == Status.UNAVAILABLE


@pytest.mark.parametrize(
    ("output", "status", "message"),
    [
        ("good", "PASSED", "compiles with pdflatex"),
        (block("good", "latex") + block("bad", "bash"), "PASSED", "compiles"),
        ("\\bad", "FAILED", "! Undefined control sequence.\nl.2 \\bad"),
    ],
)
def test_latex_passes_what_the_engine_compiles(engine, output, status, message):
    engine()
    result = answer("latex", output)
    assert result.status == status
    assert message in result.message


@pytest.mark.parametrize(
    ("name", "options"),
    [("python_syntax", "{}"), ("pytest", "{}"), ("ruff", "{}"), ("json_schema", "{'schema': {}}")],
)
def test_without_isolation_nothing_is_run_and_nothing_passes(name, options, tmp_path):
    # the filter that binds the sandbox's programs keeps this process from making one
    trace = tmp_path / "ran"
    source = f"""
import asyncio
from runs.validators import validate
from runs.validators.sandbox import kernel, launch, seccomp
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
seccomp.install()
output = "1" if {name!r} == "json_schema" else "open({str(trace)!r}, 'w')\\ndef test_x(): pass"
result = asyncio.run(validate({name!r}, output, options={options}))
print(result.status, result.message)
print(launch.sandbox_available())
"""
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    answered, available = done.stdout.splitlines()
    assert answered.startswith("UNAVAILABLE no isolation: ")
    assert available.startswith("no isolation: ")
    assert not trace.exists()
