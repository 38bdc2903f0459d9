"""A month of made-up history: putting it in, and taking it out again."""

from __future__ import annotations

from runs.services.demo.history import Seeded, has_demo, remove_demo, seed_demo

__all__ = ["Seeded", "has_demo", "remove_demo", "seed_demo"]
