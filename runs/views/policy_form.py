"""What people fill in about a policy. What may not be, `routing.core.policy_draft` refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from routing.core.policy import Mode, Scope
from routing.core.policy_draft import MAX_NOTE, Draft
from routing.core.policy_text import rules_as_json
from routing.selectors import known_models
from runs.core.rules import TaskType
from runs.views.formats import words

LISTS = (
    "allowed_providers", "blocked_providers", "allowed_models", "blocked_models", "regions",
    "required_tags",
)  # fmt: skip
WHOLE = ("max_p95_latency_ms", "max_requests_per_minute", "max_tokens_per_minute")
PLACED = ("name", "scope", "team", "run", "task_type", "mode", "note")
# Tags that the field speaks of, whether or not a model has them yet.
USUAL_TAGS = ("hipaa", "no_train", "pii_allowed", "soc2")
SCOPE_WORDS = {
    Scope.ORG: "The whole organisation",
    Scope.TEAM: "One team",
    Scope.TASK_TYPE: "One type of task",
    Scope.RUN: "One run",
}


@dataclass(frozen=True, slots=True)
class Places:
    """Where the writer may place a policy: slugs and names. `orgs` empty: there is one."""

    orgs: Sequence[tuple[str, str]]
    teams: Sequence[tuple[str, str]]


class NamesField(forms.MultipleChoiceField):
    """Names to tick. One that is not offered is taken all the same: it may be known elsewhere."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: Any) -> bool:
        return True


def _names(label: str) -> NamesField:
    return NamesField(label=label, required=False)


def _number(label: str, mode: str = "numeric") -> forms.CharField:
    attrs = {"inputmode": mode, "autocomplete": "off"}
    return forms.CharField(label=label, required=False, widget=forms.TextInput(attrs=attrs))


class PolicyForm(forms.Form):
    """A policy, one field for everything that it can say."""

    name = forms.CharField(required=False, max_length=64, help_text="Decisions refer to it.")
    org = forms.ChoiceField(label="Organisation", required=False)
    scope = forms.ChoiceField(
        choices=[(scope.value, text) for scope, text in SCOPE_WORDS.items()],
        widget=forms.RadioSelect,
        required=False,
    )
    team = forms.ChoiceField(required=False)
    task_type = forms.ChoiceField(
        label="Type of task",
        choices=[("", "–"), *((kind.value, words(kind.value)) for kind in TaskType)],
        required=False,
    )
    run = forms.CharField(required=False, max_length=36, help_text="Its id, as its page shows it.")
    mode = forms.ChoiceField(
        choices=[(mode.value, mode.value) for mode in Mode],
        widget=forms.RadioSelect,
        required=False,
    )
    note = forms.CharField(
        required=False, max_length=MAX_NOTE, help_text="Why it is there, for who reads it later."
    )
    enabled = forms.BooleanField(label="In force", required=False)

    allowed_providers = _names("Only these providers")
    blocked_providers = _names("Never these providers")
    allowed_models = _names("Only these models")
    blocked_models = _names("Never these models")
    regions = _names("Only in these regions")
    required_tags = _names("Only with all of these tags")
    max_cost_per_call_usd = _number("A call costs at most", "decimal")
    max_cost_per_task_usd = _number("A task costs at most", "decimal")
    max_p95_latency_ms = _number("p95 latency at most")
    min_quality = _number("Expected quality at least", "decimal")
    max_requests_per_minute = _number("Requests a minute at most")
    max_tokens_per_minute = _number("Tokens a minute at most")
    unknown_price_allowed = forms.ChoiceField(
        label="Models without a known price",
        choices=[("", "as elsewhere"), ("false", "are not used"), ("true", "may be used")],
        required=False,
    )

    def __init__(self, places: Places, data: Any) -> None:
        super().__init__(data, auto_id="policy_%s")
        self._offer("org", places.orgs)
        self._offer("team", [("", "–"), *places.teams])
        for field, names in _known().items():
            given = set(self[field].value() or [])
            # What is ticked stands on top, where it is seen.
            ordered = sorted(names | given, key=lambda name: (name not in given, name))
            self._offer(field, [(name, name) for name in ordered])

    def _offer(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)

    def plain(self) -> dict[str, Any]:
        """Return what was filled in, as plain data that a draft is read from."""
        self.is_valid()
        given = {name: self.cleaned_data.get(name) or "" for name in self.fields}
        written = {name: given[name] for name in (*PLACED, "org") if given[name]}
        _forget_unseen(written)
        return written | {"enabled": bool(given["enabled"]), "rules": _rules(given)}

    def refuse(self, errors: Mapping[str, Sequence[str]]) -> None:
        """Put what was refused beside its fields; of fields that are not there, on top."""
        for name, sentences in errors.items():
            field = name.removeprefix("rules.")
            self.add_error(field if field in self.fields else None, list(sentences))


def initial_of(draft: Draft, team: str = "") -> dict[str, Any]:
    """Return what the form shows of a draft; `team` as the form offers it."""
    rules = rules_as_json(draft.rules)
    permitted = {True: "true", False: "false"}.get(rules.pop("unknown_price_allowed", None), "")
    return {
        "name": draft.name,
        "scope": draft.scope.value,
        "team": team,
        "run": str(draft.run or ""),
        "task_type": draft.task_type,
        "mode": draft.mode.value,
        "note": draft.note,
        "enabled": draft.enabled,
        "unknown_price_allowed": permitted,
    } | rules


def _forget_unseen(written: dict[str, Any]) -> None:
    """Drop what fields that the scope hides still hold."""
    scope = written.get("scope")
    for name, scopes in (
        ("team", (Scope.TEAM, Scope.TASK_TYPE)), ("task_type", (Scope.TASK_TYPE,)),
        ("run", (Scope.RUN,)),
    ):  # fmt: skip
        if scope not in scopes:
            written.pop(name, None)


def _rules(given: Mapping[str, Any]) -> dict[str, Any]:
    rules: dict[str, Any] = {name: given[name] for name in LISTS if given[name]}
    for name in ("max_cost_per_call_usd", "max_cost_per_task_usd"):
        if given[name]:
            rules[name] = given[name].removeprefix("$").replace(",", "").strip()
    for name in WHOLE:
        if given[name]:
            rules[name] = _whole(given[name])
    if given["min_quality"]:
        rules["min_quality"] = _fraction(given["min_quality"])
    if given["unknown_price_allowed"]:
        rules["unknown_price_allowed"] = given["unknown_price_allowed"] == "true"
    return rules


def _whole(text: str) -> Any:
    """Return a whole number; what is none stays as it is, for the one place that refuses it."""
    plain = text.replace(",", "").replace(" ", "")
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 20 else text


def _fraction(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _known() -> dict[str, set[str]]:
    """Return the names that there are, by the field that offers them."""
    models = known_models().models.values()
    providers, names = {one.provider for one in models}, {one.name for one in models}
    return {
        "allowed_providers": providers,
        "blocked_providers": providers,
        "allowed_models": names,
        "blocked_models": names,
        "regions": {one.region for one in models if one.region},
        "required_tags": {*USUAL_TAGS, *(tag for one in models for tag in one.tags)},
    }
