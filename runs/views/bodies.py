"""What the run page shows below its head: tasks, calls, events or the request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from budgets.core.access import Caller
from runs.core.refusals import NotVisible
from runs.models import Run, Task
from runs.selectors.made_up import is_demo
from runs.selectors.recent import recent_calls, recent_events, timeline_calls
from runs.selectors.run_policies import RunPolicies, policies_of
from runs.selectors.tasks import CallReading, task_detail, task_get, task_list
from runs.views.body_parts import CallRow, EventRow, Graph, Node, Tab
from runs.views.dag import draw
from runs.views.decision_rows import DecisionRow, decision_rows
from runs.views.event_text import event_text
from runs.views.formats import look_of
from runs.views.glance import Glance
from runs.views.lanes import Timeline, draw_timeline
from runs.views.task_parts import TaskPart, call_part, task_part
from runs.views.verdict_parts import VerdictPart, verdict_part
from telemetry.models import Call
from telemetry.selectors.corrections import correct_in_memory

TABS = {
    "tasks": "Tasks",
    "timeline": "Timeline",
    "calls": "Calls",
    "policies": "Policies",
    "events": "Events",
    "request": "Request",
}
PAGE_SIZE = 100
TIMELINE_UNITS = 96


@dataclass(frozen=True, slots=True)
class Address:
    """One state of the page, all of which stands in its URL."""

    run: Run
    tab: str = "tasks"
    task: str = ""
    before: str = ""
    # The filter of the page one came from, for the way back.
    carried: tuple[tuple[str, str], ...] = ()

    def url(self, **also: str) -> str:
        tab = "" if self.tab == "tasks" else self.tab
        given = {"tab": tab, "task": self.task, "before": self.before} | also
        own = [(name, value) for name, value in given.items() if value]
        query = urlencode([*own, *self.carried])
        return reverse("run", args=[self.run.pk]) + (f"?{query}" if query else "")


class Page(Glance):
    """One state of a run's page; a part that is not shown is not read."""

    def __init__(
        self,
        address: Address,
        version: str,
        caller: Caller,
        *,
        texts: bool,
        sees_decisions: bool = False,
    ) -> None:
        super().__init__(address.run)
        self.caller = caller
        self.texts = texts
        self.sees_decisions = sees_decisions
        self.tab = address.tab
        self.address = address
        self.version = version
        self.more_url = ""

    @cached_property
    def is_made_up(self) -> bool:
        """Tell whether nothing of it ever happened: then nobody chose a model or asked a policy."""
        return is_demo(self.run)

    @property
    def poll_url(self) -> str:
        return self.address.url(seen=self.version)

    @property
    def close_url(self) -> str:
        return self._at()

    def _at(self, tab: str = "tasks", task: str = "", before: str = "") -> str:
        return replace(self.address, tab=tab, task=task, before=before).url()

    @property
    def tabs(self) -> list[Tab]:
        counts = {"tasks": self.run.tasks_total, "calls": self.run.calls}
        return [
            Tab(name, label, self._at(name), name == self.tab, counts.get(name))
            for name, label in TABS.items()
        ]

    @cached_property
    def graph(self) -> Graph:
        drawing = draw(list(task_list(self.run)), self.address.task)
        return Graph([[self._node(task) for task in each] for each in drawing.columns], drawing)

    def _node(self, task: Task) -> Node:
        url = self._at(task=task.key)
        return Node(task, look_of(task.status), url, task.key == self.address.task)

    @cached_property
    def task(self) -> TaskPart | None:
        if not self.address.task:
            return None
        try:
            task = task_get(self.run, self.address.task)
        except NotVisible:
            return None
        return task_part(task_detail(task, texts=self.texts), self.now)

    @cached_property
    def verdicts(self) -> VerdictPart | None:
        """Return what people said of the task that is shown; None: there is nothing to judge."""
        if self.task is None or self.task.task.best_attempt is None:
            return None
        return verdict_part(self.caller, self.task.task, texts=self.texts)

    @cached_property
    def calls(self) -> list[CallRow]:
        calls = recent_calls(self.run, _uuid_or_none(self.address.before))
        found = correct_in_memory(calls[: PAGE_SIZE + 1])
        if len(found) > PAGE_SIZE:
            self.more_url = self._at("calls", before=str(found[PAGE_SIZE - 1].pk))
        return [self._call_row(call) for call in found[:PAGE_SIZE]]

    def _call_row(self, call: Call) -> CallRow:
        total = max(self.elapsed_seconds or 0.0, 0.001)
        ran = (call.latency_ms or 0) / 1000
        ended = (call.at - self.run.started_at).total_seconds() if self.run.started_at else ran
        start = min(max(0.0, (ended - ran) / total), 1.0) * TIMELINE_UNITS
        width = min(max(1.0, ran / total * TIMELINE_UNITS), TIMELINE_UNITS - min(start, 95.0))
        ink = {"ok": "", "cached": "cached"}.get(call.outcome, "bad")
        url = self._at(task=call.task_key)
        return CallRow(call_part(CallReading(call, None)), url, f"{start:.1f}", f"{width:.1f}", ink)

    @cached_property
    def timeline(self) -> Timeline:
        calls = correct_in_memory(timeline_calls(self.run))
        start = self.run.started_at or self.run.created_at
        end = self.run.finished_at or self.now
        return draw_timeline(calls, start, end, lambda key: self._at(task=key))

    @cached_property
    def policies(self) -> RunPolicies:
        return policies_of(self.run)

    @property
    def policy_rows(self) -> list[DecisionRow]:
        return decision_rows(self.policies.decisions)

    @cached_property
    def events(self) -> list[EventRow]:
        before = int(self.address.before) if self.address.before.isdecimal() else None
        found = list(recent_events(self.run, before)[: PAGE_SIZE + 1])
        if len(found) > PAGE_SIZE:
            self.more_url = self._at("events", before=str(found[PAGE_SIZE - 1].seq))
        return [EventRow(event, event_text(event.payload)) for event in found[:PAGE_SIZE]]


def _uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
