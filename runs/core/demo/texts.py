"""What made-up tasks ask for, answer and are told, so that their pages are not empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class DemoTexts:
    """Hold the texts of one type of task. `faults`: what a reviewer found in a weak answer."""

    prompt: str
    output: str
    praise: str
    faults: str


TEXTS: Final[Mapping[str, DemoTexts]] = MappingProxyType(
    {
        "code_generation": DemoTexts(
            "Write the function that this step needs, with type hints and a docstring.",
            "def allowed(used: int, limit: int) -> bool:\n"
            '    """Tell whether one more request fits into the limit."""\n'
            "    return used < limit\n",
            "The code does what was asked, is typed, and its edge cases are right.",
            "A limit of zero is not considered, and nothing says what a negative one means.",
        ),
        "code_review": DemoTexts(
            "Review the change: name each fault with its line, and what to do about it.",
            "1. Line 14: the session is closed twice; close it in `finally` alone.\n"
            "2. Line 31: the query runs once per row; ask for all rows at once.\n",
            "Both findings are right, and each says what to do.",
            "The missing test of the error path was overlooked.",
        ),
        "complex_reasoning": DemoTexts(
            "Find out what explains the observations best, and what speaks against it.",
            "The waits grow with the number of open carts, not with traffic: the lock on the "
            "stock table explains both. Against it speaks only Sunday, when few orders came in.\n",
            "The conclusion follows, and the counter-evidence is named.",
            "The second explanation is dismissed without a reason.",
        ),
        "creative_writing": DemoTexts(
            "Write the text for people who see the product for the first time.",
            "Welcome. In five minutes you will have your first report: choose a source, say what "
            "you want to know, and read on while it is worked out.\n",
            "Clear and friendly, and it promises nothing that is not there.",
            "The second paragraph repeats the first one in other words.",
        ),
        "data_extraction": DemoTexts(
            "Extract the fields as JSON; leave out what the text does not say.",
            '{"supplier": "Northgate Ltd", "net_amount": "1240.00", "due": "2026-12-15"}\n',
            "All fields are right, and none is made up.",
            "The due date is that of the order, not of the invoice.",
        ),
        "summarization": DemoTexts(
            "Summarise it in three sentences for somebody who was not there.",
            "Most tickets were about the new log-in. Two of them need an answer from the billing "
            "team. The number of open ones fell for the third week in a row.\n",
            "Short and true to its source.",
            "The open question about billing, which mattered most, is left out.",
        ),
        "evaluation": DemoTexts(
            "Judge the result against its criteria, and give a reason for each.",
            "Complete: yes, all three parts are there.\nUnderstandable: mostly; the second part "
            "uses two terms before it explains them.\n",
            "Each criterion is judged, with a reason that holds.",
            "The second judgement contradicts the first.",
        ),
    }
)


def critique_of(kind: str, accepted: bool) -> str:
    """Return what a reviewer says of an answer."""
    return TEXTS[kind].praise if accepted else TEXTS[kind].faults
