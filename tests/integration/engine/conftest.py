"""What every engine test stands on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fixtures.simulator import Simulator


@pytest.fixture
def providers(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[Simulator]:
    """Point the engine at the simulator, and let nothing wait for a cooldown."""
    monkeypatch.setenv("SIM_BASE_URL", simulator.url)
    monkeypatch.setenv("USE_SIMULATOR", "1")
    settings.PATIENCE_SECONDS = 0
    yield simulator
