"""Files of data sets as pages give them: streamed, and recorded before the first line goes out."""

from __future__ import annotations

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from runs.core.tuning.dataset import Part
from runs.models import TuningDataset
from runs.services.tuning.datasets import chunks_in_turn, chunks_of, log_download


def download(
    request: HttpRequest, dataset: TuningDataset, form: str, part: Part, *, actor: str
) -> StreamingHttpResponse:
    """Answer with a file."""
    log_download(dataset, form, part, actor=actor, now=timezone.now())
    chunks = chunks_of(dataset, form, part)
    name = f"{dataset.task_type}-{form}-{part.value}.jsonl"
    return StreamingHttpResponse(
        chunks_in_turn(chunks) if isinstance(request, ASGIRequest) else chunks,
        content_type="application/jsonl",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
