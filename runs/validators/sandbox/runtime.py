"""What of the host a program in the sandbox may see, read-only: an interpreter and its libraries.

Only single folders and files are shown, so that nothing else of a project comes along with a
virtual environment that lies inside it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

PACKAGES_FOLDER: Final = "/opt/packages"
TOOLS_FOLDER: Final = "/opt/tools"
_LIBRARIES: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
_DISTRIBUTION: Final = "/usr/lib/python3/dist-packages"
_PROJECT: Final = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class View:
    """What is shown: `binds` (host path, path inside), `links` (target, path), `hidden` paths."""

    binds: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    hidden: tuple[str, ...] = field(default=())


def python_path() -> str:
    """Return the interpreter's path, the same inside and outside."""
    return os.path.realpath(sys.executable)


@lru_cache(maxsize=1)
def interpreter() -> View:
    """Return the interpreter, its standard library and the system's shared libraries."""
    links = [("/box/.tmp", "/tmp"), ("/box/.tmp", "/dev/shm")]  # noqa: S108
    folders = [sysconfig.get_path("stdlib"), str(sysconfig.get_config_var("DESTSHARED") or "")]
    for path in _LIBRARIES:
        if Path(path).is_symlink():
            links.append((str(Path(path).readlink()), path))
        else:
            folders.append(path)
    files = [python_path(), "/etc/ld.so.cache", *_shared_python()]
    shown = [os.path.realpath(path) for path in [*folders, *files] if path and os.path.exists(path)]  # noqa: PTH110
    outer = _outermost(shown)
    hidden = [path for path in _not_to_show() if any(path.is_relative_to(each) for each in outer)]
    return View(tuple((path, path) for path in outer), tuple(links), tuple(map(str, hidden)))


def _not_to_show() -> list[Path]:
    """Return the project, and what happens to be installed beside the standard library."""
    library = Path(os.path.realpath(sysconfig.get_path("stdlib")))
    installed = [library / "site-packages", library / "dist-packages"]
    return [path for path in [_PROJECT, *installed, Path(_DISTRIBUTION)] if path.is_dir()]


def _shared_python() -> list[str]:
    folder = Path(str(sysconfig.get_config_var("LIBDIR") or "/nonexistent"))
    return [str(path) for path in folder.glob("libpython*.so*")]


def _outermost(paths: Iterable[str]) -> list[str]:
    """Return the paths that lie in no other of them."""
    chosen: list[str] = []
    for path in sorted(set(paths), key=lambda each: (each.count("/"), each)):
        if not any(Path(path).is_relative_to(other) for other in chosen):
            chosen.append(path)
    return chosen


@lru_cache(maxsize=8)
def packages(*names: str) -> View:
    """Return the named distributions with all that they require, and nothing else installed.

    Raises: PackageNotFoundError if one of `names` is not installed.
    """
    return _packages(names)


def _packages(names: Sequence[str]) -> View:
    binds: dict[str, str] = {}
    for distribution in _with_requirements(names):
        for source in _top_level(distribution):
            binds[str(source)] = f"{PACKAGES_FOLDER}/{source.name}"
    return View(tuple(binds.items()))


def _with_requirements(names: Sequence[str]) -> list[importlib.metadata.Distribution]:
    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = list(names)
    while waiting:
        name = _normal(waiting.pop())
        if name in found:
            continue
        try:
            found[name] = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            if name in names:
                raise
            continue  # a requirement of another platform or Python
        for line in found[name].requires or []:
            if "extra ==" not in line:
                waiting.append(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0])
    return list(found.values())


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _top_level(distribution: importlib.metadata.Distribution) -> set[Path]:
    """Return the folders and modules that the distribution put directly into site-packages."""
    root = Path(str(distribution.locate_file(""))).resolve()
    tops = {file.parts[0] for file in distribution.files or [] if file.parts}
    wanted = {top for top in tops if top not in {"..", "__pycache__"} and not top.endswith(".pth")}
    return {root / top for top in wanted if (root / top).exists()}


def tool(path: str) -> View:
    """Return one executable, shown under its own name in the tools' folder."""
    return View(((os.path.realpath(path), f"{TOOLS_FOLDER}/{Path(path).name}"),))


def tree(*paths: str) -> View:
    """Return files and folders of the system at their own place, where they exist."""
    present = [os.path.realpath(path) for path in paths if os.path.exists(path)]  # noqa: PTH110
    return View(tuple((path, path) for path in _outermost(present)))


def together(*views: View) -> View:
    """Return all that the views show; a bind inside another one is left out."""
    binds = {inside: source for view in views for source, inside in view.binds}
    kept = _outermost(binds)
    links = tuple(link for view in views for link in view.links)
    hidden = tuple(path for view in views for path in view.hidden)
    return View(tuple((binds[inside], inside) for inside in kept), links, hidden)
