"""The back office in a browser: its theme works under our policy, by keyboard and for everybody."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Page, expect

from budgets.models import Membership, User
from routing.models import Breaker, Decision
from tests.browser import axe
from tests.browser.conftest import log_in
from tests.browser.scenes import everything
from tests.browser.screenshots import office_pages

pytestmark = pytest.mark.django_db(transaction=True)


def operator() -> None:
    everything()
    User.objects.filter(username="ada").update(is_staff=True, is_superuser=True)


def every_page() -> list[str]:
    """Each list, the form to add where there is one, and the page of one row."""
    found = [reverse("admin:index"), reverse("admin:password_change")]
    for table in admin.site._registry.values():
        name = f"admin:{table.opts.app_label}_{table.opts.model_name}"
        found.append(reverse(f"{name}_changelist"))
        if type(table).has_add_permission.__qualname__ == "BaseModelAdmin.has_add_permission":
            found.append(reverse(f"{name}_add"))
        row = table.model._default_manager.order_by("pk").first()
        if row is not None:
            found.append(reverse(f"{name}_change", args=[row.pk]))
    return found


def test_no_page_wants_more_than_the_policy_allows(page: Page, address: str, errors: list[str]):
    operator()
    page.goto(f"{address}/admin/login/")
    log_in(page, address)
    outside: list[str] = []
    page.on("request", lambda asked: outside.append(asked.url))
    for path in every_page():
        answer = page.goto(address + path)
        assert answer is not None and answer.status == 200, path
        assert errors == [], path
    assert [url for url in outside if not url.startswith((address, "data:"))] == []


def test_theme_filters_actions_and_forms_work(page: Page, address: str, errors: list[str]):
    operator()
    page.emulate_media(color_scheme="light")
    log_in(page, address)

    page.goto(f"{address}/admin/routing/decision/")
    expect(page.locator("html")).to_have_class("light")
    page.locator("a", has_text="Filters").click()
    page.locator("#changelist-filter").get_by_text("Deny", exact=True).click()
    expect(page).to_have_url(f"{address}/admin/routing/decision/?outcome__exact=deny")
    denied = Decision.objects.filter(outcome="deny").count()
    expect(page.locator("#result_list tbody tr")).to_have_count(denied)

    page.goto(f"{address}/admin/routing/breaker/")
    page.locator("input.action-select").first.check()
    page.get_by_label("Select action to run").select_option("clear")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("Cleared:")).to_be_visible()
    assert Breaker.objects.filter(state="CLOSED").exists()

    owner = Membership.objects.get(user__username="ada")
    page.goto(address + reverse("admin:budgets_membership_change", args=[owner.pk]))
    page.locator("[name=role]").select_option("analyst")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("This is the last owner")).to_be_visible()

    page.get_by_text("ada@").first.click()
    page.get_by_text("Dark", exact=True).click()
    expect(page.locator("html")).to_have_class("dark")
    page.goto(f"{address}/runs/")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert errors == []


def test_axe_finds_nothing_serious_in_the_office(page: Page, address: str):
    operator()
    axe.bring(page.context)
    page.goto(f"{address}/admin/login/")
    found = {"login": axe.serious(page)}
    log_in(page, address)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for name, path in office_pages().items():
            page.goto(address + path)
            found[f"{name} {scheme}"] = axe.serious(page)
    assert {name: issues for name, issues in found.items() if issues} == {}
