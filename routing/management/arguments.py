"""What the commands about policies and decisions take."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime, time

from django.core.management.base import CommandError
from django.utils.dateparse import parse_date, parse_datetime

from budgets.models import Org, Team


def org_named(slug: str) -> Org:
    """Return the organisation. Raises: CommandError."""
    org = Org.objects.filter(slug=slug).first()
    if org is None:
        known = ", ".join(Org.objects.order_by("slug").values_list("slug", flat=True)[:20])
        raise CommandError(f"There is no organisation {slug}. There is: {known or 'none'}.")
    return org


def team_named(org: Org, slug: str) -> Team | None:
    """Return the team, None where no name was given. Raises: CommandError."""
    if not slug:
        return None
    team = Team.objects.filter(org=org, slug=slug).first()
    if team is None:
        raise CommandError(f"{org.slug} has no team {slug}.")
    return team


def moment(text: str) -> datetime:
    """Return a time, or the beginning of a day, in UTC where no offset is given.

    Raises: CommandError.
    """
    try:
        day, at = parse_date(text), parse_datetime(text)
    except ValueError:
        day = at = None
    if day is not None:
        at = datetime.combine(day, time(), UTC)
    if at is None:
        raise CommandError(f"{text!r} is no date such as 2026-11-30 or 2026-11-30T12:00:00Z.")
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def operator() -> str:
    """Return who runs a command, as the log names them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name for this user id, as in many containers
        return "operator"
