"""Prices of an organisation, an invoice that differs, and history that was priced anew."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from budgets.models import Org
from routing.models import InvoiceCheck, Repricing
from routing.services.invoices import check_invoice, our_models
from routing.services.market import Actor, add_price, switch_model

LUNA, PROVIDER = "sim/gpt-6-luna", "sim-openai"


def market(org: Org) -> InvoiceCheck:
    """Enter prices, compare an invoice with the last days; return the comparison."""
    now = timezone.now()
    by = Actor(org.pk, "ada", now)
    for days, usd_in, usd_out, reason in (
        (-40, "1.20", "4.80", "Contract of October"),
        (-3, "1.10", "4.40", "Volume discount, invoice 2026-1107"),
        (30, "0.90", "3.60", "Announced on their price list"),
    ):
        usd = {"input": Decimal(usd_in), "output": Decimal(usd_out), "cache_read": Decimal("0.12")}
        add_price(LUNA, now + timedelta(days=days), usd, reason, by)
    switch_model("sim/kimi-k2.6", False, by)
    first, last = (now - timedelta(days=6)).date(), now.date()
    lines = ["model,token_class,tokens,cost_usd"]
    for model in our_models(org.pk, PROVIDER, first, last):
        for name, side in sorted(model.classes.items()):
            billed = Decimal(side.nanousd or 0) / 10**9
            factor = Decimal("1.25") if name == "output" else 1
            lines.append(f"{model.name},{name},{side.tokens},{billed * factor:.9f}")
    lines.append("gpt-6-image,output,120000,3.60")
    made, _ = check_invoice(
        "\n".join(lines).encode(), "usage-november.csv", PROVIDER, (first, last), by
    )
    Repricing.objects.create(
        org_id=org.pk, model=LUNA, starts_at=now - timedelta(days=40), ends_at=now,
        reason="Contract of October was entered late", created_at=now, created_by="ada",
        finished_at=now, calls=214, before_nanousd=3_412_000_000, after_nanousd=3_105_000_000,
    )  # fmt: skip
    return made
