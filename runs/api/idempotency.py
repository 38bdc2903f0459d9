"""The one way every POST is answered: its work and its answer stored together, once a key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from django.db import transaction
from django.http import HttpResponseBase, JsonResponse
from django.utils import timezone
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from budgets.api.authentication import caller_of
from budgets.core.errors import InFlight
from budgets.services.idempotency import Fresh, Replay, begin, finish, give_up

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"


def _nothing(error: Exception) -> None:
    return None


def answer_once(
    view: APIView,
    work: Callable[[], Response],
    *,
    prepare: Callable[[], None] = lambda: None,
    on_refusal: Callable[[Exception], None] = _nothing,
) -> HttpResponseBase:
    """Do the work in one transaction, or answer again what the same key was answered before.

    `prepare` runs before the transaction, and not for a request that was answered before; what it
    refuses is not kept. `on_refusal` runs after the work was rolled back, for what must be written
    down all the same.
    Raises: what the work raises, where the request has no key; what `prepare` raises.
    """
    begun = _begin(view.request)
    if isinstance(begun, Replay):
        return _replay(begun)
    try:
        prepare()
    except Exception:
        if begun is not None:
            give_up(begun)
        raise
    try:
        with transaction.atomic():
            response = work()
            if begun is not None:
                finish(begun, response.status_code, response.data)
    except Exception as error:
        on_refusal(error)
        if begun is None or isinstance(error, InFlight):
            raise
        return _refused(view, begun, error)
    return response


def _begin(request: Request) -> Fresh | Replay | None:
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not key.isascii() or not key.isprintable():
        raise ParseError(f"{HEADER} must be printable ASCII.")
    body = json.dumps(request.data, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(body.encode()).hexdigest()
    caller = caller_of(request)
    try:
        return begin(caller, key, request.method or "", request.path, digest, timezone.now())
    except ValueError as error:
        raise ParseError(str(error)) from error


def _replay(replay: Replay) -> JsonResponse:
    kind = "application/json" if replay.status < 400 else "application/problem+json"
    return JsonResponse(
        replay.response,
        status=replay.status,
        content_type=kind,
        headers={REPLAYED: "true"},
        safe=False,
    )


def _refused(view: APIView, begun: Fresh, error: Exception) -> HttpResponseBase:
    response = view.handle_exception(error)
    finish(begun, response.status_code, json.loads(response.content))
    return response
