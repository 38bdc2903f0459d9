"""What is answered where no view does: problems under /api/, pages elsewhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from config.problems import respond

API = "/api/"


@csrf_exempt  # else a POST is answered by the page about forms that have expired
def unknown_api_address(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer whatever stands under /api/ and is no address; a forgotten last slash is named.

    A redirect to the slash would turn a POST into a GET, which then looks like success.
    """
    detail = "" if request.path.endswith("/") else f"Addresses end with a slash: {request.path}/"
    return respond("not-found", detail)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if request.path.startswith(API):
        return respond("malformed")
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if request.path.startswith(API):
        return respond("forbidden")
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if request.path.startswith(API):
        return respond("not-found")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    if request.path.startswith(API):
        return respond("internal")
    return defaults.server_error(request)
