"""The system calls refused inside the sandbox, as a BPF program; changes with the kernel's list.

Namespaces already withhold what most of these could reach. The filter is the second wall, and
closes the kernel's own attack surface and every kind of memory that no process is charged for.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from typing import Final

from . import kernel

_ALLOW: Final = 0x7FFF0000
_ERRNO: Final = 0x00050000
_KILL_PROCESS: Final = 0x80000000

_LOAD: Final = 0x20
_JUMP_IF_EQUAL: Final = 0x15
_JUMP_IF_AT_LEAST: Final = 0x35
_JUMP_IF_ANY_BIT: Final = 0x45
_AND: Final = 0x54
_RETURN: Final = 0x06

# Offsets in struct seccomp_data; arguments are 64 bits wide, the low half first.
_NR: Final = 0
_ARCH: Final = 4
_ARGUMENT_0: Final = 16
_ARGUMENT_3: Final = 40

_X32_BIT: Final = 0x40000000
_NEW_NAMESPACE_FLAGS: Final = kernel.ALL_NAMESPACES
_SHARED_ANONYMOUS: Final = 0x21
_AUDIT_ARCH: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CLONE: Final = {"x86_64": 56, "aarch64": 220}
_MMAP: Final = {"x86_64": 9, "aarch64": 222}
_CLONE3: Final = 435

# name: (x86_64, aarch64); None where a processor has no such call.
# Source: linux/arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h
DENIED: Final[dict[str, tuple[int | None, int | None]]] = {
    # the network (socketpair stays: asyncio's loop wakes itself through one)
    "socket": (41, 198), "connect": (42, 203), "accept": (43, 202), "bind": (49, 200),
    "listen": (50, 201), "accept4": (288, 242),
    # other processes' memory and files
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "kcmp": (312, 272), "pidfd_getfd": (438, 438),
    "move_pages": (279, 239), "migrate_pages": (256, 238),
    # mounts and namespaces
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "open_tree_attr": (467, 467),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    # the kernel's own surface
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60),
    "syslog": (103, 116), "personality": (135, 92), "fanotify_init": (300, 262),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None),
    # memory that belongs to no process, so that no limit would see it
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194),
    "shmat": (30, 196), "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180),
    "vmsplice": (278, 75),
}  # fmt: skip


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _refuse(code: int) -> bytes:
    return _step(_RETURN, _ERRNO | code)


def program(machine: str) -> bytes:
    """Return the filter as an array of `struct sock_filter` for one kind of processor."""
    column = 0 if machine == "x86_64" else 1
    denied = [pair[column] for pair in DENIED.values()]
    steps = [
        _step(_LOAD, _ARCH),
        _step(_JUMP_IF_EQUAL, _AUDIT_ARCH[machine], 1, 0),
        _step(_RETURN, _KILL_PROCESS),
        _step(_LOAD, _NR),
        _step(_JUMP_IF_AT_LEAST, _X32_BIT, 0, 1),
        _refuse(errno.ENOSYS),
        # its flags lie in memory that a filter cannot read; the C library falls back to clone
        _step(_JUMP_IF_EQUAL, _CLONE3, 0, 1),
        _refuse(errno.ENOSYS),
    ]
    for number in denied:
        if number is not None:
            steps += [_step(_JUMP_IF_EQUAL, number, 0, 1), _refuse(errno.EPERM)]
    steps += [
        _step(_JUMP_IF_EQUAL, _CLONE[machine], 0, 3),
        _step(_LOAD, _ARGUMENT_0),
        _step(_JUMP_IF_ANY_BIT, _NEW_NAMESPACE_FLAGS, 0, 5),
        _refuse(errno.EPERM),
        _step(_JUMP_IF_EQUAL, _MMAP[machine], 0, 3),
        _step(_LOAD, _ARGUMENT_3),
        _step(_AND, _SHARED_ANONYMOUS),
        _step(_JUMP_IF_EQUAL, _SHARED_ANONYMOUS, 1, 0),
        _step(_RETURN, _ALLOW),
        _refuse(errno.EPERM),
    ]
    return b"".join(steps)


def install() -> None:
    """Put this process and all that it starts under the filter. Needs no_new_privs."""
    code = program(kernel.machine())
    buffer = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: length in steps, padding, pointer
    head = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
    pointer = ctypes.create_string_buffer(head, len(head))
    _enter_filter_mode(ctypes.addressof(pointer))


def _enter_filter_mode(address: int) -> None:
    libc = ctypes.PyDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    mode = ctypes.c_ulong(kernel.SECCOMP_MODE_FILTER)
    if libc.prctl(kernel.PR_SET_SECCOMP, mode, ctypes.c_void_p(address), zero, zero) < 0:
        raise OSError(ctypes.get_errno(), "seccomp filter refused")
