"""What people say of a task's output, on the page of its run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from budgets.core.access import Action
from runs.core.plain_text import storable
from runs.core.refusals import NothingToJudge
from runs.selectors.runs import run_get
from runs.selectors.tasks import task_get
from runs.services import feedback
from runs.views.asking import caller_of, page

SCORES: Final[Mapping[str, float]] = {"good": 1.0, "fair": 0.5, "bad": 0.0}
MOST_COMMENT_CHARS: Final = 5_000


@require_POST
@page
def task_verdict(request: HttpRequest, run_id: UUID, key: str) -> HttpResponse:
    """Keep a verdict on a task's output, and show the task again."""
    caller = caller_of(request)
    task = task_get(run_get(caller, run_id, Action.WRITE_RUNS), key)
    score = SCORES.get(request.POST.get("verdict", ""))
    if score is None:
        messages.error(request, "Say whether it is good, fair or bad.", extra_tags="bad")
    else:
        try:
            said = storable(request.POST.get("comment", "").replace("\r\n", "\n").strip())
            given = feedback.give(caller, task, score, said[:MOST_COMMENT_CHARS], timezone.now())
        except NothingToJudge as refused:
            messages.warning(request, str(refused), extra_tags="warn")
        else:
            done = "changed" if given.corrected_at else "kept"
            messages.success(request, f"Your verdict on {key} is {done}.", extra_tags="ok")
    return redirect(f"{reverse('run', args=[run_id])}?{urlencode({'task': key})}")
