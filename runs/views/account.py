"""Logging in, one's own sessions, and one's password."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe

from budgets.models import User
from budgets.selectors.sign_ins import sign_ins_of
from budgets.services.sign_ins import end_other_sessions, end_session, note_sign_in
from runs.forms import LoginForm
from runs.views.asking import landing_page, page

if TYPE_CHECKING:
    from django.contrib.auth.forms import PasswordChangeForm


class LogIn(auth.LoginView):
    """Let people in, unless too many tries have failed."""

    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        return landing_page(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sign_on = settings.OIDC.name if settings.OIDC.issuer else ""
        return super().get_context_data(**kwargs, sign_on=sign_on)

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        if form.held_back is not None:
            response.status_code = 429
            response["Retry-After"] = str(ceil(form.held_back.seconds))
        return response


@method_decorator(page, name="dispatch")
class ChangePassword(auth.PasswordChangeView):
    """Set another password; every other session of the person ends."""

    template_name = "settings/password.html"
    success_url = reverse_lazy("sessions")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        person, now = cast(User, self.request.user), timezone.now()
        note_sign_in(self.request, person, now)  # the session got another key
        end_other_sessions(person, self.request.session.session_key, now)
        messages.success(
            self.request, "The password is changed. Other sessions have ended.", extra_tags="ok"
        )
        return response


@require_safe
@page
def sessions(request: HttpRequest) -> HttpResponse:
    """List the sessions by which the person is logged in."""
    found = sign_ins_of(cast(User, request.user), timezone.now())
    context = {
        "sign_ins": found,
        "here": request.session.session_key,
    }
    return render(request, "settings/sessions.html", context)


@require_POST
@page
def session_end(request: HttpRequest, sign_in_id: int) -> HttpResponse:
    """End one of them; whoever uses it has to log in again."""
    if not end_session(cast(User, request.user), sign_in_id, timezone.now()):
        raise Http404("no such session")
    messages.success(request, "The session has ended.", extra_tags="ok")
    return redirect("sessions")


@require_POST
@page
def sessions_end_others(request: HttpRequest) -> HttpResponse:
    """End all but this one."""
    person = cast(User, request.user)
    count = end_other_sessions(person, request.session.session_key, timezone.now())
    said = f"{count} other {'session has' if count == 1 else 'sessions have'} ended."
    messages.success(request, said, extra_tags="ok")
    return redirect("sessions")
