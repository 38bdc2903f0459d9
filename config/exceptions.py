"""One place where what goes wrong in the API becomes RFC 9457 `application/problem+json`."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from rest_framework import exceptions as rest

from budgets.core.errors import BudgetExceeded, InFlight, InvalidChange, KeyReused
from budgets.core.money import format_usd
from config.json_body import BodyTooLarge
from config.problems import respond
from routing.core.stages import WrongStage
from runs.core.refusals import (
    AlreadyEnded,
    InvalidSubmission,
    ModelsNotAllowed,
    NothingToJudge,
    NotResumable,
    NotVisible,
    RunBudgetSpent,
    TeamArchived,
)

logger = logging.getLogger(__name__)
RETRY_SECONDS = 5
# A message quotes what was sent, which may be of any length.
MOST_CHARS = 500


def problem_response(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Answer an exception of an API view: REST framework's EXCEPTION_HANDLER."""
    for kind in type(error).__mro__:
        if kind in _ANSWERS:
            return _ANSWERS[kind](error)
    # The exception goes to the log alone; what the caller sees says nothing of it.
    view = context.get("view")
    logger.error("Unexpected error in %s", type(view).__name__, exc_info=error)
    return respond("internal")


def _invalid(error: rest.ValidationError) -> HttpResponse:
    slug = "malformed" if getattr(error, "in_query", False) else "invalid"
    return _with_errors(slug, flat(error.detail))


def _with_errors(slug: str, errors: Mapping[str, Sequence[str]]) -> HttpResponse:
    detail = "; ".join(f"{field}: {messages[0]}" for field, messages in errors.items())
    return respond(slug, detail[:MOST_CHARS], errors=errors)


def flat(detail: Any) -> dict[str, list[str]]:
    """Return nested errors as one level: `tasks.0.key` -> messages."""
    errors: dict[str, list[str]] = {}
    for where, message in _leaves(detail, ""):
        errors.setdefault(where or "body", []).append(message[:MOST_CHARS])
    return errors


def _leaves(detail: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            below = where if key == "non_field_errors" else f"{where}.{key}" if where else str(key)
            yield from _leaves(value, below)
    elif isinstance(detail, list | tuple):
        for place, value in enumerate(detail):
            nested = isinstance(value, Mapping | list)
            yield from _leaves(value, f"{where}.{place}" if nested else where)
    else:
        yield where, str(detail)


def _unauthenticated(error: rest.APIException) -> HttpResponse:
    return respond(
        "unauthenticated", str(error.detail), headers={"WWW-Authenticate": 'Bearer realm="api"'}
    )


def _throttled(error: rest.Throttled) -> HttpResponse:
    wait = max(1, math.ceil(getattr(error, "wait", None) or 1))
    return respond("throttled", f"Wait {wait} s.", headers={"Retry-After": str(wait)})


def _method(error: rest.MethodNotAllowed) -> HttpResponse:
    return respond("method-not-allowed", str(error.detail))


def _away(error: Exception) -> HttpResponse:
    logger.error("The database cannot be reached", exc_info=error)
    return respond("unavailable", headers={"Retry-After": str(RETRY_SECONDS)})


def _budget_exceeded(error: BudgetExceeded) -> HttpResponse:
    return respond(
        "budget-exceeded",
        f"The {error.scope}'s budget has no room for {format_usd(error.requested_nanousd)} USD.",
        scope=error.scope,
        budget=str(error.budget_id),
        limit_usd=format_usd(error.limit_nanousd),
        spent_usd=format_usd(error.spent_nanousd),
        held_usd=format_usd(error.held_nanousd),
        requested_usd=format_usd(error.requested_nanousd),
        resets_at=error.resets_at.isoformat().replace("+00:00", "Z") if error.resets_at else None,
        who_can_raise=list(error.who_can_raise),
    )


def _run_budget_spent(error: RunBudgetSpent) -> HttpResponse:
    return respond(
        "budget-exceeded",
        str(error),
        scope="run",
        budget=None,
        limit_usd=format_usd(error.limit_nanousd),
        spent_usd=format_usd(error.spent_nanousd),
        held_usd="0.00",
        requested_usd=format_usd(error.requested_nanousd),
        resets_at=None,
        who_can_raise=["whoever may resume the run"],
    )


def _models_not_allowed(error: ModelsNotAllowed) -> HttpResponse:
    return respond(
        "policy-denied",
        str(error),
        decision_id=str(error.decision_id),
        policy=error.policy,
        version=error.version,
        reason=error.reason,
    )


def _conflict(error: NotResumable | AlreadyEnded | NothingToJudge) -> HttpResponse:
    return respond("conflict", str(error), state=error.status)


def _plain(slug: str) -> Callable[[Any], HttpResponse]:
    return lambda error: respond(slug, str(error))


_ANSWERS: Mapping[type[BaseException], Callable[[Any], HttpResponse]] = {
    rest.ValidationError: _invalid,
    rest.ParseError: _plain("malformed"),
    rest.NotAuthenticated: _unauthenticated,
    rest.AuthenticationFailed: _unauthenticated,
    rest.PermissionDenied: _plain("forbidden"),
    PermissionDenied: _plain("forbidden"),
    rest.NotFound: _plain("not-found"),
    Http404: _plain("not-found"),
    NotVisible: _plain("not-found"),
    rest.MethodNotAllowed: _method,
    rest.UnsupportedMediaType: _plain("unsupported-media-type"),
    rest.Throttled: _throttled,
    BodyTooLarge: _plain("too-large"),
    RequestDataTooBig: _plain("too-large"),
    BudgetExceeded: _budget_exceeded,
    RunBudgetSpent: _run_budget_spent,
    ModelsNotAllowed: _models_not_allowed,
    InvalidSubmission: lambda error: _with_errors("invalid", error.errors),
    InvalidChange: lambda error: _with_errors("invalid", error.errors),
    NotResumable: _conflict,
    AlreadyEnded: _conflict,
    NothingToJudge: _conflict,
    TeamArchived: _plain("conflict"),
    WrongStage: _plain("conflict"),
    KeyReused: _plain("idempotency-key-reused"),
    InFlight: lambda error: respond("in-flight", headers={"Retry-After": "1"}),
    OperationalError: _away,
    InterfaceError: _away,
}
