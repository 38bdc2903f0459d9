"""What templates may call: figures, icons, statuses, times and bars.

Everything here returns plain text, which Django escapes, or markup built from escaped parts.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import SuspiciousOperation
from django.template import Context, Library
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from budgets.core.access import Action
from runs.core.filters import carried as carried_pairs
from runs.models import SavedView
from runs.views import formats
from runs.views.asking import caller_of
from runs.views.saved_views import address_of
from runs.views.settings_nav import SettingsPage
from runs.views.settings_nav import settings_pages as pages_of_settings

register = Library()

for _filter in (
    formats.exact_usd,
    formats.ratio,
    formats.whole,
    formats.duration,
    formats.milliseconds,
    formats.excerpt,
    formats.words,
    formats.look_of,
):
    register.filter(_filter.__name__, _filter)


@register.filter
def usd(nanousd: int | None) -> SafeString:
    """Write money, its last digit on hover; what is not known says so."""
    if nanousd is None:
        return format_html('<span class="unknown" title="{}">unknown</span>', "No price is known")
    return format_html(
        '<span title="{}">{}</span>', formats.exact_usd(nanousd), formats.usd(nanousd)
    )


register.simple_tag(formats.usd_between)


@register.simple_tag(takes_context=True)
def carried(context: Context) -> str:
    """Write what the page's address says of the filter, for a link to another page."""
    request = context.get("request")
    try:
        pairs = carried_pairs(dict(request.GET.lists())) if request else []
    except SuspiciousOperation:  # more fields than Django reads: this is the page that says so
        pairs = []
    return f"?{urlencode(pairs)}" if pairs else ""


@register.simple_tag(takes_context=True)
def settings_pages(context: Context) -> list[SettingsPage]:
    """Return the settings that the reader may open."""
    request = context["request"]
    return pages_of_settings(caller_of(request), request.resolver_match.url_name)


@register.simple_tag(takes_context=True)
def enters_office(context: Context) -> bool:
    """Tell whether the reader is an operator of the house, or an auditor."""
    request = context.get("request")
    if request is None or not request.user.is_authenticated:
        return False
    return bool(request.user.is_staff) or caller_of(request).audits


@register.simple_tag(takes_context=True)
def may_somewhere(context: Context, action: str) -> bool:
    """Tell whether there is a team in which the reader may do this."""
    request = context.get("request")
    if request is None or not request.user.is_authenticated:
        return False
    return bool(caller_of(request).team_ids(Action(action)))


@register.filter
def milliseconds_of(value: float | None) -> str:
    """Write a latency that was reckoned, not measured."""
    return formats.milliseconds(None if value is None else round(value))


@register.filter
def view_url(view: SavedView) -> str:
    """Return where a kept view leads."""
    return address_of(view)


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """Draw one of the icons; it stands beside words and is hidden from readers."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        classes,
        static("icons.svg"),
        name,
    )


@register.simple_tag
def status(value: str, shape: str = "") -> SafeString:
    """Show a status by word, shape and colour. `shape`: "pill", or plain."""
    look = formats.look_of(value)
    return format_html(
        '<span class="status {} t-{}" title="{}">{}{}</span>',
        shape,
        look.tone,
        value,
        icon(look.icon, "spin" if look.spins else ""),
        look.label,
    )


@register.simple_tag
def moment(at: datetime | None, show: str = "full") -> SafeString | str:
    """Write a time in UTC, for the page's script to make local. `show`: full, clock or age."""
    if at is None:
        return "–"
    utc = at.astimezone(UTC)
    return format_html(
        '<time datetime="{}" data-show="{}" title="{} UTC" hx-morph-skip-children>{} UTC</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        show,
        utc.strftime("%Y-%m-%d %H:%M:%S"),
        utc.strftime("%Y-%m-%d %H:%M:%S"),
    )


@register.simple_tag
def meter(whole: int, label: str, *parts: Any, classes: str = "") -> SafeString:
    """Draw a bar of parts in one whole; `parts` alternates amounts and the classes of their ink.

    Figures stand in attributes: a strict content security policy refuses inline styles.
    """
    scale = max(whole, sum(amount or 0 for amount in parts[::2]), 1)
    left, rects = 0.0, []
    for amount, ink in zip(parts[::2], parts[1::2], strict=True):
        width = 100.0 * (amount or 0) / scale
        rects.append((ink, f"{left:.3f}", f"{width:.3f}"))
        left += width
    return format_html(
        '<svg class="meter {}" viewBox="0 0 100 4" preserveAspectRatio="none" role="img"'
        ' aria-label="{}">{}</svg>',
        classes,
        label,
        format_html_join("", '<rect class="{}" x="{}" width="{}" height="4"/>', rects),
    )
