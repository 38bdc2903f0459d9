"""What the worker must survive, each with real processes that are really killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable

import psutil
import pytest
from django.core.management import get_commands

from tests.integration.worker.jobs import carry_until_stopped
from tests.integration.worker.world import ROOT, Cluster, Store, lives, until

LONG = 12  # seconds; it takes 4, but machines that run tests are busy
Start = Callable[[], Cluster]


def test_manage_py_qcluster_is_the_hardened_one():
    assert get_commands()["qcluster"] == "runs"


def test_start_rings_the_bell_by_itself(cluster: Cluster):
    assert until(lambda: "'runs.jobs.carry_out_runs'" in cluster.text())


def test_jobs_are_carried_out_once_each(store: Store, cluster: Cluster):
    for number in range(10):
        store.work(f"job {number}")
    assert until(lambda: len(store.marks()) == 20 and not store.queued())
    assert {store.count(f"job {number}", "began") for number in range(10)} == {1}


@pytest.mark.parametrize("kind", ["q-worker", "q-pusher", "q-monitor", "q-sentinel"])
def test_killing_an_idle_process_stops_nothing(store: Store, cluster: Cluster, kind: str):
    store.work("before")
    assert until(lambda: store.has("before", "ended") and not store.queued())
    time.sleep(0.6)  # by now one of the workers holds the queue's lock
    old = cluster.members()
    for process in cluster.members(kind):
        process.kill()
    # A job that the dying pool still took would come back only when its lock has run out.
    assert until(lambda: cluster.is_whole() and not any(lives(one) for one in old)), cluster.text()
    store.work("after")
    assert until(lambda: store.has("after", "ended")), cluster.text()
    assert (store.count("before", "began"), store.count("after", "began")) == (1, 1)


def test_killing_a_busy_worker_loses_neither_its_job_nor_the_next(store: Store, cluster: Cluster):
    store.work("long", 3.0)
    assert until(lambda: store.has("long", "began"))
    psutil.Process(store.marks("long")[0].pid).kill()
    store.work("next")
    assert until(lambda: store.has("next", "ended")), cluster.text()
    assert until(lambda: store.queued() == ["long"])
    store.unlock_all()
    assert until(lambda: store.has("long", "ended"))


def test_a_sibling_of_a_killed_worker_may_end_its_short_job(store: Store, cluster: Cluster):
    store.work("victim", 60)
    store.work("sibling", 1.5)
    assert until(lambda: store.has("victim", "began") and store.has("sibling", "began"))
    psutil.Process(store.marks("victim")[0].pid).kill()
    assert until(lambda: store.has("sibling", "ended"))
    assert until(lambda: store.queued() == ["victim"])


def test_sigterm_to_one_worker_replaces_it_after_its_job(store: Store, cluster: Cluster):
    store.work("short", 1.0)
    assert until(lambda: store.has("short", "began"))
    worker = psutil.Process(store.marks("short")[0].pid)
    old = {process.pid for process in cluster.members()}
    worker.terminate()
    assert until(lambda: store.has("short", "ended") and not lives(worker))
    assert until(cluster.is_whole)
    assert {process.pid for process in cluster.members()} > old - {worker.pid}
    assert until(lambda: not store.queued())


def test_killing_the_sentinel_takes_its_workers_along(store: Store, cluster: Cluster):
    store.work("long", 60)
    assert until(lambda: store.has("long", "began"))
    old = cluster.members()
    cluster.members("q-sentinel")[0].kill()
    assert until(lambda: not any(lives(process) for process in old))
    assert until(cluster.is_whole)


def test_killing_the_main_process_leaves_no_orphans(store: Store, cluster: Cluster):
    store.work("long", 60)
    assert until(lambda: store.has("long", "began"))
    cluster.main.kill()
    assert until(lambda: not cluster.left_behind())
    store.work("nobody is left for this")
    time.sleep(1)
    assert store.takeable() == ["nobody is left for this"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("busy", [False, True])
def test_a_signal_to_the_group_ends_it(
    store: Store, cluster: Cluster, number: signal.Signals, busy: bool
):
    if busy:
        store.work("long", 60)
        assert until(lambda: store.has("long", "began"))
    cluster.signal_group(number)
    assert cluster.main.wait(LONG) == 0
    assert until(lambda: not cluster.left_behind(), 1)
    assert store.queued() == (["long"] if busy else [])


def test_a_second_ctrl_c_does_no_harm(store: Store, cluster: Cluster):
    store.work("long", 60)
    assert until(lambda: store.has("long", "began"))
    cluster.signal_group(signal.SIGINT)
    time.sleep(0.5)
    cluster.signal_group(signal.SIGINT)
    assert cluster.main.wait(LONG) == 0
    assert until(lambda: not cluster.left_behind(), 1)


def test_sigterm_to_the_main_process_lets_carriers_hand_back(store: Store, cluster: Cluster):
    store.enqueue(carry_until_stopped, "runs in flight")
    assert until(lambda: store.has("runs in flight", "began"))
    cluster.members()
    cluster.main.terminate()
    assert cluster.main.wait(LONG) == 0
    assert store.has("runs in flight", "released")
    assert not store.queued()
    assert not cluster.left_behind()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_loads_ends_it_at_once(store: Store, number: signal.Signals):
    command = [sys.executable, "manage.py", "qcluster"]
    with subprocess.Popen(command, cwd=ROOT, env=store.environment) as main:
        time.sleep(1.2)
        main.send_signal(number)
        try:
            assert main.wait(LONG) in (0, -number)
        finally:
            main.kill()


def test_a_stop_gives_back_the_jobs_that_were_not_begun(store: Store, cluster: Cluster):
    for label in "abcdef":
        store.work(label, 60)
    assert until(lambda: len(store.marks()) == 2 and len(store.takeable()) < 4)
    cluster.signal_group(signal.SIGTERM)
    assert cluster.main.wait(LONG) == 0
    begun = {mark.label for mark in store.marks()}
    assert store.takeable() == sorted(set("abcdef") - begun)


def test_two_clusters_share_the_work_without_doubling_it(store: Store, start: Start):
    clusters = [start(), start()]
    labels = [f"job {number}" for number in range(24)]
    for label in labels:
        store.work(label, 0.1)
    assert until(lambda: not store.queued())
    assert {store.count(label, "ended") for label in labels} == {1}
    workers = [{process.pid for process in cluster.members("q-worker")} for cluster in clusters]
    assert all(pids & {mark.pid for mark in store.marks()} for pids in workers)


def test_the_second_cluster_goes_on_when_the_first_is_killed(store: Store, start: Start):
    first, second = start(), start()
    first.members()
    first.main.kill()
    assert until(lambda: not first.left_behind())
    store.work("after")
    assert until(lambda: store.has("after", "ended")), second.text()
