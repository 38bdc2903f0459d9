"""Judges whether a LaTeX document compiles, with the system's pdflatex or tectonic.

TeX reads files and can start programs, so that it runs in the sandbox like other written code.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from . import fences
from .result import Verdict, failed, passed, unavailable
from .sandbox import launch, runtime
from .sandbox.spec import MIB, Limits

_LIMITS: Final = Limits(
    wall_seconds=40, cpu_seconds=20, address_space_bytes=2048 * MIB, disk_bytes=64 * MIB
)
_ENGINES: Final = ("pdflatex", "tectonic")
_TREES: Final = (
    "/usr/share/texlive", "/usr/share/texmf", "/usr/share/texmf-dist", "/etc/texmf",
    "/var/lib/texmf", "/usr/share/fonts", "/etc/fonts", "/usr/local/texlive", "/usr/bin/kpsewhich",
)  # fmt: skip
_ARGUMENTS: Final = {
    "pdflatex": ("-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"),
    "tectonic": ("--only-cached", "--untrusted"),
}
_SAMPLE: Final = "\\documentclass{article}\\begin{document}x\\end{document}\n"
_ERROR_LINES: Final = re.compile(r"^(?:!|error:|l\.\d+).*$", re.MULTILINE)
_works: dict[str, bool] = {}


async def check(output: str, options: Mapping[str, Any]) -> Verdict:
    """Compile the output once; a text without a preamble is set in a plain article."""
    engine = next((path for path in map(shutil.which, _ENGINES) if path), None)
    if engine is None:
        return unavailable("neither pdflatex nor tectonic is installed")
    if not await _works_here(engine):
        return unavailable(f"{Path(engine).name} cannot compile the smallest document here")
    result = await _compile(engine, _document(output))
    if result.exit_code == 0:
        return passed(f"compiles with {Path(engine).name}")
    if result.killed_by is not None:
        return failed(f"the document did not finish compiling: {result.killed_by}")
    lines = _ERROR_LINES.findall(result.output)
    return failed("\n".join(lines[:10]) or result.output[-1_000:])


def _document(output: str) -> str:
    blocks = fences.fenced_blocks(output)
    marked = [block.text for block in blocks if block.language in {"latex", "tex"}]
    text = "\n\n".join(marked) if marked else fences.strip_fences(output)
    if "\\documentclass" in text:
        return text
    return f"\\documentclass{{article}}\n\\begin{{document}}\n{text}\n\\end{{document}}\n"


async def _works_here(engine: str) -> bool:
    """Return whether the engine compiles at all: a half-installed one must fail nobody's text."""
    if engine not in _works:
        _works[engine] = (await _compile(engine, _SAMPLE)).exit_code == 0
    return _works[engine]


async def _compile(engine: str, document: str) -> launch.SandboxResult:
    argv = [f"{runtime.TOOLS_FOLDER}/{Path(engine).name}", *_ARGUMENTS[Path(engine).name]]
    return await launch.run(
        [*argv, "document.tex"],
        {"document.tex": document},
        _LIMITS,
        view=_view(engine),
        environment={"XDG_CACHE_HOME": "/opt/cache", "TEXMFVAR": "/box/.tmp"},
    )


def _view(engine: str) -> runtime.View:
    cache = Path.home() / ".cache" / "Tectonic"
    bundle = ((str(cache), "/opt/cache/Tectonic"),) if cache.is_dir() else ()
    # runtime.tool keeps the name: pdflatex is a link to pdftex that looks at how it was called
    return runtime.together(runtime.tool(engine), runtime.tree(*_TREES), runtime.View(bundle))
