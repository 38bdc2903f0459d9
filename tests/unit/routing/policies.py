"""Policies for tests, and strategies that make many."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from routing.core.policy import Mode, Place, Policy, Rules
from tests.unit.routing.worlds import make_candidate, make_spec

# Enough to find what a table misses, and still quick.
few = settings(max_examples=20, deadline=None, derandomize=True)

PLACE = Place(1, None, "summarization")
PROVIDERS = ("a", "b", "c")
MODELS = tuple(f"{provider}/{name}" for provider in PROVIDERS for name in ("one", "two"))
REGIONS = {"a": "us", "b": "eu", "c": "cn"}
TAGS = {"a": frozenset({"no_train", "soc2"}), "b": frozenset({"no_train"}), "c": frozenset()}
SPECS = {
    name: make_spec(name, region=REGIONS[name[0]], tags=TAGS[name[0]]) for name in MODELS
}  # fmt: skip


def make_policy(name: str = "p", mode: str = "HARD", **overrides: Any) -> Policy:
    """A policy; rules by keyword beside scope, team_id, run_id, task_type and version."""
    places = {key: overrides.pop(key) for key in ("scope", "team_id", "run_id", "task_type")
              if key in overrides}  # fmt: skip
    version = overrides.pop("version", 3)
    return Policy(name, version, Mode(mode), Rules(**overrides), **places)


def _some(values: Any) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(sorted(values)), max_size=3)


rules = st.builds(
    Rules,
    allowed_providers=st.none() | _some(PROVIDERS),
    blocked_providers=_some(PROVIDERS),
    allowed_models=st.none() | _some(MODELS),
    blocked_models=_some(MODELS),
    regions=st.none() | _some(REGIONS.values()),
    required_tags=_some({"no_train", "soc2"}),
    max_cost_per_call_nanousd=st.none() | st.integers(1, 10),
    max_cost_per_task_nanousd=st.none() | st.integers(1, 10),
    max_p95_latency_ms=st.none() | st.integers(1, 10),
    min_quality=st.none() | st.floats(0.1, 0.9),
    unknown_price=st.none() | st.booleans(),
)
policies = st.builds(
    Policy,
    name=st.sampled_from("pqrstuvw"),
    version=st.integers(1, 3),
    mode=st.sampled_from(Mode),
    rules=rules,
    team_id=st.sampled_from([None, 1, 2]),
    task_type=st.sampled_from(["", "summarization", "evaluation"]),
)
bounds = st.none() | st.integers(0, 12)
candidates = st.tuples(
    *(
        st.builds(
            lambda bound, mean, name=name: make_candidate(
                name, upper_bound_nanousd=bound, expected_cost_nanousd=bound, mean=mean
            ),
            bounds,
            st.floats(0.05, 0.95),
        )
        for name in MODELS
    )
)
