"""What people said of a task's output, as others of the run's readers may see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Avg, Count, QuerySet

from budgets.core.access import Caller
from runs.models import Feedback, Task

SHOWN = 10
GONE = "somebody who is gone"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The newest verdicts on a task, how many there are in all, and their mean.

    `own` None: the caller is no person, or has given none. `mean` None: there is none.
    """

    n: int
    mean: float | None
    newest: Sequence[Feedback]
    own: Feedback | None


def verdict_list(task: Task) -> QuerySet[Feedback]:
    """Return all verdicts on a task that was read for its caller, the newest first."""
    rows = Feedback.objects.filter(task=task).select_related("by", "api_key")
    return rows.order_by("-pk")


def verdicts_of(caller: Caller, task: Task, *, texts: bool) -> Verdicts:
    """Return what was said of a task, two queries however much that is.

    `texts` False: without comments, for who may not read what people wrote.
    """
    rows = verdict_list(task)
    sums = rows.order_by().aggregate(n=Count("pk"), mean=Avg("score"))
    newest = readable(rows[:SHOWN], texts=texts) if sums["n"] else []
    own = next((one for one in newest if is_of(caller, one)), None)
    if own is None and sums["n"] > SHOWN:
        own = own_verdict(caller, task)
    return Verdicts(sums["n"], sums["mean"], newest, own)


def own_verdict(caller: Caller, task: Task) -> Feedback | None:
    """Return the verdict of a person, the newest if there are more; None: there is none."""
    if caller.user_id is None:
        return None
    return Feedback.objects.filter(task=task, by_id=caller.user_id).order_by("-pk").first()


def is_of(caller: Caller, verdict: Feedback) -> bool:
    """Tell whether a verdict is the caller's own, as a person."""
    return caller.user_id is not None and verdict.by_id == caller.user_id


def readable(rows: Iterable[Feedback], *, texts: bool) -> list[Feedback]:
    """Return verdicts; `texts` False: without comments."""
    found = list(rows)
    for one in found:
        one.comment = one.comment if texts else ""
    return found


def giver_of(verdict: Feedback) -> str:
    """Return who gave a verdict, as others know them."""
    if verdict.by is not None:
        return verdict.by.get_full_name() or verdict.by.get_username()
    return f"key {verdict.api_key.name}" if verdict.api_key is not None else GONE
