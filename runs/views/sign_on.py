"""Logging in by single sign-on."""

from __future__ import annotations

import logging

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from budgets.core.errors import NotAdmitted, UnknownTeam
from budgets.services.sign_on import Door, door_named, enter
from runs.services import oidc
from runs.views.asking import landing_page

logger = logging.getLogger(__name__)

STRANGE = (
    "This answer belongs to no log-in that this browser began, or to one that is over. Start again."
)
FAILED = (
    "{name} could not be reached, or gave an answer that cannot be trusted. Try again in a minute; "
    "if it stays so, tell whoever runs this site."
)


@never_cache
@require_GET
def sign_on(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider."""
    _configured()
    wanted = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        wanted = ""
    if request.user.is_authenticated:
        return redirect(wanted or landing_page(request))
    try:
        return oidc.ask(request, wanted or None)
    except oidc.ProviderFailed as failed:
        return _failed(request, failed)


@never_cache
@require_GET
def sign_on_callback(request: HttpRequest) -> HttpResponse:
    """Let in whom the provider vouches for, if they are a member or were invited."""
    _configured()
    try:
        answer = oidc.answered(request)
        person = enter(answer.identity, _door(), name=settings.OIDC.name, now=timezone.now())
    except oidc.StrangeAnswer:
        return _refused(request, STRANGE, 400)
    except oidc.ProviderFailed as failed:
        return _failed(request, failed)
    except NotAdmitted as refused:
        return _refused(request, str(refused), 403)
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect(answer.wanted or landing_page(request))


def _configured() -> None:
    if not settings.OIDC.issuer:
        raise Http404("no single sign-on")


def _door() -> Door | None:
    if not settings.OIDC.new_people:
        return None
    try:
        return door_named(settings.OIDC.new_people)
    except UnknownTeam as error:
        # Safe, and for the operator to see: only members and invited people enter.
        logger.error("OIDC_NEW_PEOPLE: %s", error)
        return None


def _failed(request: HttpRequest, failed: oidc.ProviderFailed) -> HttpResponse:
    logger.warning("single sign-on failed: %s", failed)
    return _refused(request, FAILED.format(name=settings.OIDC.name), 502)


def _refused(request: HttpRequest, said: str, status: int) -> HttpResponse:
    return render(request, "registration/sign_on_refused.html", {"said": said}, status=status)
