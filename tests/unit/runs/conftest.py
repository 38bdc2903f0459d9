"""How hypothesis searches here: the same examples each time, however busy the machine is."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unit", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("unit")
