"""Running text: answers, stories, summaries, reviews and assessments."""

from __future__ import annotations

from ..draws import Draws
from ..marks import mark
from .topic import subjects, title

_SENTENCES = (
    "{A} comes first, because {b} cannot be settled before it.",
    "The choice for {a} rests on how often {b} changes.",
    "Where {a} and {b} disagree, {a} decides and the difference is reported.",
    "A small {a} is kept in one place, so that {c} needs no copy of it.",
    "If {b} is missing, the reader is told so and nothing is guessed.",
    "{C} is read once at the start and then only looked up.",
    "The limits of {a} are stated in numbers, and each has a reason.",
    "That leaves {c}, which is the part most likely to grow.",
    "Two things speak for it: {b} stays simple, and {c} can be tested alone.",
    "The cost is one more step for {a}, paid once for every {c}.",
    "Errors in {b} are shown where they arise, with what to do about them.",
    "Nothing here depends on the order in which {b} and {c} arrive.",
)
_HEADINGS = ("Approach", "Details", "Limits", "Next steps", "Trade-offs", "Example")
_SEVERITIES = ("low", "low", "medium", "medium", "high")
_FINDINGS = (
    "the check of {a} accepts an empty value",
    "{b} is read twice where once would do",
    "no test covers {a} with {c} missing",
    "the name says {a} while the code handles {b}",
    "an error in {c} is swallowed",
    "{a} grows without a bound",
)
_LENGTHS = {  # sections, sentences each
    "summarization": (1, 4),
    "creative_writing": (4, 5),
    "complex_reasoning": (4, 4),
}


def prose(task: str, task_type: str, quality: float, draws: Draws) -> str:
    """Return a text on a task; a better one has more sections and says more in each."""
    sections, sentences = _LENGTHS.get(task_type, (3, 4))
    sections = max(1, round(sections * (0.4 + 0.7 * quality)))
    parts = [mark(quality, draws)]
    for number, heading in enumerate(draws.shuffle("headings", _HEADINGS)[:sections]):
        body = _paragraph(task, sentences, draws, f"section {number}")
        parts.append(body if sections == 1 else f"## {heading}\n\n{body}")
    intro = title(task) or "The question"
    return f"{intro}. {parts[0]}\n\n" + "\n\n".join(parts[1:]) + "\n"


def review(task: str, quality: float, draws: Draws) -> str:
    """Return a review: numbered findings with a severity each, more of them if it is a good one."""
    findings = draws.shuffle("findings", _FINDINGS)[: 2 + round(3 * quality)]
    lines = [
        f"{number}. **{draws.pick(f'severity {number}', _SEVERITIES)}**: "
        f"{_filled(finding, task, draws, str(number))}."
        for number, finding in enumerate(findings, 1)
    ]
    return f"{mark(quality, draws)}\n\n" + "\n".join(lines) + "\n"


def points(task: str, count: int, draws: Draws) -> list[str]:
    """Return so many findings, one sentence each."""
    chosen = draws.shuffle("points", _FINDINGS)[:count]
    return [_filled(finding, task, draws, str(index)) for index, finding in enumerate(chosen)]


def _paragraph(task: str, count: int, draws: Draws, name: str) -> str:
    chosen = draws.shuffle(name, _SENTENCES)[:count]
    return " ".join(
        _filled(sentence, task, draws, f"{name}/{index}") for index, sentence in enumerate(chosen)
    )


def _filled(sentence: str, task: str, draws: Draws, name: str) -> str:
    a, b, c, *_ = draws.shuffle(name, subjects(task, 5))
    filled = sentence.format(a=a, b=b, c=c, A=a.capitalize(), C=c.capitalize())
    return filled[0].upper() + filled[1:] if sentence[0] == "{" else filled
