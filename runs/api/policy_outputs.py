"""What the operations on policies and decisions answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from budgets.core.money import format_usd
from budgets.models import Team
from routing.models import Decision, Policy, PolicyVersion
from routing.models.decision import Kind, Outcome
from routing.services.replaying import Replay

Read = serializers.Serializer[Any]


class PolicyTextOutput(Read):
    version = serializers.IntegerField()
    scope = serializers.CharField()
    run = serializers.UUIDField(source="run_id", allow_null=True)
    task_type = serializers.CharField()
    mode = serializers.CharField()
    enabled = serializers.BooleanField()
    note = serializers.CharField()
    rules = serializers.DictField()


class PolicyOutput(PolicyTextOutput):
    id = serializers.IntegerField()
    name = serializers.CharField()
    team = serializers.CharField(allow_null=True, help_text="null: the whole organisation.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    updated_by = serializers.CharField()


class PolicyVersionOutput(PolicyTextOutput):
    at = serializers.DateTimeField()
    by = serializers.CharField()


class PolicyDetailOutput(PolicyOutput):
    versions = PolicyVersionOutput(many=True, help_text="Newest first.")


class FindingOutput(Read):
    code = serializers.CharField()
    message = serializers.CharField()
    blocking = serializers.BooleanField(help_text="The policy cannot be saved so.")
    policies = serializers.ListField(child=serializers.CharField())


class CheckOutput(Read):
    savable = serializers.BooleanField()
    findings = FindingOutput(many=True)


class MoveOutput(Read):
    from_model = serializers.CharField()
    to_model = serializers.CharField()
    choices = serializers.IntegerField()


class ExampleOutput(Read):
    decision = serializers.UUIDField()
    at = serializers.DateTimeField()
    run = serializers.CharField()
    task = serializers.CharField()
    task_type = serializers.CharField()
    outcome = serializers.CharField()
    from_model = serializers.CharField()
    to_model = serializers.CharField(allow_null=True)
    reason = serializers.CharField()


class ReplayOutput(Read):
    """What a draft would have done to the choices of that time; models' latencies are today's."""

    since = serializers.DateTimeField()
    to = serializers.DateTimeField()
    cut = serializers.BooleanField(help_text="There were more choices before `from`.")
    choices = serializers.IntegerField()
    outside_scope = serializers.IntegerField()
    allowed = serializers.IntegerField()
    denied = serializers.IntegerField()
    warned = serializers.IntegerField()
    rerouted = serializers.IntegerField()
    runs_affected = serializers.IntegerField()
    cost_usd = serializers.CharField(help_text="What the choices cost.")
    denied_cost_usd = serializers.CharField(help_text="Of that, what would not have been spent.")
    rerouted_cost_usd = serializers.CharField(
        help_text="What re-routed calls were expected to cost more; less, where it is negative."
    )
    moves = MoveOutput(many=True)
    examples = ExampleOutput(many=True)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, `since` under its name outside, which is a word of Python's."""
        return {"from" if name == "since" else name: field
                for name, field in super().get_fields().items()}  # fmt: skip


class DecisionRowOutput(Read):
    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField([one.value for one in Kind])
    outcome = serializers.ChoiceField([one.value for one in Outcome])
    policy = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    model = serializers.CharField()
    reason = serializers.CharField()
    actor = serializers.CharField()
    team = serializers.CharField(allow_null=True)
    run = serializers.UUIDField(source="run_id", allow_null=True)
    task = serializers.CharField(source="task_key")
    call = serializers.UUIDField(source="call_id", allow_null=True)
    phase = serializers.CharField()
    position = serializers.IntegerField(help_text="In the chain of the organisation.")
    hash = serializers.CharField()


class DecisionWholeOutput(DecisionRowOutput):
    prev_hash = serializers.CharField()
    inputs = serializers.DictField()
    candidates = serializers.JSONField()
    rule = serializers.SerializerMethodField()

    @extend_schema_field(PolicyVersionOutput(allow_null=True))
    def get_rule(self, row: Decision) -> Any:
        version: PolicyVersion | None = self.context.get("rule")
        return None if version is None else PolicyVersionOutput(version).data


def with_teams(rows: Iterable[Any]) -> list[Any]:
    """Return rows with the slug of their team, in one more query for all of them."""
    page: list[Policy | Decision] = list(rows)
    ids = {row.team_id for row in page if row.team_id is not None}
    slugs = dict(Team.objects.filter(pk__in=ids).values_list("pk", "slug")) if ids else {}
    for row in page:
        slug = None if row.team_id is None else slugs.get(row.team_id)
        row.team = slug  # type: ignore[union-attr]  # for the serializer alone
    return page


def replay_answer(replay: Replay) -> Any:
    """Return what a replay answers."""
    tally = replay.tally
    return ReplayOutput(
        {
            "from": replay.since,
            "to": replay.until,
            "cut": replay.cut,
            "choices": tally.total,
            "outside_scope": tally.outside,
            **{name: tally.counts[name] for name in ("allowed", "denied", "warned", "rerouted")},
            "runs_affected": len(tally.runs),
            "cost_usd": format_usd(tally.cost_nanousd),
            "denied_cost_usd": format_usd(tally.denied_nanousd),
            "rerouted_cost_usd": format_usd(tally.rerouted_nanousd),
            "moves": [
                {"from_model": old, "to_model": new, "choices": count}
                for (old, new), count in tally.moves.most_common(50)
            ],
            "examples": [one.as_json() for one in tally.examples],
        }
    ).data
