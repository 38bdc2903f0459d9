from __future__ import annotations

import pytest
from django.core.cache import cache

from tests.world import World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    """Throttles count in the cache; no test may use up another's requests."""
    cache.clear()
