"""What people fill in about models and what they cost."""

from __future__ import annotations

from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from django import forms

from routing.core.catalog import TASK_TYPES, TIERS, ModelSpec
from routing.core.pricing import NANO_PER_TOKEN_AT_ONE_DOLLAR_A_MILLION, Prices
from routing.services.market import CLASSES, Traits
from runs.views.budget_forms import LOCAL, MomentField

LABELS = {
    "input": "Input",
    "output": "Output",
    "cache_read": "Cached input, read",
    "cache_write": "Cached input, written",
    "cache_write_long": "Written for an hour or more",
    "reasoning": "Reasoning",
}
MAX_TOKENS = 100_000_000
MAX_USD = Decimal(1_000_000)


class NamesField(forms.CharField):
    """Names with commas between them."""

    def clean(self, value: Any) -> frozenset[str]:
        parts = (part.strip().lower() for part in str(super().clean(value)).split(","))
        names = frozenset(part for part in parts if part)
        if any(len(name) > 32 or not name.isprintable() for name in names):
            raise forms.ValidationError("A tag has at most 32 characters.")
        return names


class ModelForm(forms.Form):
    """What an organisation says of a model."""

    tier = forms.ChoiceField(
        choices=[(tier, tier) for tier in TIERS],
        help_text="What it is believed to be worth before it was seen at work.",
    )
    region = forms.CharField(max_length=32, required=False, help_text="Where it is computed.")
    context_window = forms.IntegerField(
        min_value=1, max_value=MAX_TOKENS, help_text="Tokens of input and output together."
    )
    max_output_tokens = forms.IntegerField(
        label="Output at most", min_value=1, max_value=MAX_TOKENS, help_text="Tokens."
    )
    tags = NamesField(
        label="Compliance tags",
        required=False,
        max_length=400,
        help_text="With commas between them, such as no_train, soc2. Policies ask for them.",
    )
    task_types = forms.MultipleChoiceField(
        choices=[(name, name.replace("_", " ")) for name in sorted(TASK_TYPES)],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one, or disable the model instead."},
    )

    @classmethod
    def of(cls, spec: ModelSpec) -> ModelForm:
        """Return the form with what holds now."""
        initial = {name: getattr(spec, name) for name in cls.base_fields}
        initial |= {"tags": ", ".join(sorted(spec.tags)), "task_types": sorted(spec.task_types)}
        return cls(initial=initial)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        window, output = given.get("context_window"), given.get("max_output_tokens")
        if window and output and output > window:
            self.add_error("max_output_tokens", "It cannot be more than the window.")
        return given

    @property
    def traits(self) -> Traits:
        given = self.cleaned_data
        return Traits(
            given["tier"],
            frozenset(given["task_types"]),
            given["context_window"],
            given["max_output_tokens"],
            given["region"].strip(),
            given["tags"],
        )


class AddModelForm(forms.Form):
    """A model that litellm knows."""

    name = forms.CharField(
        label="Model",
        max_length=128,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="As litellm writes it. Type a part of it and look it up.",
    )


class PriceForm(forms.Form):
    """What a model costs from a moment on, in dollars per million tokens."""

    starts_at = MomentField(label="From")
    reason = forms.CharField(
        max_length=200,
        error_messages={"required": "Say where it is from: a price list, an invoice, a contract."},
    )

    def __init__(self, zone: tzinfo, now: datetime, data: Any = None, prices: Prices | None = None):
        super().__init__(data, auto_id="price_%s", initial=_initial(zone, now, prices))
        for name in CLASSES:
            self.fields[name] = forms.DecimalField(
                label=LABELS[name],
                required=name in ("input", "output"),
                min_value=Decimal(0),
                max_value=MAX_USD,
                decimal_places=6,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            )
        self.order_fields([*CLASSES, "starts_at", "reason"])
        since = self.fields["starts_at"]
        assert isinstance(since, MomentField)
        since.zone = zone

    @property
    def usd(self) -> dict[str, Decimal | None]:
        return {name: self.cleaned_data[name] for name in CLASSES}


def _initial(zone: tzinfo, now: datetime, prices: Prices | None) -> dict[str, str]:
    found = {"starts_at": now.astimezone(zone).strftime(LOCAL)}
    if prices is not None:
        for name in CLASSES:
            found[name] = dollars(getattr(prices.base, name))
    return found


def dollars(nano_a_token: Decimal) -> str:
    """Write a price of a token as dollars per million tokens, without needless zeros."""
    text = f"{nano_a_token / NANO_PER_TOKEN_AT_ONE_DOLLAR_A_MILLION:.6f}".rstrip("0")
    whole, _, part = text.partition(".")
    return f"{whole}.{part.ljust(2, '0')}"
