"""Asks every address of the house as every role, and tells what it answered in one word."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from budgets.core.access import Role, Scope
from budgets.models import (
    AlertChannel,
    AlertDelivery,
    BudgetRaise,
    Invitation,
    Membership,
    SignIn,
    User,
)
from budgets.services.invitations import token_of
from budgets.services.keys import create_key
from routing.models import Decision, InvoiceCheck, Policy, PolicyVersion
from routing.services.decisions import RecordDecision
from runs.models import FailureAnalysis, SavedView, WebhookDelivery
from telemetry.services.journal import apply_now
from tests.integration.routing.advice import make_recommendation
from tests.integration.tuning import scene
from tests.world import make_budget, make_org, make_run, make_task, make_team, make_user

STRANGER, NOBODY = "stranger", "nobody"
WHO = [*(role.value for role in Role), STRANGER, NOBODY]
# The site of the back office has many addresses, and one rule.
OFFICE = "/admin/…"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class House:
    """One of everything, all of one org and its team; `stranger` owns another org."""

    people: Mapping[str, User]
    names: Mapping[str, Any]
    bodies: Mapping[tuple[str, str], Any]


def addresses(resolver: Any = None, before: str = "/") -> Iterator[str]:
    """Yield every address, its parts in braces; the back office once."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if route.startswith("/admin/") and before == "/":
            yield OFFICE
        elif isinstance(entry, URLResolver):
            yield from addresses(entry, route)
        elif isinstance(entry, URLPattern) and "^" not in route:
            yield _braced(route)


def _braced(route: str) -> str:
    """Write `<uuid:run_id>` as `{run_id}`."""
    head, *rest = route.split("<")
    return head + "".join(
        "{" + part.partition(">")[0].partition(":")[2] + "}" + part.partition(">")[2]
        for part in rest
    )


def make_house() -> House:
    org = make_org(name="Acme")
    team = make_team(org, name="Engineering", slug="eng")
    people = {role.value: make_user(org, role=role, email=f"{role}@example.com") for role in Role}
    people[STRANGER] = make_user(make_org(name="Elsewhere"), role=Role.OWNER)
    member = make_user(team=team)
    return House(people, _names(org, team, member), _bodies(org, team))


