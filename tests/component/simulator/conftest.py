from __future__ import annotations

from tests.fixtures.simulator import simulator, simulator_process

__all__ = ["simulator", "simulator_process"]
