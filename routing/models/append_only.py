"""The tables of routing that are kept for good; the database itself refuses to change them."""

from __future__ import annotations

from telemetry.models.append_only import Guard, Kept

KEPT = Guard(
    "routing_refuse_change",
    {
        "routing_decision": Kept((("id",), ("org_id", "position"))),
        "routing_policyversion": Kept((("id",), ("policy_id", "version"))),
        "routing_recommendationstep": Kept(),
    },
)
guard, lift, is_guarded = KEPT.guard, KEPT.lift, KEPT.is_guarded
migrate_guard, migrate_lift = KEPT.migrate_guard, KEPT.migrate_lift
