"""Who asks for a page, and what a page answers when it is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers

from budgets.core.access import Action, Caller
from budgets.models import User
from budgets.services.access import caller_of_user
from runs.core.refusals import NotVisible

View = Callable[..., HttpResponseBase]
# What a part answers that has nothing new to show.
UNCHANGED = 204


def caller_of(request: HttpRequest) -> Caller:
    """Return the logged-in person as the selectors want them; asked for once a request."""
    user = request.user
    assert isinstance(user, User)  # `page` let nobody else through
    known: Caller | None = getattr(request, "known_caller", None)
    if known is None or known.user_id != user.pk:
        known = caller_of_user(user)
        request.known_caller = known  # type: ignore[attr-defined]
    return known


def landing_page(request: HttpRequest) -> str:
    """Return where a person begins: who only audits in the room of the admin site."""
    caller = caller_of(request)
    only_audits = caller.audits and not caller.team_ids(Action.READ_TEXTS)
    return reverse("admin:index" if only_audits else settings.LOGIN_REDIRECT_URL)


def wants_part(request: HttpRequest) -> bool:
    """Return whether htmx asks for a part of the page, not a browser for the whole of it."""
    headers = request.headers
    return "HX-Request" in headers and "HX-History-Restore-Request" not in headers


def page(view: View) -> View:
    """Make a view one for people: logged in, never cached, and what is not theirs is a 404."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except NotVisible as error:
            raise Http404(str(error)) from error
        patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
        # The same address answers a page and its part: none of them may be shown for the other.
        patch_cache_control(response, private=True, no_store=True)
        return response

    return login_required(guarded)
