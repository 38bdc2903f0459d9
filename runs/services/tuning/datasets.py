"""Data sets of examples: chosen by a worker, written line by line whenever they are asked for.

Texts are stored once, where they were written: a data set holds ids, and is redacted anew.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Final
from uuid import UUID

from channels.db import database_sync_to_async
from django.db import transaction

from runs import queue
from runs.core.tuning.dataset import FORMATS, Example, Part, part_of, without_duplicates
from runs.core.tuning.redaction import redact, total
from runs.models import TuningDataset
from runs.models.tuning import JobState
from runs.selectors.tuning.examples import MOST_EXAMPLES, Kind, eligible, texts_of
from runs.selectors.tuning.places import Place
from runs.services.tuning.jobs import carry_out_once, finish
from telemetry.services.changes import record_change

LINES_A_CHUNK: Final = 100


def ask_for_dataset(
    place: Place, kind: Kind, *, actor: str, now: datetime, recommendation: UUID | None = None
) -> TuningDataset:
    """Have a worker choose examples from what is there now."""
    with transaction.atomic():
        made = TuningDataset.objects.create(
            **place.whose, requested_at=now, requested_by=actor, until=now,
            task_type=kind.task_type, validator=kind.validator, recommendation_id=recommendation,
        )  # fmt: skip
        transaction.on_commit(lambda: queue.enqueue_dataset(made.pk))
        _log(made, "asked for", actor, now, {"task_type": kind.task_type})
    return made


def carry_out(dataset_id: UUID) -> None:
    """Choose the examples and store which, unless that was done."""
    carry_out_once(TuningDataset, dataset_id, _choose)


def lines_of(dataset: TuningDataset, form: str, part: Part) -> Iterator[str]:
    """Yield the lines of one file; whatever may no longer be learned from stays out."""
    allowed = set(eligible(_place(dataset), _kind(dataset), dataset.until).ids)
    ids = [pk for pk in dataset.examples if pk in allowed]
    for example, _ in _redacted(ids):
        if part_of(example) is part:
            yield FORMATS[form](example)


def chunks_of(dataset: TuningDataset, form: str, part: Part) -> Iterator[str]:
    """Yield one file, some lines at a time."""
    lines = lines_of(dataset, form, part)
    while chunk := "".join(islice(lines, LINES_A_CHUNK)):
        yield chunk


async def chunks_in_turn(chunks: Iterator[str]) -> AsyncIterator[str]:
    """Yield chunks to an event loop, each read in a thread: the loop must not wait for them."""
    read = database_sync_to_async(partial(next, chunks, ""), thread_sensitive=False)
    while chunk := await read():
        yield chunk


def log_download(
    dataset: TuningDataset, form: str, part: Part, *, actor: str, now: datetime
) -> None:
    """Record who took which file."""
    with transaction.atomic():
        _log(dataset, "downloaded", actor, now, {"format": form, "part": part.value})


def _choose(asked: TuningDataset) -> None:
    found = eligible(_place(asked), _kind(asked), asked.until)
    chosen = found.ids[:MOST_EXAMPLES]
    counts: dict[int, Mapping[str, int]] = {}
    examples = []
    for example, hidden in _redacted(chosen):
        examples.append(example)
        counts[example.id] = hidden
    selection = without_duplicates(examples)
    left_out = Counter(found.left_out) + Counter(selection.left_out)
    too_many = {"too_many": len(found.ids) - len(chosen)} if len(found.ids) > len(chosen) else {}
    parts = Counter(part_of(one) for one in selection.kept)
    finish(
        asked,
        JobState.DONE,
        examples=[one.id for one in selection.kept],
        considered=found.considered,
        train=parts[Part.TRAIN],
        validation=parts[Part.VALIDATION],
        left_out={why.value: n for why, n in left_out.items()} | too_many,
        redactions=total(counts[one.id] for one in selection.kept),
        digests=_digests(selection.kept),
    )


def _redacted(ids: list[int] | tuple[int, ...]) -> Iterator[tuple[Example, Mapping[str, int]]]:
    """Yield examples without secrets, each with the counts of what was hidden."""
    for example in texts_of(ids):
        hidden = [redact(text) for text in (example.prompt, example.criteria, example.output)]
        prompt, criteria, output = (one.text for one in hidden)
        clean = replace(example, prompt=prompt, criteria=criteria, output=output)
        yield clean, total(one.counts for one in hidden)


def _digests(examples: tuple[Example, ...]) -> dict[str, dict[str, str]]:
    """Return the SHA-256 of each file, by format and part."""
    found: dict[str, dict[str, str]] = {}
    for form, line in FORMATS.items():
        hashes = {part: hashlib.sha256() for part in Part}
        for one in examples:
            hashes[part_of(one)].update(line(one).encode())
        found[form] = {part.value: hashes[part].hexdigest() for part in Part}
    return found


def _place(dataset: TuningDataset) -> Place:
    return Place(dataset.org, dataset.team)


def _kind(dataset: TuningDataset) -> Kind:
    return Kind(dataset.task_type, dataset.validator)


def _log(
    dataset: TuningDataset, done: str, actor: str, now: datetime, said: Mapping[str, Any]
) -> None:
    record_change(
        "data set", str(dataset.pk), actor=actor, at=now, org_id=dataset.org_id,
        team_id=dataset.team_id, before=None if done == "asked for" else {},
        after={"done": done, **said},
    )  # fmt: skip
