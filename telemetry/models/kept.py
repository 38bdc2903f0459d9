"""The tables of telemetry that are kept for good; the database itself refuses to change them."""

from __future__ import annotations

from telemetry.models.append_only import Guard, Kept

KEPT = Guard(
    "telemetry_refuse_change",
    {"telemetry_costcorrection": Kept((("id",), ("call_id", "revision")))},
)
