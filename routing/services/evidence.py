"""The evidence pack: the decisions of a period with what proves them, in one file."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from routing.core.policy_yaml import draft_as_yaml
from routing.models import Decision, PolicyVersion
from routing.selectors.policies import draft_of
from routing.services.audit import ChainReport, chain_report

COLUMNS = (
    "position", "id", "at", "kind", "outcome", "policy", "version", "model", "team_id", "run_id",
    "task_key", "call_id", "phase", "actor", "reason", "prev_hash", "hash",
)  # fmt: skip
# The oldest date a zip can tell: the same evidence is then the same bytes.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
# What makes a spreadsheet take a text for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

READ_ME = """Decisions of one organisation, in the order of their hash chain.

decisions.csv    one line a decision, without candidates and inputs
decisions.jsonl  every decision whole: its place, `content`, `inputs`, `candidates`
policies/        the text of every version of every policy there was by the end of the period
chain.json       where the period begins and ends in the chain, and the chain's head
SHA256SUMS       of all these files

A decision's hash is the SHA-256 of three lines, joined by a line feed: the JSON texts of
[1, chain, position, prev_hash, content], of `inputs` and of `candidates`, each with keys sorted,
without spaces, and in ASCII. Each `prev_hash` is the `hash` of the decision before it.
"""


def export_evidence(
    org_id: int, since: datetime, until: datetime, path: Path, team_of: Callable[[int], str]
) -> ChainReport:
    """Write the pack as a zip; return what walking the chain found, which is in it, too.

    `team_of` names a team by its id.
    """
    report = chain_report(org_id)
    rows = Decision.objects.filter(org_id=org_id, at__gte=since, at__lt=until).order_by("position")
    sums: dict[str, str] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        _add(pack, sums, "README.txt", [READ_ME.encode()])
        _add(pack, sums, "decisions.csv", _as_csv(rows))
        _add(pack, sums, "decisions.jsonl", _as_json(rows))
        for name, text in _policies(org_id, until, team_of):
            _add(pack, sums, name, [text.encode()])
        _add(pack, sums, "chain.json", [_chain(report, rows, since, until)])
        listing = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
        _add(pack, {}, "SHA256SUMS", [listing.encode()])
    return report


def _add(pack: zipfile.ZipFile, sums: dict[str, str], name: str, parts: Any) -> None:
    digest = hashlib.sha256()
    entry = zipfile.ZipInfo(name, _ZIP_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    with pack.open(entry, "w", force_zip64=True) as target:
        for part in parts:
            digest.update(part)
            target.write(part)
    sums[name] = digest.hexdigest()


def _as_csv(rows: QuerySet[Decision]) -> Iterator[bytes]:
    yield (",".join(COLUMNS) + "\r\n").encode()
    for row in rows.iterator(chunk_size=1_000):
        line = io.StringIO()
        csv.writer(line).writerow([_cell(getattr(row, column)) for column in COLUMNS])
        yield line.getvalue().encode()


def _cell(value: Any) -> str:
    text = "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _as_json(rows: QuerySet[Decision]) -> Iterator[bytes]:
    for row in rows.iterator(chunk_size=1_000):
        whole = {
            "chain": row.org_id,
            "position": row.position,
            "prev_hash": row.prev_hash,
            "hash": row.hash,
            "content": row.content,
            "inputs": row.inputs,
            "candidates": row.candidates,
        }
        yield (json.dumps(whole, sort_keys=True, ensure_ascii=False) + "\n").encode(
            "utf-8", "surrogatepass"
        )


def _policies(
    org_id: int, until: datetime, team_of: Callable[[int], str]
) -> Iterator[tuple[str, str]]:
    versions = PolicyVersion.objects.filter(policy__org_id=org_id, at__lt=until)
    for one in versions.select_related("policy").order_by("policy__name", "version"):
        team = "" if one.team_id is None else team_of(one.team_id)
        draft = draft_of(one.policy.name, one, team)
        head = f"# version {one.version}, by {one.by or 'nobody named'}, {one.at.isoformat()}\n"
        yield f"policies/{one.policy.name}-v{one.version}.yaml", head + draft_as_yaml(draft)


def _chain(
    report: ChainReport, rows: QuerySet[Decision], since: datetime, until: datetime
) -> bytes:
    first, last = rows.first(), rows.last()
    told = {
        "org_id": report.org_id,
        "from": since.isoformat(),
        "to": until.isoformat(),
        "first": None if first is None else _link(first),
        "last": None if last is None else _link(last),
        "head": {"position": report.length, "hash": report.head},
        "whole": report.whole,
        "broken": None
        if report.broken is None
        else {"position": report.broken.position, "reason": report.broken.reason},
    }
    return (json.dumps(told, indent=2) + "\n").encode()


def _link(row: Decision) -> dict[str, Any]:
    return {"position": row.position, "prev_hash": row.prev_hash, "hash": row.hash}
