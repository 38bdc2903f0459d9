"""The one form in which the engine puts a question to a model."""

from __future__ import annotations

from routing.core.catalog import ModelSpec
from routing.core.request import Message, ModelRequest
from runs.core.rules import Phase, timeout_seconds


def request(
    phase: Phase,
    task_type: str,
    spec: ModelSpec,
    messages: tuple[Message, ...],
    max_output_tokens: int,
    *,
    temperature: float | None = None,
    json_output: bool = False,
    sample: int = 0,
) -> ModelRequest:
    """Return the request for this model, with the time its kind and task are given."""
    return ModelRequest(
        phase=phase,
        task_type=task_type,
        messages=messages,
        max_output_tokens=max_output_tokens,
        temperature=temperature,
        timeout_seconds=timeout_seconds(task_type, reasoning=spec.reasoning),
        json_output=json_output,
        sample=sample,
    )
