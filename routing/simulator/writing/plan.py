"""A project taken apart into tasks."""

from __future__ import annotations

import json
from typing import Any

from ..draws import Draws
from .topic import subjects, title

Task = dict[str, Any]
_FACTS: Task = {
    "type": "object",
    "required": ["requirements", "note"],
    "properties": {
        "requirements": {
            "type": "array",
            "minItems": 3,
            "items": {
                "type": "object",
                "required": ["name", "priority"],
                "properties": {
                    "name": {"type": "string"},
                    "priority": {"enum": ["must", "should", "could"]},
                },
            },
        },
        "note": {"type": "string"},
    },
}
_FACTS_CHECK = {"name": "json_schema", "schema": _FACTS}


def plan(project: str, draws: Draws, *, json_mode: bool = False) -> str:
    """Return four to eight tasks as JSON, now and then with a fence or a word around it.

    `json_mode`: an object and nothing else, as providers do when JSON is demanded.
    """
    tasks = _tasks(project, draws)
    if json_mode:
        return json.dumps({"tasks": tasks})
    text = json.dumps(tasks, indent=2)
    way = draws.unit("plan form")
    if way < 0.7:
        return text
    fenced = f"```json\n{text}\n```"
    return fenced if way < 0.9 else f"Here is the plan.\n\n{fenced}\n"


def bad_plan(project: str, draws: Draws) -> str:
    """Return a plan that no parser can read."""
    names = ", then ".join(subjects(project, 3))
    return draws.pick(
        "bad plan",
        [
            f"First I would look at {names}, and split the work once that is clear.",
            '[{"id": "t1", "type": "code_generation", "prompt": "Write the ' + names,
            "{'id': t1, 'type': code_generation, 'prompt': 'Build it', dependencies: }",
        ],
    )


def _tasks(project: str, draws: Draws) -> list[Task]:
    about = title(project)
    first, second, third, *_ = subjects(project)
    checks = ["python_syntax", *(["pytest"] if "pytest" in project.lower() else [])]
    tasks = [
        _task("design", "complex_reasoning", [], ["length"], f"Decide how to build: {about}. Name "
              f"the parts, their interfaces, and how {first} and {second} depend on each other."),
        _task("build", "code_generation", ["design"], checks, "Implement the core "
              f"module in Python as designed, {first} first, with its tests in the same file."),
        _task("review", "code_review", ["build"], ["length"], "Review the core module for "
              "correctness, security and clarity. List findings with their severity."),
        _task("guide", "creative_writing", ["design"], ["length"], "Write the user guide: what "
              f"it is for, how to start, and an example with {second}."),
    ]  # fmt: skip
    extra = [
        _task("facts", "data_extraction", [], [_FACTS_CHECK], "Extract every requirement of the "
              f"project, with its priority and what it says on {third}. Answer with JSON that fits "
              f"this schema: {json.dumps(_FACTS)}"),
        _task("edges", "code_generation", ["build"], ["python_syntax"], "Implement input checks "
              f"for {second} and {third} in Python, with tests."),
        _task("check", "evaluation", ["build", "guide"], ["length"], "Evaluate whether the work "
              "meets the success criteria, and name what is missing."),
    ]  # fmt: skip
    tasks += draws.shuffle("extra tasks", extra)[: draws.integer("task count") % 4]
    ends = [task["id"] for task in tasks if task["id"] in ("review", "guide", "facts", "edges")]
    tasks.append(
        _task("summary", "summarization", ends, ["length"], "Summarise the result for a reader "
              "who has two minutes: what was built, what it does, what is still open.")
    )  # fmt: skip
    return tasks


def _task(key: str, kind: str, after: list[str], validators: list[Any], prompt: str) -> Task:
    return {
        "id": key,
        "type": kind,
        "prompt": prompt,
        "dependencies": after,
        "hard_validators": validators,
    }
