"""A first org to look around in. What is already there is kept as it is."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from budgets.core.access import Role, Scope
from budgets.core.money import NANOUSD_PER_USD
from budgets.core.period import PeriodKind
from budgets.models import ApiKey, Budget, Membership, Org, Team, User
from budgets.services.access import digest_of
from budgets.services.keys import revoke_key, store_key

OWNER = "owner"
KEY_NAME = "demo"
_TEAMS = (("eng", "Engineering", 100), ("research", "Research", 60))
_ORG_LIMIT_USD = 200
_MEMBERS = (
    (OWNER, "Olive", "Owner", Role.OWNER, None),
    ("ana", "Ana", "Analyst", Role.ANALYST, None),
    ("audrey", "Audrey", "Auditor", Role.AUDITOR, None),
    ("dev", "Devon", "Developer", Role.DEVELOPER, "eng"),
    ("rita", "Rita", "Researcher", Role.DEVELOPER, "research"),
)


@dataclass(frozen=True, slots=True)
class Demo:
    """What a person needs to look around. `password` None: someone has changed it."""

    org: Org
    teams: dict[str, Team]
    username: str
    password: str | None
    api_key: str


@transaction.atomic
def make_demo(now: datetime) -> Demo:
    """Make what is missing of the demo, and return its log-in and a key that works.

    Neither is stored: both are derived from SECRET_KEY, so they stay the same from run to run
    and cannot be guessed without it. A key that was revoked is followed by another.
    """
    org, _ = Org.objects.get_or_create(slug="demo", defaults={"name": "Demo"})
    teams = {slug: _team(org, slug, name, usd) for slug, name, usd in _TEAMS}
    _budget(org, None, _ORG_LIMIT_USD)
    for username, first, last, role, slug in _MEMBERS:
        _member(org, teams[slug] if slug else None, username, first, last, role)
    return Demo(org, teams, OWNER, _owner_password(), _working_key(teams["eng"], now))


def _team(org: Org, slug: str, name: str, limit_usd: int) -> Team:
    team, _ = Team.objects.get_or_create(org=org, slug=slug, defaults={"name": name})
    _budget(org, team, limit_usd)
    return team


def _budget(org: Org, team: Team | None, limit_usd: int) -> None:
    Budget.objects.get_or_create(
        org=org,
        team=team,
        defaults={"period": PeriodKind.MONTH, "limit_nanousd": limit_usd * NANOUSD_PER_USD},
    )


def _member(org: Org, team: Team | None, username: str, first: str, last: str, role: Role) -> None:
    user, made = User.objects.get_or_create(
        username=username,
        defaults={
            "email": f"{username}@demo.example",
            "first_name": first,
            "last_name": last,
            "is_staff": username == OWNER,
            "is_superuser": username == OWNER,
        },
    )
    if made:
        # Only the owner can log in at first; the others show what roles look like.
        user.set_password(_derived("password", 20) if username == OWNER else None)
        user.save(update_fields=["password"])
    if not user.memberships.filter(org=org).exists():
        Membership.objects.create(user=user, org=org, team=team, role=role)


def _owner_password() -> str | None:
    password = _derived("password", 20)
    return password if User.objects.get(username=OWNER).check_password(password) else None


def _working_key(team: Team, now: datetime) -> str:
    """Return the demo key, made if there is none that works.

    A row whose digest is not the derived one comes from another SECRET_KEY: nobody can be shown
    that key again, so it is revoked.
    """
    keys = list(ApiKey.objects.filter(team=team, name=KEY_NAME).order_by("pk"))
    number = sum(key.revoked_at is not None for key in keys)
    raw = _derived_key(number)
    for key in keys:
        if key.revoked_at is None and key.digest == digest_of(raw):
            return raw
        if key.revoked_at is None:
            revoke_key(key, now)
            number += 1
    raw = _derived_key(number)
    store_key(raw=raw, team=team, name=KEY_NAME, scopes=tuple(Scope))
    return raw


def _derived_key(number: int) -> str:
    return f"mlo_demo{number}_{_derived(f'key {number}', 64)}"


def _derived(purpose: str, length: int) -> str:
    message = f"budgets.demo {purpose}".encode()
    return hmac.digest(str(settings.SECRET_KEY).encode(), message, "sha256").hex()[:length]
