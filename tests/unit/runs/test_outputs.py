from __future__ import annotations

import io
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.core.outputs import MAX_FILES, OutputFile, output_files, safe_name, unique_names


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("app.py", "app.py"),
        ("src/app/main.py", "src/app/main.py"),
        (".gitignore", ".gitignore"),
        ("naïve café.md", "naïve café.md"),
        # Climbing out.
        ("../../etc/passwd", "etc/passwd"),
        ("a/../../b", "a/b"),
        ("/etc/passwd", "etc/passwd"),
        ("//server/share", "server/share"),
        ("./a/./b", "a/b"),
        ("..", "file"),
        ("...", "file"),
        (". . /x", "x"),
        ("", "file"),
        ("/", "file"),
        # Windows.
        ("..\\..\\windows\\system32", "windows/system32"),
        ("C:\\temp\\x.txt", "temp/x.txt"),
        ("c:x.txt", "x.txt"),
        ("\\\\?\\C:\\x", "_/C_/x"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("aux .py", "_aux .py"),
        ("lib/com1.tar.gz", "lib/_com1.tar.gz"),
        ("com¹", "_com1"),
        ("CONIN$", "_CONIN$"),
        ("console.py", "console.py"),
        ("name. . ", "name"),
        ("con .", "_con"),
        ("file:stream", "file_stream"),
        ('a<b>c|d?e*f"g', "a_b_c_d_e_f_g"),
        # Unicode that turns into something else.
        ("\uff0e\uff0e\uff0fetc", "etc"),
        ("\u2025/x", "x"),
        ("a\uff0fb", "a/b"),
        ("a\uff3cb", "a/b"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("zero\u200bwidth", "zerowidth"),
        ("nul\x00byte", "nulbyte"),
        ("line\nbreak\t", "linebreak"),
        ("half\ud800", "half"),
        # Options and homes of a shell.
        ("-rf", "_-rf"),
        ("~/x", "_~/x"),
    ],
)
def test_a_name_keeps_its_sense_and_loses_its_tricks(name, safe):
    assert safe_name(name) == safe


def test_long_names_and_deep_folders_are_cut():
    name = safe_name("/".join(["folder"] * 50) + "/" + "x" * 500 + ".py")
    assert len(name.split("/")) == 8
    assert name.endswith("x.py")
    assert len(name.rsplit("/", 1)[1]) == 80
    assert safe_name("x" * 10_000_000)
    assert len(safe_name("x." + "y" * 500)) <= 80


pieces = st.sampled_from(
    [*"./\\:~-aC \x00", "\u2025", "\uff0f", "\u202e", "CON", "..", "nul", "\u0301", "COM\u00b9"]
)
tricky = st.lists(pieces | st.characters(), max_size=8).map("".join)


@given(tricky)
def test_no_name_leaves_the_folder_it_is_unpacked_in(name):
    safe = safe_name(name)
    assert safe
    for path in (PurePosixPath(safe), PureWindowsPath(safe)):
        assert not path.is_absolute()
        assert not path.drive
        assert ".." not in path.parts
        assert "\\" not in safe
    assert all(part.strip(". ") and part.isprintable() for part in safe.split("/"))
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], []),
        (["a.py", "b.py"], ["a.py", "b.py"]),
        (["a.py", "a.py", "a.py"], ["a.py", "a-2.py", "a-3.py"]),
        (["a.py", "A.PY"], ["a.py", "A-2.PY"]),
        (["a-2.py", "a.py", "a.py"], ["a-2.py", "a.py", "a-3.py"]),
        (["straße", "STRASSE"], ["straße", "STRASSE-2"]),
        # A file where another name needs a folder, and the other way round.
        (["src", "src/a.py"], ["src", "src-a.py"]),
        (["src/a.py", "src"], ["src/a.py", "src-2"]),
        (["src/a.py", "SRC", "src/b.py"], ["src/a.py", "SRC-2", "src/b.py"]),
        (["Makefile", "makefile/x/y"], ["Makefile", "makefile-x-y"]),
    ],
)
def test_names_that_would_collide_are_numbered(names, expected):
    assert unique_names(names) == expected


@given(st.lists(tricky.map(safe_name), max_size=5))
def test_unique_names_are_unique_and_unpack_beside_each_other(names):
    result = unique_names(names)
    assert len(result) == len(names)
    folded = {name.casefold() for name in result}
    assert len(folded) == len(result)
    folders = {str(up).casefold() for name in result for up in PurePosixPath(name).parents}
    assert not folded & folders


def test_many_equal_names_cost_little():
    names = unique_names(["same.py"] * 5_000)
    assert names[-1] == "same-5000.py"


