"""How much hostile code can use up, and that nothing of it is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from runs.validators.sandbox import launch, runtime
from runs.validators.sandbox.spec import MIB, Limits

PROJECT = Path(__file__).resolve().parents[3]


def test_there_is_a_sandbox_here():
    assert launch.sandbox_available() is None


def test_a_program_runs_to_its_end(inside):
    result = inside(
        "import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)"
    )
    assert result == launch.SandboxResult(3, "out\nerr\n", None, truncated=False)


def test_a_fork_bomb_ends_at_the_limit(inside, processes_with):
    mark = uuid.uuid4().hex
    result = inside(
        f"""
        # {mark}
        import os, time
        for count in range(10_000):
            try:
                if os.fork() == 0:
                    time.sleep(60)
            except OSError as error:
                print(count, type(error).__name__)
                break
        """,
        processes=20,
    )
    count, name = result.output.split()
    assert int(count) < 20
    assert name == "BlockingIOError"
    assert processes_with(mark) == []


def test_a_bomb_that_never_stops_forking_is_ended(inside, processes_with):
    mark = uuid.uuid4().hex
    result = inside(
        f"""
        # {mark}
        import os
        while True:
            try:
                os.fork()
            except OSError:
                pass
        """,
        wall_seconds=3,
        cpu_seconds=2,
    )
    assert result.timed_out
    assert processes_with(mark) == []


def test_threads_count_as_processes(inside):
    result = inside(
        """
        import threading, time
        for count in range(1_000):
            try:
                threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            except RuntimeError:
                print(count)
                break
        """,
        processes=20,
    )
    assert int(result.output) < 20


def test_ten_gigabytes_are_refused_to_one_process(inside):
    result = inside("bytearray(10 * 1024**3)")
    assert result.exit_code == 1
    assert "MemoryError" in result.output


def test_memory_is_limited_across_processes(inside, processes_with):
    mark = uuid.uuid4().hex
    result = inside(
        f"""
        # {mark}
        import os, time
        for _ in range(25):
            if os.fork() == 0:
                held = bytearray(400 * 1024**2)
                held[::4096] = b"x" * len(held[::4096])
                time.sleep(60)
        time.sleep(60)
        """,
        wall_seconds=120,
    )
    assert result.killed_by == "memory"
    assert processes_with(mark) == []


@pytest.mark.parametrize(
    "source",
    [
        "import mmap; mmap.mmap(-1, 4096)",  # shared between processes, charged to none
        "import os; os.memfd_create('x')",
        "open('/dev/zero')",
    ],
)
def test_memory_that_is_charged_to_no_process_is_refused(inside, source):
    assert inside(source).exit_code == 1


def test_an_endless_loop_is_ended(inside):
    result = inside("while True: pass", cpu_seconds=1, wall_seconds=120)
    assert result.killed_by == "cpu"
    assert result.timed_out


def test_an_endless_loop_that_ignores_signals_is_ended(inside):
    source = "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    assert inside(source, cpu_seconds=1, wall_seconds=120).killed_by in {"cpu", "SIGKILL"}


def test_loops_in_many_processes_share_one_allowance(inside):
    source = """
        import os
        for _ in range(3):
            os.fork()
        while True:
            pass
    """
    assert inside(source, cpu_seconds=1, wall_seconds=120).killed_by == "cpu"


def test_an_endless_sleep_is_ended(inside, processes_with):
    mark = uuid.uuid4().hex
    result = inside(f"import time  # {mark}\ntime.sleep(600)", wall_seconds=1)
    assert result.killed_by == "wall_clock"
    assert result.timed_out
    assert processes_with(mark) == []


def test_an_endless_print_is_cut_and_ended(inside):
    result = inside("while True: print('x' * 1000)", output_bytes=10_000)
    assert result.killed_by == "output"
    assert result.truncated
    assert len(result.output) == 10_000


def test_the_disk_cannot_be_filled(inside):
    result = inside(
        """
        import os
        total = 0
        try:
            for number in range(10_000):
                with open(f"f{number}", "wb") as file:
                    total += file.write(bytes(1024**2))
        except OSError as error:
            print(total, error.errno)
        """,
        disk_bytes=8 * MIB,
    )
    total, code = map(int, result.output.split())
    assert total <= 8 * MIB
    assert code == 28


def test_one_file_cannot_grow_over_its_limit(inside):
    source = (
        "file = open('f', 'wb')\nfor _ in range(1000): file.write(bytes(1024**2)); file.flush()"
    )
    result = inside(source, file_bytes=2 * MIB)
    assert result.exit_code == 1
    assert "File too large" in result.output


def test_the_number_of_files_is_limited(inside):
    result = inside("for n in range(100_000): open(f'f{n}', 'w').close()", disk_files=500)
    assert "No space left" in result.output


def test_what_it_leaves_running_ends_with_it(inside, processes_with):
    mark = uuid.uuid4().hex
    result = inside(f"""
        # {mark}
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(600)
            os._exit(0)
    """)
    assert result.exit_code == 0
    assert processes_with(mark) == []


def test_a_crash_is_told_from_an_exit(inside):
    result = inside("import ctypes; ctypes.string_at(0)")
    assert result.exit_code is None
    assert result.killed_by == "SIGSEGV"


def test_a_program_that_does_not_exist_is_no_pass():
    with pytest.raises(launch.SandboxUnavailable, match="No such file"):
        asyncio.run(launch.run(["/no/such/program"], {}))


async def _sleep_inside(mark: str, seconds: float = 600.0) -> launch.SandboxResult:
    source = f"import time  # {mark}\nprint(time.time()); time.sleep({seconds}); print(time.time())"
    return await launch.run(
        [runtime.python_path(), "-I", "-c", source], {}, Limits(wall_seconds=60)
    )


def test_the_loop_goes_on_while_the_sandbox_works():
    async def count() -> int:
        running = asyncio.create_task(_sleep_inside("x", 1.0))
        ticks = 0
        while not running.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks

    assert asyncio.run(count()) > 20


def test_only_a_few_run_at_once():
    async def many() -> list[launch.SandboxResult]:
        return await asyncio.gather(*[_sleep_inside("x", 0.5) for _ in range(7)])

    spans = [tuple(map(float, result.output.split())) for result in asyncio.run(many())]
    most = max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)
    assert 2 <= most <= 4


def test_a_cancelled_run_is_ended(processes_with):
    mark = uuid.uuid4().hex

    async def cancel() -> None:
        running = asyncio.create_task(_sleep_inside(mark))
        while not processes_with(mark, 0):
            await asyncio.sleep(0.05)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancel())
    assert processes_with(mark) == []


@pytest.mark.parametrize("victim", ["worker", "supervisor"])
def test_a_sandbox_dies_with_the_process_that_wanted_it(victim, processes_with):
    mark = uuid.uuid4().hex
    source = (
        "import asyncio\n"
        "from runs.validators.sandbox import launch, runtime\n"
        f"code = 'import time  # {mark[:16]}' + '{mark[16:]}' + chr(10) + 'time.sleep(600)'\n"
        "argv = [runtime.python_path(), '-I', '-c', code]\n"
        "asyncio.run(launch.run(argv, {}))\n"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", source], cwd=PROJECT, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 20
        while not processes_with(mark, 0) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert processes_with(mark, 0)
        target = worker.pid if victim == "worker" else _child_of(worker.pid)
        os.kill(target, signal.SIGKILL)
        assert processes_with(mark) == []
    finally:
        worker.kill()
        worker.wait()


def _child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
