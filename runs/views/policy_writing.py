"""A policy while somebody writes it: as a form or as YAML, with what it was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from budgets.core.access import Action, Caller
from budgets.models import Org, Team
from budgets.selectors import orgs_of, teams_of
from routing.core.policy_draft import Draft
from routing.core.policy_text import InvalidPolicy
from routing.core.policy_yaml import InvalidYaml, draft_as_yaml, draft_from_yaml
from routing.models import Policy
from routing.models.policy import PolicyText
from routing.selectors.policies import draft_of
from runs.core.refusals import InvalidSubmission
from runs.selectors.policy_target import Target, target_of
from runs.views.policy_form import Places, PolicyForm, initial_of

MAX_FILE_BYTES = 256_000
EMPTY = {"mode": "MONITOR", "scope": "org", "enabled": True}
TEMPLATE = """name: eu data
scope: org           # org, team, run or task_type
mode: MONITOR        # HARD, SOFT or MONITOR
rules:
  regions: [eu]
"""
# Why it cannot be read, by field.
Errors = Mapping[str, Sequence[str]]


class Writing:
    """One state of the editor. `row` None: the policy is not there yet.

    `text` is the YAML; None: the form is filled in.
    """

    def __init__(
        self,
        caller: Caller,
        row: Policy | None,
        form: PolicyForm,
        text: str | None = None,
        version: int | None = None,
    ) -> None:
        self.caller = caller
        self.row = row
        self.form = form
        self.text = text
        self.version = row.version if version is None and row is not None else version
        self.errors: list[str] = []
        self.notes: list[str] = []
        self._read: tuple[Target | None, Errors] | None = None

    @property
    def as_yaml(self) -> bool:
        return self.text is not None

    def plain(self) -> dict[str, Any]:
        """Return what is written as plain data. Raises: InvalidSubmission."""
        written = self.form.plain() if self.text is None else _plain_of(self.text)
        if self.row is not None:
            written |= {"name": written.get("name") or self.row.name}
            written |= {"org": Org.objects.get(pk=self.row.org_id).slug}
        elif org := self.form.data.get("org"):
            written.setdefault("org", org)
        return written if self.version is None else written | {"version": self.version}

    def target(self) -> tuple[Target | None, Errors]:
        """Return whose policy it would be, or else what cannot be read, by field."""
        if self._read is None:
            try:
                self._read = target_of(self.caller, self.plain(), Action.READ_POLICIES), {}
            except InvalidSubmission as error:
                self._read = None, error.errors
            except PermissionDenied as error:
                self._read = None, {"scope": [str(error)]}
        return self._read

    def refuse(self, errors: Errors) -> None:
        """Say what was refused: beside the form's fields, or above the YAML."""
        if self.text is None:
            self.form.refuse(errors)
        else:
            self.errors = [
                why if field == "yaml" else f"{field}: {why}"
                for field, reasons in errors.items()
                for why in reasons
            ]

    def turned(self, into: str) -> Writing:
        """Return the same in the other way to write it; what cannot be read stays as it is."""
        if into == "open":
            return self
        target, errors = self.target()
        if target is None:
            self.refuse(errors)
            return self
        places = places_of(self.caller)
        initial = initial_of(target.draft, team_choice(target.team, target.draft, places))
        initial |= {"org": target.org.slug}
        text = draft_as_yaml(target.draft) if into == "yaml" else None
        form = PolicyForm(places, initial)
        return Writing(self.caller, self.row, form, text, self.version)


def start_from(request: HttpRequest, caller: Caller, row: Policy | None) -> Writing:
    """Return what the editor opens with: an empty policy, or a version of one there is."""
    places, as_yaml = places_of(caller), request.GET.get("as") == "yaml"
    if row is None:
        form = PolicyForm(places, EMPTY)
        return Writing(caller, None, form, TEMPLATE if as_yaml else None)
    text = _version(row, request.GET.get("from", ""))
    team = Team.objects.filter(pk=text.team_id).first() if text.team_id else None
    try:
        draft = draft_of(row.name, text, team.slug if team else "")
    except InvalidPolicy as error:
        writing = Writing(caller, row, PolicyForm(places, {}), _raw(row.name, text))
        writing.refuse(error.errors)
        return writing
    initial = initial_of(draft, team_choice(team, draft, places))
    yaml_text = draft_as_yaml(draft) if as_yaml else None
    writing = Writing(caller, row, PolicyForm(places, initial), yaml_text)
    if text.version != row.version:
        writing.notes.append(
            f"This is version {text.version}. Saved, it becomes version {row.version + 1}."
        )
    return writing


def written_by(request: HttpRequest, caller: Caller, row: Policy | None) -> Writing:
    """Return what was sent: a form, a YAML text, or a file of one."""
    given = request.POST.get("version", "")
    version = int(given) if given.isdecimal() and len(given) < 10 else None
    data = request.POST.copy()
    if row is not None:
        data["name"] = row.name
    form = PolicyForm(places_of(caller), data)
    text = request.POST.get("yaml") if request.POST.get("as") == "yaml" else None
    if (file := request.FILES.get("file")) is not None:
        text, why = _text_of(file)
        writing = Writing(caller, row, form, text, version)
        writing.errors = why
        return writing
    return Writing(caller, row, form, text, version)


def places_of(caller: Caller) -> Places:
    """Return where a caller's policies may hold; teams of one slug are named with their org."""
    teams = list(teams_of(caller, Action.READ_POLICIES))
    orgs = list(orgs_of(caller))
    slugs = [team.slug for team in teams]
    named = [
        (f"{team.org.slug}/{team.slug}" if slugs.count(team.slug) > 1 else team.slug, team.name)
        for team in teams
    ]
    return Places([(org.slug, org.name) for org in orgs] if len(orgs) > 1 else [], named)


def team_choice(team: Team | None, draft: Draft, places: Places) -> str:
    """Return the team of a draft as the form offers it; empty where it names none."""
    if team is None or draft.run is not None:
        return ""
    long = f"{team.org.slug}/{team.slug}"
    return long if long in dict(places.teams) else team.slug


def _plain_of(text: str) -> dict[str, Any]:
    try:
        return draft_from_yaml(text).as_json()
    except InvalidYaml as error:
        raise InvalidSubmission({"yaml": [f"Line {error.line}: {error.reason}."]}) from error
    except InvalidPolicy as error:
        raise InvalidSubmission(error.errors) from error


def _version(row: Policy, number: str) -> PolicyText:
    """Return the version that is asked for; of no such number, what holds now."""
    if not number.isdecimal() or len(number) > 9:
        return row
    return row.versions.filter(version=int(number)).first() or row


def _raw(name: str, text: PolicyText) -> str:
    """Return rules that cannot be read, for somebody to mend."""
    written = {"name": name, "scope": text.scope, "mode": text.mode, "rules": text.rules}
    return str(yaml.safe_dump(written, sort_keys=False, allow_unicode=True))


def _text_of(file: Any) -> tuple[str, list[str]]:
    """Return a file's text, and why it cannot be one."""
    if file.size > MAX_FILE_BYTES:
        return "", [f"The file is larger than {MAX_FILE_BYTES // 1000} kB: that is no policy."]
    try:
        return file.read().decode("utf-8").replace("\r\n", "\n").replace("\0", ""), []
    except UnicodeDecodeError:
        return "", ["The file is not text in UTF-8: save it as such, and open it again."]