def test_hostile_names_unpack_inside_their_folder(tmp_path):
    hostile = ["../../evil.sh", "/abs.txt", "C:\\x", "a/../../../b", "con", "con", "..\\up"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in unique_names(map(safe_name, hostile)):
            archive.writestr(name, "x")
    target = tmp_path / "in" / "here"
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(target)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == len(hostile)
    assert all(Path(target) in path.parents for path in files)


CODE = "```python\nprint(1)\n```"


@pytest.mark.parametrize(
    ("task_type", "output", "names"),
    [
        ("code_generation", "print(1)\n", ["t1.py"]),
        ("data_extraction", '{"a": 1}', ["t1.json"]),
        ("creative_writing", "Once upon a time", ["t1.md"]),
        ("summarization", "In short", ["t1.md"]),
        ("complex_reasoning", "Therefore", ["t1.md"]),
        ("code_generation", CODE, ["t1.py"]),
        ("code_generation", "```ts\nlet a\n```", ["t1.ts"]),
        ("code_generation", "```\nprint(1)\n```", ["t1.py"]),
        ("code_generation", "```brainf\n+\n```", ["t1.py"]),
        ("complex_reasoning", "```\nx\n```", ["t1.md"]),
        # More is said than one block: nothing is lost.
        ("code_generation", f"Here:\n{CODE}", ["t1.py", "t1.md"]),
        ("code_generation", f"{CODE}\n{CODE}", ["t1.md"]),
        # What only quotes files makes none.
        ("code_review", "```python app.py\nx\n```", ["t1.md"]),
        ("evaluation", f"# app.py\n{CODE}", ["t1.md"]),
        ("code_generation", "", ["t1.py"]),
    ],
)
def test_an_output_without_file_names_is_named_by_its_task(task_type, output, names):
    assert [file.name for file in output_files("t1", task_type, output)] == names


@pytest.mark.parametrize(
    "block",
    [
        "```python src/app.py\nx\n```",
        "```python:src/app.py\nx\n```",
        '```python title="src/app.py"\nx\n```',
        "```python {file=src/app.py}\nx\n```",
        "```src/app.py\nx\n```",
        "**src/app.py**\n```python\nx\n```",
        "### `src/app.py`\n\n```python\nx\n```",
        "File: src/app.py\n```python\nx\n```",
        "1. `src/app.py`:\n```python\nx\n```",
        "- **File: `src/app.py`**\n```python\nx\n```",
        "```python\n# src/app.py\nx\n```",
        "```js\n// file: src/app.py\nx\n```",
        "```html\n<!-- src/app.py -->\nx\n```",
        "```css\n/* src/app.py */\nx\n```",
    ],
)
def test_a_block_is_named_in_the_ways_models_name_files(block):
    first = output_files("t1", "code_generation", block)[0]
    assert first.name == "src/app.py"
    assert first.content.endswith("x\n")


@pytest.mark.parametrize(
    ("block", "name"),
    [
        ("```dockerfile Dockerfile\nx\n```", "Dockerfile"),
        ("```python 01_intro.py\nx\n```", "01_intro.py"),
        ("01_intro.py\n```\nx\n```", "01_intro.py"),
        ("file_tools.py\n```\nx\n```", "file_tools.py"),
        ("```python ../../etc/cron.d/x.py\nx\n```", "etc/cron.d/x.py"),
        ("```python C:\\x.py\nx\n```", "x.py"),
        ("```python .env\nx\n```", ".env"),
    ],
)
def test_odd_file_names_are_kept_and_dangerous_ones_tamed(block, name):
    assert output_files("t1", "code_generation", block)[0].name == name


@pytest.mark.parametrize(
    "output",
    [
        "We use version 3.\n```python\nx\n```",
        "See app.py for more of this.\n```python\nx\n```",
        "```python\n# Version 2.0 of it\nx\n```",
        "```python title=\nx\n```",
        "x" * 400 + ".py\n```python\nx\n```",
    ],
)
def test_ordinary_words_name_no_file(output):
    assert output_files("t1", "code_generation", output)[0].name == "t1.py"


def test_named_files_come_with_the_whole_text_if_there_is_more():
    output = "Two files.\n```python a.py\nx\n```\n```python b.py\ny\n```\n"
    assert output_files("t1", "complex_reasoning", output) == [
        OutputFile("a.py", "x\n"),
        OutputFile("b.py", "y\n"),
        OutputFile("t1.md", output),
    ]
    alone = "```python a.py\nx\n```"
    assert output_files("t1", "code_generation", alone) == [OutputFile("a.py", "x\n")]


def test_there_is_an_end_to_the_files_of_one_output():
    files = output_files("t1", "code_generation", "```python a.py\nx\n```\n" * (MAX_FILES + 5))
    assert len(files) == MAX_FILES + 1
    assert files[-1].name == "t1.md"


def test_a_key_cannot_climb_out_either():
    assert output_files("../../x", "summarization", "s")[0].name == "x.md"


@given(
    st.sampled_from(["code_generation", "summarization", "data_extraction"]),
    st.text(alphabet="`a./\\#\n: -", max_size=80),
)
def test_any_output_gives_files_with_safe_names(task_type, output):
    files = output_files("t1", task_type, output)
    assert files
    for file in files:
        assert safe_name(file.name) == file.name
