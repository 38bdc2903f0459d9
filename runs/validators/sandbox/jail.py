"""The inside of the sandbox: from a freshly cloned process to the program that it runs.

Order matters: the file system first (it needs capabilities), then identity, then the filter,
then limits, then the program. Whatever fails is reported and ends the process.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
from pathlib import Path
from typing import Final, NoReturn

from . import kernel, seccomp
from .spec import INNER_ID, WORK_FOLDER, Limits, Spec

# No /dev/zero: shared mappings of it are memory that no process is charged for.
_DEVICES: Final = ("/dev/null", "/dev/urandom", "/dev/random")
_OLD_ROOT: Final = "/old"
_READ_ONLY: Final = kernel.ATTR_RDONLY | kernel.ATTR_NOSUID


def enter(spec: Spec, *, gate: int, output: int, report: int) -> NoReturn:
    """Isolate this process, the first of its namespaces, and run the program in a child.

    `gate` gives one byte when the parent has mapped the identities, and ends when it is gone.
    `report` takes JSON lines: the failure that stopped the set-up, or the program's wait status.
    """
    try:
        # the first process of a namespace is deaf to signals from inside that it does not handle
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.read(gate, 1) != b"+":
            os._exit(1)
        _attach(output)
        _build_root(spec)
        _drop_privileges(gate)
        _write_files(spec.files)
        status = _run(spec, report)
        os.write(report, json.dumps({"status": status}).encode() + b"\n")
    except BaseException as error:  # nothing may escape into the parent's code
        os.write(report, json.dumps({"error": f"{error!s}"[:500]}).encode() + b"\n")
    os._exit(0)


def _attach(output: int) -> None:
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.setsid()


def _build_root(spec: Spec) -> None:
    """Replace the host's file system by an empty one that shows only what `spec` names."""
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    plain = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("tmpfs", "/tmp", "tmpfs", plain, "size=1m,nr_inodes=2048,mode=755")  # noqa: S108
    os.chdir("/tmp")  # noqa: S108
    Path("old").mkdir()
    kernel.pivot_root(".", "old")
    os.chdir("/")
    for source, target in spec.binds:
        _bind(source, target, _READ_ONLY | kernel.ATTR_NODEV)
    for device in _DEVICES:
        _bind(device, device, _READ_ONLY | kernel.ATTR_NOEXEC)
    for path in spec.hidden:
        kernel.mount("tmpfs", path, "tmpfs", plain | 1, "size=4k,mode=755")
    for target, path in spec.links:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).symlink_to(target)
    _mount_work_folder(spec.limits)
    kernel.detach(_OLD_ROOT)
    Path(_OLD_ROOT).rmdir()
    kernel.restrict_mount("/", _READ_ONLY | kernel.ATTR_NODEV, recursive=False)
    kernel.set_host_name("sandbox")


def _bind(source: str, target: str, attributes: int) -> None:
    inside = Path(target)
    if Path(_OLD_ROOT + source).is_dir():
        inside.mkdir(parents=True, exist_ok=True)
    else:
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.touch()
    kernel.mount(_OLD_ROOT + source, target, None, kernel.MS_BIND | kernel.MS_REC)
    kernel.restrict_mount(target, attributes, recursive=True)


def _mount_work_folder(limits: Limits) -> None:
    Path(WORK_FOLDER).mkdir()
    flags = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    size = f"size={limits.disk_bytes},nr_inodes={limits.disk_files}"
    owner = f"mode=700,uid={INNER_ID},gid={INNER_ID}"
    kernel.mount("tmpfs", WORK_FOLDER, "tmpfs", flags, f"{size},{owner}")


def _drop_privileges(gate: int) -> None:
    kernel.close_capability_bounds()
    if os.getuid() != INNER_ID:  # started by root: become nobody before the program runs
        os.setgroups([])
        os.setresgid(INNER_ID, INNER_ID, INNER_ID)
        os.setresuid(INNER_ID, INNER_ID, INNER_ID)
    kernel.drop_capabilities()
    # A change of identity clears the death signal; the gate tells whether it came too late.
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if select.select([gate], [], [], 0)[0]:
        os._exit(1)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    seccomp.install()


def _write_files(files: dict[str, str]) -> None:
    root = Path(WORK_FOLDER)
    (root / ".tmp").mkdir()
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))


def _run(spec: Spec, report: int) -> int:
    """Run the program and wait for it; reap what it leaves behind. Return its wait status."""
    both = (spec.limits.processes, spec.limits.processes)
    resource.setrlimit(resource.RLIMIT_NPROC, both)
    program = os.fork()
    if program == 0:
        _execute(spec, report)
    while True:
        child, status = os.wait()
        if child == program:
            return status


def _execute(spec: Spec, report: int) -> NoReturn:
    try:
        os.chdir(WORK_FOLDER)
        os.umask(0o077)
        os.nice(5)
        _limit(spec.limits)
        os.execve(spec.argv[0], spec.argv, spec.environment)  # noqa: S606
    except BaseException as error:
        os.write(report, json.dumps({"error": f"{spec.argv[0]}: {error!s}"}).encode() + b"\n")
        os._exit(127)


def _limit(limits: Limits) -> None:
    most = {
        resource.RLIMIT_AS: limits.address_space_bytes,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for kind, value in most.items():
        resource.setrlimit(kind, (value, value))
    # the soft limit sends SIGXCPU, which tells this end from others
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
