"""Policies with a past, and what they decided: denials, warnings, changes, choices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from uuid_utils.compat import uuid7

from budgets.models import Org, Team
from routing.core.policy_draft import draft_from
from routing.models import Decision, Policy
from routing.services.policies import change_policy, create_policy
from runs.models import Run
from telemetry.models import Call
from tests.browser.world import usd

EU: dict[str, Any] = {
    "name": "no training on our data", "mode": "MONITOR", "note": "Legal asked for it in May",
    "rules": {"required_tags": ["no_train"]},
}  # fmt: skip
CAP: dict[str, Any] = {
    "name": "cheap summaries", "mode": "SOFT", "scope": "task_type", "team": "eng",
    "task_type": "summarization", "rules": {"max_cost_per_call_usd": "0.02", "min_quality": 0.7},
}  # fmt: skip
OLD: dict[str, Any] = {
    "name": "trial of kimi", "mode": "HARD", "enabled": False,
    "rules": {"allowed_providers": ["sim-moonshot"], "max_requests_per_minute": 30},
}  # fmt: skip
CHEAP, DEAR, OTHER = "sim/deepseek-v4-flash", "sim/claude-sonnet-5-5", "sim/gpt-6-luna"


def rules(org: Org, eng: Team, run: Run | None = None) -> Policy:
    """Write three policies, one of them with two versions; return that one."""
    now = timezone.now()
    first = create_policy(
        org.pk, draft_from(EU), team=None, actor="ada", now=now - timedelta(days=40)
    )
    strict = draft_from(EU | {"mode": "HARD", "rules": EU["rules"] | {"regions": ["us"]}})
    first = change_policy(first, strict, team=None, actor="grace", now=now - timedelta(days=2))
    for draft, team in ((CAP, eng), (OLD, None)):
        create_policy(
            org.pk, draft_from(draft), team=team, actor="ada", now=now - timedelta(days=9)
        )
    if run is not None:
        denied(eng, run)
    return first


def denied(eng: Team, run: Run, key: str = "tokens") -> Decision:
    """Write what the policies did to a run: a warning, choices, and a denial, which is returned."""
    now = timezone.now()
    decide(
        eng, run, key, outcome="warn", policy="cheap summaries", version=1, model=DEAR,
        phase="generation", at=now - timedelta(hours=30),
        reason="used sim/claude-sonnet-5-5 against cheap summaries v1: may cost 0.0312, a call at "
        "most 0.02 USD",
    )  # fmt: skip
    for minutes in range(12):
        choice(
            eng, run, key, CHEAP if minutes % 3 else OTHER, now - timedelta(minutes=50 + minutes)
        )
    removed = [_removal(CHEAP, "region cn is not us; lacks no_train"),
               _removal("sim/kimi-k2.6", "region cn is not us")]  # fmt: skip
    return decide(
        eng, run, key, outcome="deny", policy="no training on our data", version=2,
        phase="generation", at=now - timedelta(minutes=40), candidates={"removed": removed},
        inputs={"task_type": "code_generation"},
        reason="no model is left by no training on our data v2: sim/deepseek-v4-flash (no training "
        "on our data v2: region cn is not us); sim/kimi-k2.6 (no training on our data v2: region "
        "cn is not us)",
    )  # fmt: skip


def choice(eng: Team, run: Run, key: str, model: str, at: Any) -> Decision:
    """Write one choice with its candidates, and the call that followed."""
    call = uuid7()
    considered: list[dict[str, Any]] = [
        {"model": name, "provider": provider, "mean": 0.84 - 0.05 * rank, "sd": 0.04,
         "n": 31 - rank, "draw": 0.2 - 0.3 * rank, "chance": 0.8 - 0.1 * rank,
         "value_nanousd": 60_000_000 - rank,
         "expected_cost_nanousd": usd("0.004") * (rank + 1), "upper_bound_nanousd": usd("0.03")}
        for rank, (name, provider) in enumerate(
            sorted([(CHEAP, "sim-deepseek"), (DEAR, "sim-anthropic"), (OTHER, "sim-openai")],
                   key=lambda one: one[0] != model)
        )
    ]  # fmt: skip
    removed = [_removal("sim/kimi-k2.6", "region cn is not us")]
    row = decide(
        eng, run, key, kind="route", outcome="allow", policy="", version=None, model=model,
        phase="generation", at=at, call_id=call,
        candidates={"candidates": considered, "removed": removed, "preference": "balanced",
                    "threshold": 0.85, "propensity": 0.62},
    )  # fmt: skip
    Call.objects.create(
        id=call, at=at, org_id=eng.org_id, team_id=eng.pk, run_id=run.pk, task_key=key, attempt=1,
        phase="generation", task_type="code_generation", model=model, outcome="ok",
        provider=considered[0]["provider"], input_tokens=900, output_tokens=300, latency_ms=800,
        cost_nanousd=usd("0.0041"), decision_id=row.pk,
    )  # fmt: skip
    return row


def decide(eng: Team, run: Run, key: str, **fields: Any) -> Decision:
    defaults: dict[str, Any] = {
        "org_id": eng.org_id, "team_id": eng.pk, "run_id": run.pk, "task_key": key,
        "kind": "policy",
    }  # fmt: skip
    return Decision.objects.create(**defaults | fields)


def _removal(model: str, detail: str) -> dict[str, Any]:
    return {"model": model, "reason": "policy", "policy": "no training on our data", "version": 2,
            "detail": f"no training on our data v2: {detail}"}  # fmt: skip
