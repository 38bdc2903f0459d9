"""The providers and models that can be called.

Invariant: every model of a catalogue names a provider of the same catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

TIERS = ("economy", "standard", "premium")
TASK_TYPES = frozenset(
    {
        "code_generation",
        "code_review",
        "complex_reasoning",
        "creative_writing",
        "data_extraction",
        "summarization",
        "evaluation",
    }
)


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """Describe where a provider is reached and which variables of the environment it needs.

    `api_key_env` None: it takes any key. `api_base_env` None or unset: the adapter's own
    address. `api_base_path` is appended to the base. `required_env`: all must be set for
    the provider to be available.
    """

    name: str
    api_key_env: str | None = None
    api_base_env: str | None = None
    region: str = ""
    tags: frozenset[str] = frozenset()
    api_base_path: str = ""
    required_env: tuple[str, ...] = ()
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Describe one model as routing sees it.

    `litellm_name` is the adapter's prefix and the name on the wire. `priced_as` is the key
    of the price map. `price_usd` overrides the price map, in dollars per million tokens
    (input, output); None: the price map decides.
    """

    name: str
    provider: str
    litellm_name: str
    tier: str
    task_types: frozenset[str]
    context_window: int
    max_output_tokens: int
    reasoning: bool
    region: str
    tags: frozenset[str]
    simulated: bool
    priced_as: str = ""
    price_usd: tuple[Decimal, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Hold providers and models by name, in the order of the file."""

    providers: Mapping[str, ProviderSpec]
    models: Mapping[str, ModelSpec]
