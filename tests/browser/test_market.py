"""What a wrong price takes to put right: the price, the invoice that shows it, and history."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import FilePayload, Page, expect

from routing.models import Repricing
from runs.services.repricing import carry_out
from tests.browser import world
from tests.browser.conftest import log_in
from tests.browser.test_budgets import nav
from tests.integration.runs.settled import settled_call

pytestmark = pytest.mark.django_db(transaction=True)
LUNA = "sim/gpt-6-luna"


def test_a_price_is_entered_an_invoice_compared_and_history_priced_anew(
    page: Page, address: str, errors: list[str]
):
    _, eng, _ = world.org_with_people()
    for _ in range(2):
        settled_call(eng)
    log_in(page, address)
    nav(page, "Settings").click()
    page.get_by_role("link", name="Models").click()
    page.get_by_role("link", name=LUNA, exact=True).click()
    price = page.get_by_role("region", name="A new price")
    for label, value in (("Input", "1.5"), ("Output", "6"), ("From", "2026-01-01T00:00")):
        price.get_by_label(label, exact=True).fill(value)
    price.get_by_label("Reason", exact=True).fill("The contract says so")
    price.get_by_role("button", name="Enter the price").click()
    entered = page.get_by_role("region", name="Prices entered")
    expect(entered).to_contain_text("The contract says so")

    page.goto(f"{address}/settings/invoices/")
    invoice = page.get_by_role("region", name="Compare an invoice")
    invoice.get_by_label("Provider").select_option("sim-openai")
    text = f"Modell,Art,Menge,Summe,Tag\ngpt-6-luna,input,2000,0.003,{timezone.now():%Y-%m-%d}\n"
    file = FilePayload(name="november.csv", mimeType="text/csv", buffer=text.encode())
    invoice.get_by_label("CSV file").set_input_files(file)
    invoice.get_by_text("The columns have other names").click()
    names = {"Model": "Modell", "Class of token": "Art", "Tokens": "Menge",
             "Cost in dollars": "Summe", "Day": "Tag"}  # fmt: skip
    for label, name in names.items():
        invoice.get_by_label(label, exact=True).fill(name)
    invoice.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("row", name=re.compile("gpt-6-luna input"))).to_contain_text("2,000")

    page.get_by_role("link", name="Price history anew").click()
    which = page.get_by_role("region", name="Which calls")
    which.get_by_label("Model").select_option(LUNA)
    which.get_by_label("Calls from").fill("2026-01-01T00:00")
    which.get_by_role("button", name="Look first").click()
    expect(page.get_by_role("region", name="What would change")).to_contain_text("2 of 2 calls")
    which.get_by_label("Reason").fill("The price was wrong")
    which.get_by_role("button", name="Correct these calls").click()
    done = page.get_by_role("region", name="Done before")
    expect(done).to_contain_text("0 of 2 looked at")
    carry_out(Repricing.objects.get().pk, 60)
    expect(done).not_to_contain_text("looked at")
    expect(done.get_by_role("row", name=LUNA)).to_contain_text("The price was wrong")
    assert errors == []
