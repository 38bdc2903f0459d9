"""How a run's progress looks in a terminal, and in a pipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from runs.core.status import is_terminal

COLOURS = {
    "RUNNING": "blue",
    "COMPLETED": "green",
    "SUCCESS": "green",
    "DEGRADED": "yellow",
    "COMPLETED_DEGRADED": "yellow",
    "PARTIAL_SUCCESS": "yellow",
    "FAILED": "red",
    "SYSTEM_FAILURE": "red",
    "BUDGET_EXHAUSTED": "red",
    "TIMEOUT": "red",
}
Run = Mapping[str, Any]
Tasks = Sequence[Mapping[str, Any]]


def dollars(amount: str | None) -> str:
    """Write an amount of the API; one that is not known says so."""
    return "unknown" if amount is None else f"${Decimal(amount):.4f}"


def score(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def total_line(run: Run) -> str:
    """Say in a line how far a run is."""
    return (
        f"{run['status']}: {run['tasks_done']} of {run['tasks_total']} tasks, "
        f"score {score(run['score'])}, {dollars(run['spent_usd'])} of "
        f"{dollars(run['budget_usd'])} spent, {run['calls']} calls"
    )


class LiveTable:
    """A table that is drawn over itself."""

    def __init__(self, output: TextIO) -> None:
        self._live = Live(console=Console(file=output), refresh_per_second=8, transient=False)
        self._spinner = Spinner("dots", style="blue")

    def __enter__(self) -> LiveTable:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, run: Run, tasks: Tasks) -> None:
        self._live.update(self._drawn(run, tasks), refresh=True)

    def trouble(self, message: str) -> None:
        self._live.console.print(Text(message, style="yellow"))

    def _drawn(self, run: Run, tasks: Tasks) -> Group:
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
        for name in ("", "Task", "Type", "Status", "Model"):
            table.add_column(name)
        table.add_column("Score", justify="right")
        table.add_column("Cost", justify="right")
        for task in tasks:
            table.add_row(*self._cells(task))
        return Group(table, Text(total_line(run), style=COLOURS.get(run["status"], "")))

    def _cells(self, task: Mapping[str, Any]) -> list[Text | Spinner]:
        status = str(task["status"])
        mark: Text | Spinner = self._spinner if status == "RUNNING" else Text(" ")
        # As Text, since a key or model name could otherwise be read as markup.
        return [
            mark,
            Text(str(task["key"])),
            Text(str(task["type"]), style="dim"),
            Text(status, style=COLOURS.get(status, "dim")),
            Text(str(task["model"] or "–")),
            Text(score(task["score"])),
            Text(dollars(task["cost_usd"]) if task["model"] else "–"),
        ]


class PlainLines:
    """One line for each change, for logs and pipes."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._said: dict[str, str] = {}

    def __enter__(self) -> PlainLines:
        return self

    def __exit__(self, *_: object) -> None: ...

    def show(self, run: Run, tasks: Tasks) -> None:
        ended = is_terminal(run["status"])
        if not ended:
            self._say("", f"run {run['id']} {run['status']}")
        for task in tasks:
            words = [f"task {task['key']} ({task['type']}) {task['status']}"]
            if task["status"] not in ("PENDING", "RUNNING"):
                words.append(f"score {score(task['score'])}, {dollars(task['cost_usd'])}")
                words.append(f"by {task['model']}" if task["model"] else "by no model")
            self._say(str(task["key"]), ", ".join(words))
        if ended:
            self._say("", f"run {run['id']} {run['status']}")

    def trouble(self, message: str) -> None:
        self._say("trouble", message)

    def _say(self, subject: str, line: str) -> None:
        if self._said.get(subject) != line:
            self._said[subject] = line
            self._write(line)
