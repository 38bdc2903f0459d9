"""The list of settings, as far as the reader may open them."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from budgets.core.access import Action, Caller

# What each page is called, its address, the pages below it, and what one may do who opens it.
_PAGES: tuple[tuple[str, str, tuple[str, ...], Action | None], ...] = (
    ("Organisation", "organisation", (), None),
    ("Teams", "teams", ("team",), None),
    ("Members", "members", (), Action.MANAGE_MEMBERS),
    ("API keys", "api-keys", ("key-rotate",), Action.MANAGE_KEYS),
    (
        "Providers and models",
        "models-settings",
        ("model-settings", "model-add", "price-add", "invoices", "invoice", "reprice"),
        None,
    ),
    ("Alerts", "alert-channels", (), Action.WRITE_BUDGETS),
    ("Webhooks", "webhooks", (), Action.MANAGE_KEYS),
    ("Password", "password", (), None),
    ("Sessions", "sessions", (), None),
)

# Everybody has these, members of nothing as well.
_OWN = frozenset({"password", "sessions"})


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """One entry of the list."""

    name: str
    url: str
    is_here: bool


def settings_pages(caller: Caller, here: str) -> list[SettingsPage]:
    """Return the pages of settings that a caller may open; `here`: the address's name."""
    granted = frozenset[Action]().union(*caller.org_actions.values(), *caller.team_actions.values())
    return [
        SettingsPage(name, reverse(address), here == address or here in below)
        for name, address, below, action in _PAGES
        if address in _OWN or (caller.org_ids and (action is None or action in granted))
    ]