def _names(org: Any, team: Any, member: User) -> dict[str, Any]:
    now = timezone.now()
    run = make_run(team)
    make_task(run, output="text")
    budget = make_budget(team)
    raised = BudgetRaise.objects.create(
        budget=budget, amount_nanousd=1, reason="r", created_at=now, created_by="x",
        expires_at=now + timedelta(days=1),
    )  # fmt: skip
    channel = AlertChannel.objects.create(
        org=org, team=team, kind="email", target="a@example.com", created_at=now, created_by="x"
    )
    delivery = AlertDelivery.objects.create(channel=channel, payload={}, created_at=now)
    sent = WebhookDelivery.objects.create(
        run=run, url="https://hooks.example.com/", event="run.finished", payload={}, created_at=now
    )
    key, _ = create_key(team=team, name="k", scopes=list(Scope))
    policy = Policy.objects.create(
        org_id=org.pk, name="p", version=1, scope="org", mode="HARD", rules={},
        created_at=now, updated_at=now,
    )  # fmt: skip
    text = {"version": 1, "scope": "org", "mode": "HARD", "rules": {}}
    PolicyVersion.objects.create(policy=policy, at=now, **text)
    decision = Decision(at=now, org_id=org.pk, team_id=team.pk, kind="policy", outcome="deny")
    apply_now(RecordDecision(decision))
    invitation = Invitation.objects.create(
        org=org, team=team, email="new@example.com", role="developer", invited_by="x",
        created_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    proposal = scene.proposal(org, team)
    analysis = FailureAnalysis.objects.create(
        org=org, team=team, state="done", requested_at=now, requested_by="x", since=now, until=now
    )
    advice = make_recommendation(team, now)
    return {
        "recommendation_id": advice.pk,
        "proposal_id": proposal.pk, "dataset_id": scene.dataset(proposal, org, team).pk,
        "analysis_id": analysis.pk, "form": "openai", "part": "train",
        "run_id": run.pk, "key": "t1", "slug": "not-found", "place": f"team-{team.pk}",
        "model_id": "sim/gpt-6-luna", "budget_id": budget.pk, "raise_id": raised.pk,
        "channel_id": channel.pk, "delivery_id": delivery.pk, "key_id": key.pk,
        "team_id": team.pk, "webhook_id": sent.pk,
        "policy_id": policy.pk, "decision_id": decision.pk,
        "member_id": Membership.objects.get(user=member).pk, "invitation_id": invitation.pk,
        "token": token_of(invitation), "view_id": 1, "sign_in_id": 1,
        "name": "sim/gpt-6-luna", "provider": "sim-openai", "check_id": _invoice(org).pk,
    }  # fmt: skip


def _invoice(org: Any) -> InvoiceCheck:
    day = timezone.now().date()
    return InvoiceCheck.objects.create(
        org_id=org.pk, provider="sim-openai", first_day=day, last_day=day, file_name="i.csv",
        digest="0" * 64, created_at=timezone.now(), created_by="x", ours_nanousd=0,
        theirs_nanousd=0,
    )  # fmt: skip


def _bodies(org: Any, team: Any) -> dict[tuple[str, str], Any]:
    draft = {"name": "q", "mode": "HARD", "scope": "org", "rules": {"blocked_models": ["x"]},
             "org": org.slug}  # fmt: skip
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    return {
        ("/api/v1/runs/", "POST"): {"project": "p", "team": team.slug},
        ("/api/v1/budgets/", "POST"): {"team": team.slug, "period": "day", "limit_usd": "5"},
        ("/api/v1/budgets/{budget_id}/", "PATCH"): {"limit_usd": "20"},
        ("/api/v1/budgets/{budget_id}/raise/", "POST"): {
            "amount_usd": "1", "reason": "r", "expires_at": tomorrow,
        },
        ("/api/v1/policies/", "POST"): draft,
        ("/api/v1/policies/check/", "POST"): draft,
        ("/api/v1/policies/", "PUT"): draft,
        ("/api/v1/policies/replay/", "POST"): {"policy": draft},
        ("/api/v1/policies/{policy_id}/", "PUT"): draft | {"name": "p"},
        ("/api/v1/runs/{run_id}/tasks/{key}/feedback/", "POST"): {"score": 1},
        ("/runs/{run_id}/tasks/{key}/verdict/", "POST"): {"verdict": "good"},
        ("/runs/new/", "POST"): {
            "project": "p", "team": team.pk, "time_limit_minutes": 5, "resume": "never",
        },
        ("/policies/new/", "POST"): {
            "name": "r", "mode": "MONITOR", "scope": "org", "blocked_models": ["x"],
        },
        ("/policies/{policy_id}/edit/", "POST"): {"mode": "SOFT", "scope": "org"},
        ("/settings/members/", "POST"): {
            "email": "b@example.com", "role": "developer", "place": f"team-{team.pk}",
        },
        ("/settings/members/{member_id}/role/", "POST"): {"role": "analyst"},
        ("/learning/sharing/", "POST"): {"org": org.slug, "share": "yes"},
        ("/tuning/look/", "POST"): {"place": f"team-{team.pk}"},
        ("/tuning/proposals/", "POST"): {"place": f"team-{team.pk}", "base": "none"},
        ("/api/v1/tuning/analyses/", "POST"): {"team": team.slug},
        ("/api/v1/tuning/proposals/", "POST"): {"team": team.slug, "task_type": "summarization"},
        ("/api/v1/tuning/proposals/{proposal_id}/model/", "POST"): {"model": "sim/gpt-6-luna"},
        ("/api/v1/tuning/data-sets/", "POST"): {"team": team.slug, "task_type": "summarization"},
        ("/api/v1/tuning/assumptions/", "PATCH"): {"epochs": 4},
        ("/api/v1/learning/sharing/", "PUT"): {"shares": True},
        ("/providers/clear/", "POST"): {"model": "sim/gpt-6-luna"},
    }  # fmt: skip


def every_operation(routes: Iterable[str]) -> list[tuple[str, str]]:
    """Return the addresses with each method that might be taken there."""
    return [
        (route, method)
        for route in routes
        for method in (METHODS if route.startswith("/api/v1") else METHODS[:2])
    ]


def answers(
    house: House, who: str, operations: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Return one word per operation that there is; nothing that is asked for stays."""
    found = {}
    client, names = Client(raise_request_exception=False), dict(house.names)
    if who != NOBODY:  # once: it takes as long as many a page
        client.force_login(house.people[who])
        names |= _own(house.people[who])
    session = client.cookies.output(header="")
    for route, method in operations:
        client.cookies = SimpleCookie(session)
        with transaction.atomic():
            word = _ask(client, house.bodies, names, route, method)
            transaction.set_rollback(True)
        if word:
            found[route, method] = word
    return found


def _ask(
    client: Client, bodies: Mapping[tuple[str, str], Any], names: Mapping[str, Any],
    route: str, method: str,
) -> str:  # fmt: skip
    path = "/admin/budgets/org/" if route == OFFICE else filled(route, names)
    body = bodies.get((route, method), {})
    send: Callable[..., Any] = getattr(client, method.lower())
    if method == "GET":
        return _word(send(path))
    if route.startswith("/api/"):
        return _word(send(path, json.dumps(body), content_type="application/json"))
    return _word(send(path, body))


def _own(person: User) -> dict[str, Any]:
    """Return what everybody has of their own: their session, and a view they kept."""
    org = Membership.objects.filter(user=person).values_list("org", flat=True)[0]
    view = SavedView.objects.create(
        user=person, org_id=org, name="v", page="runs", created_at=timezone.now()
    )
    return {"sign_in_id": SignIn.objects.filter(user=person).latest("at").pk, "view_id": view.pk}


def filled(route: str, names: Mapping[str, Any]) -> str:
    """Put names in the place of the braces of an address."""
    for name, value in names.items():
        route = route.replace("{" + name + "}", str(value))
    assert "{" not in route, f"this walk does not know how to fill {route}"
    return route


def _word(response: Any) -> str:
    """Return what an answer amounts to: yes, no, hidden or log in; empty: no such method."""
    status = response.status_code
    assert status < 500 or status == 503, response  # /readyz, where no worker lives
    if status == 405:
        return ""
    if status == 401 or (status == 302 and "login/?next=" in response["Location"]):
        return "log in"
    return {403: "no", 404: "hidden"}.get(status, "yes")
