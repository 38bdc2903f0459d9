"""Small worlds for the tests of routing: factories with overrides."""

from __future__ import annotations

from typing import Any

from routing.core.candidates import Candidate
from routing.core.catalog import TASK_TYPES, ModelSpec, ProviderSpec
from routing.core.quality import Estimate
from routing.core.request import Message, ModelRequest


def make_candidate(model: str = "a/one", **overrides: Any) -> Candidate:
    fields: dict[str, Any] = {
        "model": model,
        "provider": model.partition("/")[0],
        "estimate": make_estimate(overrides.pop("mean", 0.7), overrides.pop("sd", 0.05)),
        "expected_cost_nanousd": 1_000_000,
        "upper_bound_nanousd": 5_000_000,
    }
    return Candidate(**(fields | overrides))


def make_estimate(
    mean: float = 0.7, sd: float = 0.05, n: int = 0, spread: float = 0.15
) -> Estimate:
    return Estimate(mean, sd, n, spread)


def make_spec(name: str = "a/one", **overrides: Any) -> ModelSpec:
    fields: dict[str, Any] = {
        "name": name,
        "provider": name.partition("/")[0],
        "litellm_name": f"openai/{name}",
        "tier": "standard",
        "task_types": TASK_TYPES,
        "context_window": 100_000,
        "max_output_tokens": 8_000,
        "reasoning": False,
        "region": "us",
        "tags": frozenset(),
        "simulated": False,
        "priced_as": name,
    }
    return ModelSpec(**(fields | overrides))


def make_request(**overrides: Any) -> ModelRequest:
    fields: dict[str, Any] = {
        "phase": "generation",
        "task_type": "summarization",
        "messages": (Message("user", "Sum it up."),),
        "max_output_tokens": 1_000,
        "temperature": 0.2,
        "timeout_seconds": 60.0,
    }
    return ModelRequest(**(fields | overrides))


def make_provider(name: str = "a", **overrides: Any) -> ProviderSpec:
    return ProviderSpec(name=name, **overrides)
