"""What `manage.py start` makes of an empty database, once."""

from __future__ import annotations

import pytest
from django.utils import timezone

from runs.management.commands.start import prepare_demo, welcome
from runs.services.demo import has_demo, remove_demo

pytestmark = pytest.mark.django_db


def test_a_first_start_fills_the_dashboards_and_what_is_removed_stays_away_from_the_next():
    demo = prepare_demo(timezone.now())
    assert has_demo()
    assert "remove_demo" in welcome(demo), "it says that it is made up"

    remove_demo()

    demo = prepare_demo(timezone.now())
    assert not has_demo()
    assert "seed_demo" in welcome(demo)
