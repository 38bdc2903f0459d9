"""The system calls that Python's own library lacks; changes with the kernel's interface."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import struct
from typing import Any, Final

# PyDLL keeps the interpreter lock during a call: a clone() must not wake up without it.
_libc: Final = ctypes.PyDLL(None, use_errno=True)

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWCGROUP: Final = 0x02000000
CLONE_NEWUTS: Final = 0x04000000
CLONE_NEWIPC: Final = 0x08000000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000
ALL_NAMESPACES: Final = (
    CLONE_NEWNS
    | CLONE_NEWCGROUP
    | CLONE_NEWUTS
    | CLONE_NEWIPC
    | CLONE_NEWUSER
    | CLONE_NEWPID
    | CLONE_NEWNET
)

MS_NOSUID: Final = 2
MS_NODEV: Final = 4
MS_NOEXEC: Final = 8
MS_BIND: Final = 4096
MS_REC: Final = 16384
MS_PRIVATE: Final = 1 << 18
MNT_DETACH: Final = 2
ATTR_RDONLY: Final = 1
ATTR_NOSUID: Final = 2
ATTR_NODEV: Final = 4
ATTR_NOEXEC: Final = 8

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_SECCOMP: Final = 22
PR_CAPBSET_DROP: Final = 24
PR_SET_NO_NEW_PRIVS: Final = 38
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
SECCOMP_MODE_FILTER: Final = 2

_AT_FDCWD: Final = -100
_AT_RECURSIVE: Final = 0x8000
_MOUNT_SETATTR: Final = 442
_CAPABILITY_VERSION_3: Final = 0x20080522

# Source: linux/arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h
_NUMBERS: Final = {
    "x86_64": {"clone": 56, "pivot_root": 155, "capset": 126},
    "aarch64": {"clone": 220, "pivot_root": 41, "capset": 91},
}


def machine() -> str:
    """Return the processor's name. Raises: OSError for one whose call numbers are not known."""
    name = os.uname().machine
    if name not in _NUMBERS:
        raise OSError(f"no system call table for the processor {name}")
    return name


def _checked(what: str, result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def _syscall(what: str, number: int, *arguments: Any) -> int:
    return _checked(what, int(_libc.syscall(ctypes.c_long(number), *arguments)))


def clone(flags: int) -> int:
    """Fork into new namespaces; return 0 in the child, its process id in the parent."""
    null = ctypes.c_void_p(None)
    number = _NUMBERS[machine()]["clone"]
    return _syscall("clone", number, ctypes.c_ulong(flags | signal.SIGCHLD), null, null, null, null)


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """Mount a file system, or bind a folder or file."""
    _checked(
        f"mount {target}",
        _libc.mount(
            source.encode(),
            target.encode(),
            kind.encode() if kind else None,
            ctypes.c_ulong(flags),
            data.encode() or None,
        ),
    )


def restrict_mount(target: str, attributes: int, *, recursive: bool) -> None:
    """Add attributes such as read-only to a mount. Needs Linux 5.12."""
    # struct mount_attr: set, clear, propagation, userns_fd
    attr = struct.pack("QQQQ", attributes, 0, 0, 0)
    _syscall(
        f"mount_setattr {target}",
        _MOUNT_SETATTR,
        ctypes.c_int(_AT_FDCWD),
        ctypes.c_char_p(target.encode()),
        ctypes.c_uint(_AT_RECURSIVE if recursive else 0),
        ctypes.c_char_p(attr),
        ctypes.c_size_t(len(attr)),
    )


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root of this mount namespace and put the former one at `old`."""
    number = _NUMBERS[machine()]["pivot_root"]
    _syscall("pivot_root", number, ctypes.c_char_p(new.encode()), ctypes.c_char_p(old.encode()))


def detach(target: str) -> None:
    """Unmount a tree, at once and with all that is mounted in it."""
    _checked(f"umount {target}", _libc.umount2(target.encode(), MNT_DETACH))


def set_host_name(name: str) -> None:
    """Name the machine in this namespace."""
    _checked("sethostname", _libc.sethostname(name.encode(), ctypes.c_size_t(len(name))))


def prctl(option: int, value: Any = 0) -> None:
    """Change an attribute of this process."""
    argument = value if isinstance(value, ctypes.c_void_p) else ctypes.c_ulong(value)
    zero = ctypes.c_ulong(0)
    _checked(f"prctl {option}", _libc.prctl(option, argument, zero, zero, zero))


def close_capability_bounds() -> None:
    """Let no program started from here gain a capability. Needs CAP_SETPCAP."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            break  # the one after the last that this kernel knows


def drop_capabilities() -> None:
    """Give up every capability of this process."""
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    nothing = struct.pack("6I", *[0] * 6)
    number = _NUMBERS[machine()]["capset"]
    _syscall("capset", number, ctypes.c_char_p(header), ctypes.c_char_p(nothing))
