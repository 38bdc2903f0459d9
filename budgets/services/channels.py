"""Where alerts go: adding a channel, trying it, taking it away."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.crypto import salted_hmac

from budgets.core.access import Caller
from budgets.core.alert import ChannelKind, read_addresses
from budgets.core.errors import InvalidChange
from budgets.models import AlertChannel, AlertDelivery, Org, Team
from telemetry.core.addresses import RefusedAddress
from telemetry.services.changes import record_change
from telemetry.services.outgoing import check_url

MAX_CHANNELS: Final = 50


def secret_of(channel: AlertChannel) -> str:
    """Return the secret that signs a channel's webhooks; it changes with SECRET_KEY alone."""
    digest = salted_hmac("alert channel secret", str(channel.pk), algorithm="sha256").hexdigest()
    return f"whsec_{digest}"


def add_channel(
    *, org: Org, team: Team | None, kind: ChannelKind, target: str, by: Caller, now: datetime
) -> AlertChannel:
    """Send alerts of a team, or of a whole org, there too. Raises: InvalidChange.

    Names are looked up here, so call it outside of any transaction.
    """
    checked = _checked(kind, target)
    if AlertChannel.objects.filter(org=org, removed_at__isnull=True).count() >= MAX_CHANNELS:
        raise InvalidChange({"target": [f"At most {MAX_CHANNELS} channels: remove one first."]})
    with transaction.atomic():
        channel = AlertChannel.objects.create(
            org=org, team=team, kind=kind, target=checked, created_at=now, created_by=by.name
        )
        record_change(
            "alert channel", f"{kind} {channel.pk}", actor=by.name, at=now, before=None,
            after=_facts(channel), org_id=org.pk, team_id=team.pk if team else None,
        )  # fmt: skip
    return channel


def remove_channel(channel: AlertChannel, *, by: Caller, now: datetime) -> bool:
    """Send nothing there from now on; its log stays. False: it was removed before."""
    with transaction.atomic():
        removed = AlertChannel.objects.filter(pk=channel.pk, removed_at__isnull=True).update(
            removed_at=now
        )
        if removed:
            channel.deliveries.filter(next_try_at__isnull=False).update(next_try_at=None)
            record_change(
                "alert channel", f"{channel.kind} {channel.pk}", actor=by.name, at=now,
                before=_facts(channel), after=None, org_id=channel.org_id,
                team_id=channel.team_id,
            )  # fmt: skip
    return bool(removed)


def try_channel(channel: AlertChannel, *, by: Caller, now: datetime) -> AlertDelivery:
    """Make a delivery that says it is a test, due at once."""
    text = f"This is a test by {by.name}: alerts of budgets will arrive here."
    return AlertDelivery.objects.create(
        channel=channel,
        payload={"type": "budget.test", "subject": "A test of budget alerts", "text": text},
        next_try_at=now,
        created_at=now,
    )


def _checked(kind: ChannelKind, target: str) -> str:
    try:
        if kind is ChannelKind.EMAIL:
            return ", ".join(read_addresses(target))
        check_url(target.strip())
    except (ValueError, RefusedAddress) as refused:
        raise InvalidChange({"target": [str(refused)]}) from refused
    return target.strip()


def _facts(channel: AlertChannel) -> dict[str, str]:
    # The address of a Slack hook is a secret itself.
    target = channel.target if channel.kind == ChannelKind.EMAIL else "(an address)"
    return {"kind": str(channel.kind), "target": target}
