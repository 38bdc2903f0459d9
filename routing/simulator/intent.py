"""What a prompt asks for, understood from its words as a model would understand them.

Only the words addressed to the reader are looked at for that; what stands between delimiters is
data, whatever it says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from . import blocks
from .blocks import Block
from .exchange import Prompt
from .profiles import TASK_TYPES

Kind = Literal["plan", "judge", "critique", "revise", "generate"]
KINDS: tuple[Kind, ...] = ("plan", "judge", "critique", "revise", "generate")

_JUDGE = re.compile(
    r"(\b|_)score\b.*\b(json|between 0|from 0|0 to|0\.0|number)|\bjson\b.*(\b|_)score\b|"
    r"\b(grade|rate)\b.*\b(score|json)\b",
    re.S,
)
_CRITIQUE = re.compile(
    r"\bcritiqu(e|es|ing) (the|this|it|what)\b|\b(write|give|your) (a |an )?(\w+ )?critique\b|"
    r"\b(find|list|name|point out) (\w+ ){0,3}(flaws|faults|problems|weaknesses|defects|mistakes)|"
    r"\byou (are|act as) (a |an )?(\w+ )?(critic|reviewer)\b|\breview (the|this) (\w+ )?(output|"
    r"work|answer|draft|result)\b"
)
_REVISE = re.compile(
    r"\b(revise|rewrite|rework|improve|correct)\b.*\b(critique|feedback|review|reviewer|faults)\b|"
    r"\b(critique|feedback|review)\b.*\b(revise|rewrite|rework|improve)\b|\brevised version\b",
    re.S,
)
_CRITIQUE_LABEL = re.compile(r"critique|feedback|review(?!ed)|remarks|faults|objections|failure")
_SUBJECT_LABEL = re.compile(r"output|answer|draft|work\b|result|candidate|attempt|response|subject")
_TASK_LABEL = re.compile(r"task|assignment|project|request|prompt|description")
_TYPE = re.compile(rf"\b({'|'.join(kind.replace('_', '[_ -]') for kind in TASK_TYPES)})\b", re.I)
_HINTS = (  # words of the task itself, when its type is not named
    ("data_extraction", re.compile(r"\bextract|\bjson schema\b|\bstructured data\b|\bparse the\b")),
    ("summarization", re.compile(r"\bsummar(y|ise|ize)|\btl;?dr\b|\babstract of\b")),
    ("code_review", re.compile(r"\b(review|audit) (the |this )?\w* ?(code|implementation|patch)")),
    ("code_generation", re.compile(r"\b(implement|python|code|function|class|script|api)\b")),
    ("creative_writing", re.compile(r"\b(story|poem|essay|blog|article|slogan|write an?)\b")),
    ("evaluation", re.compile(r"\b(evaluate|assess|compare)\b")),
)
_KEY = re.compile(r"[\"'`](\w{2,40})[\"'`]\s*:")
_ATTEMPT = re.compile(
    r"\b(previous|earlier|last) (attempt|answer|try|output)|\bfailed\b|\bfell short"
)
_APPROVAL = re.compile(r"\b(?:answer|reply|say|write) exactly:? [\"'`]?([A-Z][A-Z ]{1,40}[A-Z])\b")
_HUNDRED = re.compile(r"\b(0|1|zero)\s*(to|-|–|and)\s*100\b")
_TEN = re.compile(r"\b(0|1|zero)\s*(to|-|–|and)\s*10\b(?!0)")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood.

    `task`: the assignment's own words; `subject`: the text to be judged, criticised or revised,
    "" if there is none; `critique`: what is said against it; `keys`: names the JSON reply is to
    have; `top_score`: the best score of the asked scale; `was_tried`: an earlier try failed;
    `approval`: what a critic is to answer who finds nothing, "" if not said.
    """

    kind: Kind
    task_type: str
    task: str
    subject: str = ""
    critique: str = ""
    keys: tuple[str, ...] = ()
    top_score: float = 1.0
    was_tried: bool = False
    approval: str = ""
    schema: Mapping[str, Any] | None = None


def read(prompt: Prompt) -> Reading:
    """Return what a prompt asks for."""
    system, _ = blocks.split(prompt.system)
    said = "\n\n".join(text for role, text in prompt.turns if role != "assistant")
    turns, data = blocks.split(said)
    frame = f"{system}\n\n{turns}"
    words = frame.lower()
    kind = _kind(system.lower(), words)
    task = _task(turns, data)
    subject, critique = _subject(data)
    has_form = kind in ("judge", "critique")
    return Reading(
        kind=kind,
        task_type=_task_type(frame, task),
        task=task,
        subject=subject,
        critique=critique,
        keys=tuple(dict.fromkeys(_KEY.findall(frame))) if has_form else (),
        top_score=_top_score(words) if kind == "judge" else 1.0,
        was_tried=kind == "generate" and _ATTEMPT.search(words) is not None,
        approval=_approval(frame) if kind == "critique" else "",
        schema=prompt.schema or _schema(turns, data),
    )


def _kind(system: str, words: str) -> Kind:
    """Return the kind from the system's words if they tell, else from all of them."""
    kind = _kind_of(system)
    return kind if kind != "generate" or _TYPE.search(system) else _kind_of(words)


def _kind_of(words: str) -> Kind:
    if "hard_validators" in words or ("dependencies" in words and "json" in words):
        return "plan"
    if "score" in words and _JUDGE.search(words):
        return "judge"
    if _REVISE.search(words):
        return "revise"
    return "critique" if _CRITIQUE.search(words) else "generate"


def _task_type(frame: str, task: str) -> str:
    named = _TYPE.search(frame)
    if named is not None:
        return re.sub(r"[ -]", "_", named[1].lower())
    words = task.lower()
    return next((kind for kind, hint in _HINTS if hint.search(words)), "complex_reasoning")


def _task(frame: str, data: list[Block]) -> str:
    for block in data:
        if _TASK_LABEL.search(block.label):
            return block.text
    unnamed = [block for block in data if not _SUBJECT_LABEL.search(block.label)]
    return unnamed[0].text if unnamed else frame.strip()


def _subject(data: list[Block]) -> tuple[str, str]:
    """Return the text in question and the critique of it, as the blocks' labels tell."""
    critique = [block.text for block in data if _CRITIQUE_LABEL.search(block.label)]
    subject = [
        block.text
        for block in data
        if _SUBJECT_LABEL.search(block.label) and not _CRITIQUE_LABEL.search(block.label)
    ]
    if not subject and len(data) > 1 and not critique:
        subject = [data[-1].text]
    return (subject[-1] if subject else ""), "\n".join(critique)


def _approval(frame: str) -> str:
    found = _APPROVAL.search(frame)
    return found[1] if found else ""


def _top_score(words: str) -> float:
    if _HUNDRED.search(words):
        return 100.0
    return 10.0 if _TEN.search(words) else 1.0


def _schema(frame: str, data: list[Block]) -> Mapping[str, Any] | None:
    for text in (*(block.text for block in data), frame):
        start = text.find('{"')
        start = text.find("{\n") if start < 0 else start
        if start < 0 or '"type"' not in text or '"properties"' not in text:
            continue
        try:
            value, _ = json.JSONDecoder().raw_decode(text[start:])
        except ValueError:
            continue
        if isinstance(value, dict) and "properties" in value:
            return value
    return None
