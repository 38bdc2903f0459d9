"""What every operation's OpenAPI description has in common: its errors and headers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

PROBLEM = "application/problem+json"


class ProblemOutput(serializers.Serializer[Any]):
    """RFC 9457: what went wrong. `type` names a page of this house."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]  # a field, as all here
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


class BudgetProblemOutput(ProblemOutput):
    scope = serializers.ChoiceField(["org", "team", "run"])
    budget = serializers.CharField(allow_null=True)
    limit_usd = serializers.CharField()
    spent_usd = serializers.CharField()
    held_usd = serializers.CharField()
    requested_usd = serializers.CharField()
    resets_at = serializers.DateTimeField(allow_null=True)
    who_can_raise = serializers.ListField(child=serializers.CharField())


class PolicyProblemOutput(ProblemOutput):
    decision_id = serializers.UUIDField(required=False)
    policy = serializers.CharField(required=False)
    version = serializers.IntegerField(required=False, allow_null=True)
    reason = serializers.CharField(required=False)


def paged(output: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Return the shape of one page of a list."""
    fields = {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": output(many=True),
    }
    name = output.__name__.removesuffix("Output")
    return type(f"{name}PageOutput", (serializers.Serializer,), fields)


PAGE = [
    OpenApiParameter("cursor", str, description="Where a page begins, from `next` or `previous`."),
    OpenApiParameter("page_size", int, description="At most 200; 50 if absent."),
]
KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="At most 255 characters, kept 24 hours: the same request is answered once, and "
    "again with `Idempotent-Replayed: true`.",
)
_MEANINGS = {
    400: "The request could not be read.",
    401: "No valid API key, no session.",
    402: "A budget leaves no room.",
    403: "The right, or a policy, is missing.",
    404: "Not there, or not yours to see.",
    409: "The run's state does not allow it, or the first request is still going on.",
    413: "The body is larger than a megabyte.",
    415: "The body is not application/json.",
    422: "Fields were refused, or the Idempotency-Key came with another request.",
    429: "Too many requests; Retry-After says when.",
}
_SHAPES: dict[int, type[ProblemOutput]] = {402: BudgetProblemOutput, 403: PolicyProblemOutput}
_READ = (401, 403, 404, 429)
_LIST = (400, *_READ)
_WRITE = (400, *_READ, 409, 413, 415, 422)
_MONEY = (402, *_WRITE)


def _problems(statuses: tuple[int, ...]) -> dict[tuple[int, str], OpenApiResponse]:
    return {
        (status, PROBLEM): OpenApiResponse(
            _SHAPES.get(status, ProblemOutput), _MEANINGS[status], _examples(status)
        )
        for status in sorted(statuses)
    }


def _examples(status: int) -> list[OpenApiExample]:
    example = _EXAMPLES.get(status)
    if example is None:
        return []
    return [OpenApiExample(str(example["title"]), example, status_codes=[str(status)])]


_EXAMPLES: dict[int, dict[str, Any]] = {
    402: {
        "type": "/problems/budget-exceeded",
        "title": "A budget leaves no room",
        "status": 402,
        "detail": "The team's budget has no room for 8.00 USD.",
        "scope": "team",
        "budget": "3",
        "limit_usd": "30.00",
        "spent_usd": "23.50",
        "held_usd": "2.00",
        "requested_usd": "8.00",
        "resets_at": "2027-01-01T00:00:00Z",
        "who_can_raise": ["Ada Byron"],
    },
    422: {
        "type": "/problems/invalid",
        "title": "Some fields were refused",
        "status": 422,
        "detail": "`errors` lists each field with its reasons.",
        "errors": {"tasks": ['task "t1" has the unknown type "poetry"']},
    },
}
READ = _problems(_READ)
LIST = _problems(_LIST)
WRITE = _problems(_WRITE)
MONEY = _problems(_MONEY)
SUBMIT_EXAMPLE = OpenApiExample(
    "A first run",
    {
        "project": "Build a FastAPI service with JWT login",
        "success_criteria": "all endpoints tested",
        "budget_usd": "2.00",
        "labels": {"team": "eng"},
    },
    request_only=True,
)
PLANNED_EXAMPLE = OpenApiExample(
    "With a plan of its own",
    {
        "project": "Two small functions",
        "resume": "never",
        "tasks": [
            {
                "key": "t1",
                "type": "code_generation",
                "prompt": "Write fizzbuzz(n) in Python.",
                "validators": ["python_syntax"],
            },
            {
                "key": "t2",
                "type": "code_review",
                "prompt": "Review it.",
                "depends_on": ["t1"],
                "acceptance_threshold": 0.7,
            },
        ],
    },
    request_only=True,
)
