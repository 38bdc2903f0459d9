"""Every kind of error the REST API answers with: one table for handler, schema and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.http import JsonResponse

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """`remedy` says what the caller can do about it."""

    slug: str
    status: int
    title: str
    remedy: str

    @property
    def type(self) -> str:
        """Return the problem's URI: a page of this house."""
        return f"/problems/{self.slug}"


_ALL = (
    Problem(
        "malformed", 400, "The request could not be read",
        "Send one JSON object in UTF-8, and query parameters of the documented form.",
    ),
    Problem(
        "unauthenticated", 401, "Who is asking?",
        "Send `Authorization: Bearer <API key>` with a key that is neither expired nor revoked, "
        "or log in.",
    ),
    Problem(
        "budget-exceeded", 402, "A budget leaves no room",
        "Ask for less, wait for `resets_at`, or have one of `who_can_raise` raise the budget. "
        "For scope `run`, resume with a larger `budget_usd`.",
    ),
    Problem(
        "policy-denied", 403, "A policy does not allow this",
        "`policy` and `reason` say what was violated; leave the named models out.",
    ),
    Problem(
        "forbidden", 403, "Not allowed",
        "Use a key with the scope that `detail` names, or ask an admin for the role. "
        "Browser sessions must send the CSRF token.",
    ),
    Problem("not-found", 404, "Nothing here for you", "Check the address, its last slash too."),
    Problem("method-not-allowed", 405, "Not a method of this address", "`Allow` lists the ones."),
    Problem(
        "conflict", 409, "The state does not allow this",
        "Read it again: a run's `status` and `resumable`, a recommendation's `state` and "
        "`next_stage` say what can be done.",
    ),
    Problem(
        "in-flight", 409, "The first request with this Idempotency-Key is still going on",
        "Send the same request again in a moment.",
    ),
    Problem("too-large", 413, "The body is too large", "Send less."),
    Problem(
        "unsupported-media-type", 415, "Not JSON", "Send `Content-Type: application/json`."
    ),
    Problem(
        "invalid", 422, "Some fields were refused", "`errors` lists each field with its reasons."
    ),
    Problem(
        "idempotency-key-reused", 422, "This Idempotency-Key came with another request before",
        "Use a new key for every new request.",
    ),
    Problem(
        "throttled", 429, "Too many requests", "Wait the seconds that `Retry-After` names."
    ),
    Problem("internal", 500, "Our mistake", "Try again; if it stays, tell who runs this house."),
    Problem(
        "unavailable", 503, "The database cannot be reached",
        "Nothing was spent. Try again after the seconds that `Retry-After` names.",
    ),
)  # fmt: skip
PROBLEMS: Mapping[str, Problem] = MappingProxyType({problem.slug: problem for problem in _ALL})


def respond(
    slug: str,
    detail: str = "",
    *,
    errors: Mapping[str, Sequence[str]] | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> JsonResponse:
    """Return a problem as an HTTP response; `more` are members of its own (RFC 9457, 3.2)."""
    problem = PROBLEMS[slug]
    body: dict[str, Any] = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": detail or problem.remedy,
    }
    if errors:
        body["errors"] = dict(errors)
    return JsonResponse(
        body | more, status=problem.status, content_type=CONTENT_TYPE, headers=headers
    )
