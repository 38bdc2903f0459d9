"""What `manage.py start` makes of an empty database, once."""

from __future__ import annotations

import pytest
from django.utils import timezone

from runs.management.commands.start import prepare_demo, welcome
from runs.services.demo import has_demo, remove_demo

pytestmark = pytest.mark.django_db


def test_a_first_start_fills_the_dashboards_and_says_that_it_is_made_up():
    demo = prepare_demo(timezone.now())
    assert has_demo()
    assert "remove_demo" in welcome(demo)


def test_history_that_was_removed_stays_away_from_the_next_start():
    prepare_demo(timezone.now())
    remove_demo()
    demo = prepare_demo(timezone.now())
    assert not has_demo()
    assert "seed_demo" in welcome(demo)
