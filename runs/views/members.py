"""The page of members: who is what, who is invited, and what the link of an invitation opens."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from budgets.core.access import Caller, Role
from budgets.core.errors import InvalidChange
from budgets.models import Invitation
from budgets.selectors.members import (
    invitations_of,
    manages_members,
    members_of,
    places_to_manage,
)
from budgets.services import invitations
from budgets.services.members import change_role, deactivate
from runs.forms import InviteForm, JoinForm
from runs.views.asking import caller_of, landing_page, page


@require_http_methods(["GET", "HEAD", "POST"])
@page
def members(request: HttpRequest) -> HttpResponse:
    """Show the members a person manages, or invite another."""
    caller = _manager(request)
    form = InviteForm(places_to_manage(caller), request.POST or None)
    if request.method == "POST" and form.is_valid() and _invited(request, caller, form):
        return redirect("members")
    context = {
        "form": form,
        "members": members_of(caller),
        "invitations": invitations_of(caller, timezone.now()),
        "roles": list(Role),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "settings/members.html", context, status=status)


@require_POST
@page
def member_role(request: HttpRequest, member_id: int) -> HttpResponse:
    """Give a member another role."""
    caller = _manager(request)
    member = get_object_or_404(members_of(caller), pk=member_id)
    role = request.POST.get("role", "")
    if role not in set(Role):
        messages.error(request, "There is no such role.", extra_tags="bad")
        return redirect("members")
    try:
        change_role(member, Role(role), by=caller, now=timezone.now())
    except InvalidChange as refused:
        messages.error(request, str(refused), extra_tags="bad")
    else:
        messages.success(request, f"{member.user.email} is {role} now.", extra_tags="ok")
    return redirect("members")


@require_POST
@page
def member_deactivate(request: HttpRequest, member_id: int) -> HttpResponse:
    """Take a membership away."""
    caller = _manager(request)
    member = get_object_or_404(members_of(caller), pk=member_id)
    try:
        gone = deactivate(member, by=caller, now=timezone.now())
    except InvalidChange as refused:
        messages.error(request, str(refused), extra_tags="bad")
    else:
        said = "and can no longer log in" if gone else "and keeps what they are elsewhere"
        where = member.team or member.org
        messages.success(
            request, f"{member.user.email} is no member of {where} any more, {said}.",
            extra_tags="ok",
        )  # fmt: skip
    return redirect("members")


@require_POST
@page
def invitation_withdraw(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Make an invitation void."""
    caller, now = _manager(request), timezone.now()
    invitation = get_object_or_404(invitations_of(caller, now), pk=invitation_id)
    if invitations.withdraw(invitation, by=caller, now=now):
        said = f"The invitation of {invitation.email} is void."
        messages.success(request, said, extra_tags="ok")
    return redirect("members")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show what somebody is invited to, and let them accept."""
    offered = invitations.opened_by(token, timezone.now())
    if offered is None:
        return render(request, "settings/invitation_void.html", status=404)
    known = invitations.person_invited(offered)
    if known is None:
        return _join(request, offered)
    if request.user.pk != known.pk:
        # The address is somebody's who can log in: the link alone must not open their account.
        return redirect(f"{reverse('login')}?next={request.path}")
    if request.method == "POST":
        invitations.accept(offered, known, timezone.now())
        return redirect(landing_page(request))
    return render(request, "settings/invitation.html", {"invitation": offered})


def _join(request: HttpRequest, offered: Invitation) -> HttpResponse:
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = invitations.join(offered, form.cleaned_data["password"], timezone.now())
        except InvalidChange as refused:
            form.add_error("password", list(refused.errors["password"]))
        else:
            if person is None:
                return render(request, "settings/invitation_void.html", status=404)
            login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
            return redirect(landing_page(request))
    status = 422 if request.method == "POST" else 200
    context = {"invitation": offered, "form": form}
    return render(request, "settings/invitation.html", context, status=status)


def _invited(request: HttpRequest, caller: Caller, form: InviteForm) -> bool:
    """Send the invitation; False with the form's errors, where something stands against it."""
    given: dict[str, Any] = form.cleaned_data
    try:
        sent = invitations.invite(
            given["email"],
            given["place"],
            given["role"],
            by=caller,
            now=timezone.now(),
            link=lambda token: settings.PUBLIC_URL + reverse("invitation", args=[token]),
        )
    except InvalidChange as refused:
        for field, sentences in refused.errors.items():
            form.add_error(field, list(sentences))
        return False
    said = f"{sent.email} has an invitation by e-mail; it is good for a week."
    messages.success(request, said, extra_tags="ok")
    return True


def _manager(request: HttpRequest) -> Caller:
    """Return the caller, if there are members they manage at all."""
    caller = caller_of(request)
    if not manages_members(caller):
        raise PermissionDenied
    return caller
