"""A small page for each kind of problem: what the `type` of an error leads to."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.problems import PROBLEMS


@require_safe
def problem(request: HttpRequest, slug: str) -> HttpResponse:
    if slug not in PROBLEMS:
        raise Http404
    return render(request, "problem.html", {"problem": PROBLEMS[slug]})
