"""What an organisation takes for granted: the file's assumptions, with its own changes."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from runs.core.tuning.assumptions import Assumptions, InvalidAssumption, from_json
from runs.models import TuningAssumptions

logger = logging.getLogger(__name__)

FILE: Final = Path(__file__).resolve().parents[2] / "base_models.toml"


@cache
def first_assumptions() -> Assumptions:
    """Return what is assumed where nobody changed anything."""
    return from_json(tomllib.loads(FILE.read_text(encoding="utf-8")), Assumptions(()))


def assumptions_of(org_id: int) -> Assumptions:
    """Return what an organisation assumes. What can no longer be read counts as not changed."""
    return read_changes(changes_of(org_id))


def changes_of(org_id: int) -> Mapping[str, Any]:
    """Return what an organisation changed, as it was written."""
    row = TuningAssumptions.objects.filter(org_id=org_id).first()
    return row.values if row is not None else {}


def read_changes(changes: Mapping[str, Any]) -> Assumptions:
    """Return assumptions with these changes."""
    try:
        return from_json(changes, first_assumptions())
    except InvalidAssumption as error:
        logger.warning("Changed assumptions cannot be read, the file's count: %s", error)
        return first_assumptions()
