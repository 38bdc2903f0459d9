"""Measure, print a table, write JSON to bench-results/.

`python -m tests.benchmarks` measures everything, `python -m tests.benchmarks engine submit` parts.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.databases import database
from tests.fixtures.simulator import running_simulator

PARTS = (
    *("engine", "submit", "resume", "learning", "figures"),
    *("lists", "advice", "exports", "live", "vitals"),
)
RESULTS = Path(__file__).resolve().parents[2] / "bench-results"


def main(names: list[str]) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        database(Path(folder)) as database_url,
        running_simulator(fixed_latency_ms=50, keep_prompts=False) as simulator,
    ):
        os.environ |= {
            "DATABASE_URL": database_url,
            "DATA_DIR": folder,
            "SIM_BASE_URL": simulator.url,
            "USE_SIMULATOR": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "WARNING",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # or importing it asks the network
        }
        rows = measured(names)
    kind = "postgresql" if database_url.startswith("postgres") else "sqlite"
    print(table(kind, rows))
    RESULTS.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    document = {"at": datetime.now(UTC).isoformat(), "database": kind, **machine, "rows": rows}
    (RESULTS / f"{kind}.json").write_text(json.dumps(document, indent=1) + "\n")
    return 0


def measured(names: list[str]) -> list[dict[str, Any]]:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    parts = [importlib.import_module(f"tests.benchmarks.{name}") for name in names or PARTS]
    return [row for part in parts for row in part.measure()]


def table(kind: str, rows: list[dict[str, Any]]) -> str:
    lines = [f"| {kind} | value | reference | ratio | at least |", "|---|---|---|---|---|"]
    for row in rows:
        shown = [number(row[name]) for name in ("value", "reference", "ratio")]
        lines.append(f"| {row['what']} | {' | '.join(shown)} | {row['bar']} |")
    return "\n".join(lines)


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
