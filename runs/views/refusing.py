"""Refusals, as sentences that say what to do next."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.http import HttpResponse

from budgets.core.errors import BudgetExceeded, InvalidChange
from runs.core.refusals import RunBudgetSpent
from runs.views.formats import usd


def sentence(refused: Exception) -> str:
    """Return why money or models were refused, and who can change that."""
    if isinstance(refused, BudgetExceeded):
        return _budget_sentence(refused)
    if isinstance(refused, RunBudgetSpent):
        return (
            f"The run has spent {usd(refused.spent_nanousd)} of {usd(refused.limit_nanousd)}: "
            "give it a larger budget to go on."
        )
    return str(refused)


def _budget_sentence(refused: BudgetExceeded) -> str:
    free = refused.limit_nanousd - refused.spent_nanousd - refused.held_nanousd
    parts = [
        f"The {refused.scope}'s budget has {usd(max(0, free))} free, and this asks for "
        f"{usd(refused.requested_nanousd)}: of {usd(refused.limit_nanousd)}, "
        f"{usd(refused.spent_nanousd)} is spent and {usd(refused.held_nanousd)} is held by "
        "runs under way."
    ]
    if refused.resets_at is not None:
        parts.append(f"It starts afresh on {refused.resets_at:%d %B %Y}.")
    if refused.who_can_raise:
        parts.append(f"It can be raised by {', '.join(refused.who_can_raise)}.")
    return " ".join(parts)


def put_errors(form: forms.Form, refused: InvalidChange) -> None:
    """Show what stands against a change beside the fields it is about."""
    for field, sentences in refused.errors.items():
        form.add_error(field, list(sentences))


def no_file(notes: Iterable[str]) -> HttpResponse:
    """Return what is wrong with an address, in place of a file of something else."""
    text = "\n".join(["No file was written.", *notes, ""])
    return HttpResponse(text, status=400, content_type="text/plain; charset=utf-8")
