"""Children end with their parent on systems without a parent-death signal, too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil
import pytest

from tests.integration.worker.world import ROOT, lives, until

FAMILY = """
import os, sys, time
from runs.management.lifeline import die_with_parent, find_prctl
prctl = find_prctl() if sys.argv[1] == "prctl" else None
parent = os.getpid()
if os.fork() == 0:
    die_with_parent(parent, "q-child", prctl)
    print(os.getpid(), flush=True)
time.sleep(60)
"""
ORPHAN = """
import os, time
from runs.management.lifeline import die_with_parent, find_prctl
die_with_parent(os.getppid() + 1, "q-orphan", find_prctl())
time.sleep(60)
"""


@pytest.mark.parametrize("means", ["prctl", "polling"])
def test_a_child_dies_with_its_killed_parent(means: str):
    command = [sys.executable, "-c", FAMILY, means]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        os.kill(parent.pid, signal.SIGKILL)
        try:
            assert until(lambda: not lives(child), 3)
        finally:
            if lives(child):
                child.kill()


def test_a_child_whose_parent_died_first_ends_at_once():
    assert subprocess.run([sys.executable, "-c", ORPHAN], cwd=ROOT, timeout=5).returncode == 1
