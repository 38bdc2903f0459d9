"""What the environment says of providers: keys, addresses, and whether to simulate.

Read when asked, not at import: keys are nowhere kept, and so never shown.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from routing.core.catalog import ProviderSpec

# Sent where a provider takes any key: an adapter refuses to call without one.
ANY_KEY = "none"
TRUE = {"1", "true", "yes", "on"}


def api_key(provider: ProviderSpec) -> str:
    """Return the provider's key; never log it."""
    return _text(provider.api_key_env) or ANY_KEY


def api_base(provider: ProviderSpec) -> str | None:
    """Return the address to call; None: the adapter's own."""
    base = _text(provider.api_base_env)
    if not base and provider.simulated:
        base = f"http://127.0.0.1:{_text('SIM_PORT') or '8100'}"
    return base.rstrip("/") + provider.api_base_path if base else None


def available(providers: Iterable[ProviderSpec]) -> frozenset[str]:
    """Return the names of the providers that can be called.

    Real ones whose variables are set; simulated ones while there is no real one, and alone,
    whatever keys are set, where USE_SIMULATOR says so: no real money is spent by mistake.
    """
    providers = tuple(providers)
    real = frozenset(one.name for one in providers if not one.simulated and _is_set_up(one))
    if real and _text("USE_SIMULATOR").lower() not in TRUE:
        return real
    return frozenset(one.name for one in providers if one.simulated)


def has_key(provider: ProviderSpec) -> bool:
    """Tell whether the variables that a provider needs are set; never to what."""
    return provider.simulated or _is_set_up(provider)


def extra_models() -> Mapping[str, tuple[str, str] | None]:
    """Return the models that EXTRA_MODELS adds, with dollars per million tokens where given.

    Shape: `mistral/mistral-large-latest, compatible/llama-3.3@0.10/0.40`.
    """
    found: dict[str, tuple[str, str] | None] = {}
    for word in (_text("EXTRA_MODELS")).split(","):
        name, _, price = word.strip().partition("@")
        dollars_in, _, dollars_out = price.partition("/")
        if name:
            found[name] = (dollars_in, dollars_out) if price else None
    return found


def _is_set_up(provider: ProviderSpec) -> bool:
    return bool(provider.required_env) and all(_text(name) for name in provider.required_env)


def _text(name: str | None) -> str:
    return os.environ.get(name, "").strip() if name else ""
