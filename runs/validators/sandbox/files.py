"""Which files may be laid into the sandbox; pure, changes with what a file system accepts.

Invariant: what passes can be written into an empty folder, and lies inside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from .spec import MIB, Limits

_NAME_BYTES: Final = 200
_PAGE_BYTES: Final = 4096
_OWN_FOLDER: Final = ".tmp"


class UnsafeFiles(ValueError):
    """A name could leave the folder, or the files do not fit into it."""


def check_files(files: Mapping[str, str], limits: Limits) -> None:
    """Do nothing if the files can be laid into the sandbox. Raises: UnsafeFiles."""
    for name in files:
        _check_name(name)
    paths = {PurePosixPath(name) for name in files}
    for path in paths:
        if not paths.isdisjoint(path.parents):
            raise UnsafeFiles(f"both a file and a folder: {path.parent}")
    pages = sum(
        len(text.encode("utf-8", "surrogatepass")) // _PAGE_BYTES + 1 for text in files.values()
    )
    entries = sum(len(path.parts) for path in paths)
    if pages * _PAGE_BYTES > limits.disk_bytes - MIB or entries > limits.disk_files // 2:
        raise UnsafeFiles("the files are too large or too many")


def _check_name(name: str) -> None:
    path = PurePosixPath(name)
    usable = name.isprintable() and "\\" not in name
    short = len(name.encode("utf-8", "surrogatepass")) <= _NAME_BYTES
    outside = path.is_absolute() or ".." in path.parts
    if not (usable and short and path.parts) or outside or path.parts[0] == _OWN_FOLDER:
        raise UnsafeFiles(f"unsafe file name: {name[:80]!r}")
