"""Made-up history is gone without a trace; not where others look at some that stays."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.utils import timezone

from budgets.models import Org
from budgets.services.demo import make_demo
from runs.services.demo import has_demo
from tests.integration.runs.rows import counts
from tests.integration.telemetry.facts import call, figures, record
from tests.world import make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Org:
    monkeypatch.setenv("USE_SIMULATOR", "1")
    return make_demo(timezone.now()).org


def test_removing_takes_all_of_it_and_nothing_else(demo: Org) -> None:
    team = demo.teams.get(slug="eng")
    mine = make_run(team, labels={"demo": "yes"})
    record(call(org_id=demo.pk, team_id=team.pk, run_id=mine.pk))
    before, written = counts(), figures()
    call_command("seed_demo", stdout=io.StringIO())
    assert has_demo()

    call_command("remove_demo", stdout=io.StringIO())

    assert counts() == before
    assert figures() == written
    record(call(org_id=demo.pk, team_id=team.pk))
