"""The code that simulated models write, run by the tools that judge code."""

from __future__ import annotations

import subprocess
import sys

import pytest

from routing.simulator.intent import read
from routing.simulator.mind import Mind
from routing.simulator.profiles import Profiles
from tests.component.simulator.prompts import make_prompt

TOPICS = ("Parse dates", "A class-based import cache", "Rate limiting", "def return yield None")


@pytest.mark.parametrize("tool", ["pytest", "ruff"])
def test_code_of_a_strong_model_satisfies(tool, tmp_path):
    profile = Profiles(7, {"m": {"skills": {"code_generation": 0.97}}}).of("m")
    for number, topic in enumerate(TOPICS * 6):
        prompt = make_prompt(f"{topic} {number}", system="Task type: code_generation", model="m")
        text = Mind(7).answer(prompt, read(prompt), profile).text
        source = text.strip().removeprefix("```python\n").removesuffix("```")
        (tmp_path / f"test_module_{number}.py").write_text(source)
    options = {"pytest": ["-q", "-p", "no:cacheprovider"], "ruff": ["check", "--isolated"]}[tool]
    run = [sys.executable, "-m", tool, *options, str(tmp_path)]
    done = subprocess.run(run, capture_output=True, cwd=tmp_path, env={}, check=False)
    assert done.returncode == 0, done.stdout.decode()
