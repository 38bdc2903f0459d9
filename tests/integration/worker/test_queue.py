"""The bell: heard once however often it is rung, and rung again while work is left."""

from __future__ import annotations

import sys
from datetime import timedelta
from types import ModuleType
from uuid import UUID

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from runs import jobs, queue

pytestmark = pytest.mark.django_db


def functions() -> list[str]:
    return [job.func() for job in OrmQ.objects.order_by("pk")]


def test_many_rings_make_one_job():
    for _ in range(50):
        queue.ring()
    assert functions() == [queue.CARRY_OUT_RUNS]


def test_ring_adds_a_job_when_the_queued_one_was_taken():
    queue.ring()
    OrmQ.objects.update(lock=timezone.now() + timedelta(minutes=1))
    queue.ring()
    assert functions() == [queue.CARRY_OUT_RUNS] * 2


def test_a_job_given_back_can_be_taken_at_once():
    queue.ring()
    OrmQ.objects.update(lock=timezone.now() + timedelta(minutes=1))
    queue.give_back(OrmQ.objects.get().pk)
    queue.ring()
    assert functions() == [queue.CARRY_OUT_RUNS]


def test_rings_among_many_other_jobs_stay_few():
    delivery = UUID(int=7)
    for _ in range(40):
        queue.enqueue_webhook(delivery)
        queue.ring()
    assert functions().count(queue.CARRY_OUT_RUNS) <= 40 / queue.LOOK_BACK + 1
    assert functions().count(queue.DELIVER_WEBHOOK) == 40


def test_ring_costs_two_queries(django_assert_num_queries):
    with django_assert_num_queries(2):
        queue.ring()


@pytest.mark.parametrize(("left", "rung"), [(True, [queue.CARRY_OUT_RUNS]), (False, [])])
def test_carry_out_runs_rings_again_only_while_runs_are_left(monkeypatch, left, rung):
    carrier = ModuleType("runs.engine.carry")
    monkeypatch.setattr(carrier, "work", lambda seconds: left and 0 < seconds <= 60, raising=False)
    monkeypatch.setitem(sys.modules, carrier.__name__, carrier)
    monkeypatch.setattr("runs.engine.carry", carrier, raising=False)
    jobs.carry_out_runs()
    assert functions() == rung
