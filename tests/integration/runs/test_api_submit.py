"""Submitting a run over REST."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django_q.models import OrmQ

from budgets.models import Budget, BudgetPeriod, Hold, IdempotentRequest, LedgerLine
from routing.models import Decision
from runs.core.similarity import text_digest
from runs.core.status import RunStatus
from runs.models import Run, Task, TaskText
from telemetry.core.addresses import RefusedAddress
from telemetry.models import Event
from tests.integration.runs.api import RUNS, Api, problem
from tests.world import DOLLAR, PASSWORD, World, make_budget, make_key, make_run, make_user

pytestmark = pytest.mark.django_db


def test_submit_stores_a_queued_run_with_its_hold_and_event(api: Api, world: World):
    response = api.submit(budget_usd="1.50", labels={"team": "eng"}, success_criteria="fast")

    body = response.json()
    assert response.status_code == 201
    assert (body["status"], body["budget_usd"], body["team"]) == ("QUEUED", "1.50", "eng")
    assert body["labels"] == {"team": "eng"}
    assert body["spent_usd"] == body["held_usd"] == "0.00"
    assert set(body["phase_spent_usd"]) == {
        "decomposition", "generation", "cross_review", "evaluation"
    }  # fmt: skip
    run = Run.objects.get(pk=body["id"])
    assert run.hold is not None
    assert (run.hold.run_id, run.hold.amount_nanousd) == (run.pk, 1_500_000_000)
    assert run.text_digest == text_digest("Build a service", "fast")
    assert body["url"].endswith(f"/api/v1/runs/{run.pk}/")
    event = Event.objects.get(run_id=run.pk)
    assert (event.type, event.team_id, event.org_id) == ("run.queued", world.team.pk, world.org.pk)


@pytest.mark.django_db(transaction=True)
def test_submit_rings_the_bell_after_the_commit(api: Api):
    api.submit()

    assert [job.func() for job in OrmQ.objects.all()] == ["runs.jobs.carry_out_runs"]


def test_submit_without_a_budget_takes_the_orgs_default(api: Api, world: World):
    world.org.default_run_budget_nanousd = 3 * DOLLAR
    world.org.save()

    assert api.submit().json()["budget_usd"] == "3.00"


def test_null_means_absent(api: Api):
    response = api.submit(
        budget_usd=None, time_limit_seconds=None, webhook_url=None, allowed_models=None, tasks=None,
        success_criteria=None, team=None, max_parallel_tasks=None,
    )  # fmt: skip

    assert response.status_code == 201
    assert response.json()["max_parallel_tasks"] == 8


def test_given_tasks_are_taken_as_they_are(api: Api):
    tasks = [
        {"key": "t1", "type": "code_generation", "prompt": "Write it",
         "validators": ["python_syntax", {"name": "length", "options": {"min": 5}}]},
        {"key": "t2", "type": "code_review", "prompt": "Review it", "depends_on": ["t1"],
         "acceptance_threshold": 0.5},
    ]  # fmt: skip

    body = api.submit(tasks=tasks).json()

    assert (body["tasks_total"], body["decomposition"]) == (2, "given")
    first, second = Task.objects.filter(run=body["id"])
    assert (first.key, first.threshold, first.status) == ("t1", 0.85, "PENDING")
    assert [each["name"] for each in first.validators] == ["python_syntax", "length"]
    assert (second.depends_on, second.threshold) == (["t1"], 0.5)
    assert TaskText.objects.get(task=second).prompt == "Review it"


def test_org_with_room_for_three_refuses_the_fourth_and_stores_only_the_decision(
    api: Api, world: World
):
    make_budget(org=world.org, limit=30 * DOLLAR)
    for _ in range(3):
        assert api.submit(budget_usd="8.00", resume="never").status_code == 201

    body = problem(api.submit(budget_usd="8.00", resume="never"), 402, "budget-exceeded")

    assert (body["scope"], body["limit_usd"], body["held_usd"]) == ("org", "30.00", "24.00")
    assert (body["spent_usd"], body["requested_usd"]) == ("0.00", "8.00")
    assert body["budget"] == str(Budget.objects.get().pk)
    assert body["resets_at"].endswith("Z")
    assert body["who_can_raise"] == [world.owner.username]
    assert (Run.objects.count(), Hold.objects.count(), LedgerLine.objects.count()) == (3, 3, 3)
    assert BudgetPeriod.objects.get().held_nanousd == 24 * DOLLAR
    decision = Decision.objects.get()
    assert (decision.kind, decision.outcome, decision.team_id) == ("budget", "deny", world.team.pk)
    assert decision.inputs["requested_nanousd"] == 8 * DOLLAR


def test_team_budget_is_named_before_the_orgs(api: Api, world: World):
    make_budget(world.team, limit=DOLLAR)
    make_budget(org=world.org, limit=DOLLAR)

    assert problem(api.submit(), 402, "budget-exceeded")["scope"] == "team"


def test_refusal_with_a_key_is_recorded_and_replayed(api: Api, world: World):
    make_budget(world.team, limit=DOLLAR)

    first = api.submit(key="k")
    again = api.submit(key="k")

    assert problem(first, 402, "budget-exceeded") == problem(again, 402, "budget-exceeded")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Decision.objects.count() == 1


def test_same_idempotency_key_and_body_make_one_run(api: Api):
    first = api.submit(key="order-1", budget_usd="1.00")
    again = api.submit(key="order-1", budget_usd="1.00")

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Run.objects.count() == Hold.objects.count() == 1


def test_an_answer_is_given_again_whatever_would_be_judged_now(
    api: Api, monkeypatch: pytest.MonkeyPatch
):
    first = api.submit(key="once", webhook_url="https://9.9.9.9/done")

    def unknown(url: str) -> None:
        raise RefusedAddress("This name cannot be looked up.")

    monkeypatch.setattr("runs.services.admission.check_url", unknown)
    again = api.submit(key="once", webhook_url="https://9.9.9.9/done")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["id"] == first.json()["id"]


def test_what_was_refused_before_any_work_may_be_sent_again_with_its_key(api: Api):
    problem(api.submit(key="once", team="nobody"), 422, "invalid")
    problem(api.submit(key="once", team="nobody"), 422, "invalid")

    assert api.submit(key="once", team="eng").status_code == 201


def test_same_idempotency_key_with_another_body_is_refused(api: Api):
    api.submit(key="order-1")

    problem(api.submit(key="order-1", budget_usd="9.00"), 422, "idempotency-key-reused")
    assert Run.objects.count() == 1


def test_idempotency_key_in_flight_is_a_conflict(api: Api, world: World):
    api.submit(key="order-1")
    IdempotentRequest.objects.update(status=None, response=None)

    response = api.submit(key="order-1")

    problem(response, 409, "in-flight")
    assert response.headers["Retry-After"]
    assert Run.objects.count() == 1


@pytest.mark.parametrize("key", ["x" * 256, "ключ"])
def test_bad_idempotency_key_is_refused(api: Api, key: str):
    problem(api.submit(key=key), 400, "malformed")
    assert Run.objects.count() == 0


def test_two_teams_may_use_the_same_idempotency_key(api: Api, world: World):
    api.submit(key="same")

    assert Api(world.stranger_key).submit(key="same").status_code == 201
    assert Run.objects.count() == 2


def test_dry_run_forecasts_and_stores_nothing(api: Api, world: World):
    make_budget(world.team, limit=10 * DOLLAR)

    response = api.submit(dry_run=True, budget_usd="2.00")

    body = response.json()
    assert response.status_code == 200
    forecast = {name: Decimal(body["forecast"][f"{name}_usd"]) for name in
                ("low", "expected", "high", "free")}  # fmt: skip
    assert 0 < forecast["low"] < forecast["expected"] < forecast["high"] < forecast["free"] == 10
    assert body["forecast"]["risk"] == "LOW"
    assert body["policy"]["outcome"] == body["budget"]["outcome"] == "allow"
    steps = {step["phase"]: step for step in body["models"]}
    assert all(step["model"].startswith("sim/") for step in steps.values())
    assert steps["cross_review"]["provider"] != steps["generation"]["provider"]
    for model in (Run, Hold, Event, Decision, BudgetPeriod, IdempotentRequest, OrmQ):
        assert not model.objects.exists()


def test_dry_run_says_when_the_budget_has_no_room(api: Api, world: World):
    make_budget(world.team, limit=DOLLAR)

    body = api.submit(dry_run=True, budget_usd="2.00").json()

    assert body["budget"] == {"outcome": "deny", "requested_usd": "2.00", "free_usd": "1.00"}


def test_dry_run_of_given_tasks_counts_them(api: Api):
    tasks = [{"key": f"t{n}", "type": "summarization", "prompt": "Sum up"} for n in range(3)]

    body = api.submit(dry_run=True, tasks=tasks).json()

    assert (body["forecast"]["tasks"], body["forecast"]["planned"]) == (3, True)
    assert {step["phase"] for step in body["models"]} == {
        "generation", "cross_review", "evaluation"
    }  # fmt: skip


def test_dry_run_without_any_usable_model_is_denied(api: Api, world: World):
    models = ["gpt-6-luna"]  # a real one, whose provider has no key here

    body = api.submit(dry_run=True, allowed_models=models).json()

    assert body["policy"]["outcome"] == "deny"
    assert all(step["model"] is None for step in body["models"])


def test_team_that_holds_by_forecast_sets_the_forecast_aside(api: Api, world: World):
    world.team.hold_mode = "forecast"
    world.team.save()

    run = Run.objects.get(pk=api.submit(budget_usd="50.00").json()["id"])

    assert run.hold is not None
    assert 0 < run.hold.amount_nanousd < run.hold.limit_nanousd == 50 * DOLLAR


def test_models_outside_the_keys_are_a_policy_denial_on_record(world: World):
    key = make_key(world.team, allowed_models=["sim/gpt-6-luna"])

    body = problem(
        Api(key).submit(allowed_models=["sim/gpt-6-luna", "sim/kimi-k2.6"]), 403, "policy-denied"
    )

    assert "sim/kimi-k2.6" in body["reason"]
    assert (body["policy"], body["version"]) == ("models of the API key", None)
    decision = Decision.objects.get(pk=body["decision_id"])
    assert (decision.kind, decision.outcome) == ("policy", "deny")
    assert Run.objects.count() == Hold.objects.count() == 0


def test_models_outside_the_teams_are_a_policy_denial(api: Api, world: World):
    world.team.allowed_models = ["sim/gpt-6-luna"]
    world.team.save()

    body = problem(api.submit(allowed_models=["sim/kimi-k2.6"]), 403, "policy-denied")

    assert body["policy"] == "models of the team"


def test_run_keeps_the_models_that_key_team_and_request_leave(world: World):
    world.team.allowed_models = ["sim/gpt-6-luna", "sim/kimi-k2.6"]
    world.team.save()
    key = make_key(world.team, allowed_models=["sim/gpt-6-luna", "sim/deepseek-v4-pro"])

    assert Api(key).submit().json()["allowed_models"] == ["sim/gpt-6-luna"]


def test_person_of_several_teams_names_the_one_that_pays(world: World):
    api = Api()
    api.client.force_login(world.owner)

    body = problem(api.submit(), 422, "invalid")
    assert "team" in body["errors"]
    assert api.submit(team="research").json()["team"] == "research"


def test_person_needs_the_csrf_token_where_a_key_does_not(world: World):
    client = Client(enforce_csrf_checks=True)
    member = make_user(team=world.team, password=PASSWORD)
    assert client.login(username=member.username, password=PASSWORD)

    refused = client.post(RUNS, {"project": "x"}, content_type="application/json")
    assert "CSRF" in problem(refused, 403, "forbidden")["detail"]

    client.get("/runs/new/")
    token = client.cookies["csrftoken"].value
    granted = client.post(
        RUNS, {"project": "x"}, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert granted.status_code == 201
    keyed = client.post(
        RUNS, {"project": "y"}, content_type="application/json",
        headers={"Authorization": f"Bearer {world.key}"},
    )  # fmt: skip
    assert keyed.status_code == 201


def test_auditor_may_not_submit(world: World):
    api = Api()
    api.client.force_login(world.auditor)

    problem(api.submit(), 403, "forbidden")


def test_key_without_the_scope_may_not_submit(world: World):
    body = problem(Api(world.reading_key).submit(), 403, "forbidden")

    assert "runs:write" in body["detail"]
    assert Run.objects.count() == 0


def test_auto_goes_on_with_an_interrupted_run_of_the_same_text(api: Api, world: World):
    run = make_run(world.team, status=RunStatus.PARTIAL_SUCCESS)

    response = api.submit()

    body = response.json()
    assert response.status_code == 201
    assert body["id"] == body["resumed_from"] == str(run.pk)
    assert body["status"] == "QUEUED"
    assert Run.objects.count() == 1


@pytest.mark.parametrize("status", ["SUCCESS", "COMPLETED_DEGRADED", "CANCELLED", "RUNNING"])
def test_auto_never_touches_a_run_that_is_over_or_going_on(api: Api, world: World, status: str):
    run = make_run(world.team, status=status)

    body = api.submit().json()

    assert body["id"] != str(run.pk)
    assert body["resume_candidates"] == []


def test_never_makes_a_new_run(api: Api, world: World):
    make_run(world.team, status=RunStatus.PARTIAL_SUCCESS)

    body = api.submit(resume="never").json()

    assert (body["resumed_from"], body["resume_candidates"]) == (None, [])
    assert Run.objects.count() == 2


def test_similar_text_makes_a_new_run_that_names_its_candidates(api: Api, world: World):
    text = "Build a small web service in Python that shortens links and counts every visit"
    old = make_run(world.team, project=text, status=RunStatus.TIMEOUT)

    body = api.submit(project=text + " daily").json()

    assert body["resumed_from"] is None
    (candidate,) = body["resume_candidates"]
    assert candidate["id"] == str(old.pk)
    assert 0.6 <= candidate["similarity"] < 1
    assert api.get(f"{RUNS}{body['id']}/").json()["resume_candidates"] == [candidate]


def test_other_teams_runs_are_no_candidates(api: Api, world: World):
    make_run(world.sibling, status=RunStatus.PARTIAL_SUCCESS)
    make_run(world.other, status=RunStatus.PARTIAL_SUCCESS)

    body = api.submit().json()

    assert (body["resumed_from"], body["resume_candidates"]) == (None, [])


def test_auto_leaves_an_exhausted_run_alone_unless_the_budget_is_raised(api: Api, world: World):
    run = make_run(world.team, status=RunStatus.BUDGET_EXHAUSTED)

    assert api.submit(budget_usd="2.00").json()["id"] != str(run.pk)
    raised = api.submit(budget_usd="5.00").json()
    assert (raised["id"], raised["budget_usd"]) == (str(run.pk), "5.00")


def test_auto_makes_a_new_run_where_the_old_one_spent_more_than_the_new_budget(
    api: Api, world: World
):
    run = make_run(world.team, status=RunStatus.PARTIAL_SUCCESS)
    Hold.objects.filter(run_id=run.pk).update(spent_nanousd=600_000_000)

    response = api.submit(budget_usd="0.50")

    assert response.status_code == 201
    assert response.json()["id"] != str(run.pk)


@pytest.mark.parametrize(
    "terms",
    [
        {"allowed_models": ["sim/claude-haiku-5-5"]},
        {"tasks": [{"key": "a", "type": "summarization", "prompt": "Sum it up."}]},
    ],
)
def test_auto_makes_a_new_run_for_other_tasks_or_models(
    api: Api, world: World, terms: dict[str, Any]
):
    run = make_run(world.team, status=RunStatus.PARTIAL_SUCCESS)

    first = api.submit(**terms).json()
    assert first["id"] != str(run.pk)
    Run.objects.filter(pk=first["id"]).update(status=RunStatus.TIMEOUT)

    assert api.submit(**terms).json()["id"] == first["id"], "on the same terms it goes on"


def test_a_run_gone_on_with_takes_what_the_new_submission_says(api: Api, world: World):
    run = make_run(world.team, status=RunStatus.PARTIAL_SUCCESS, labels={"a": "1", "b": "1"})

    api.submit(webhook_url="https://9.9.9.9/new", labels={"b": "2"}, priority=7)

    run.refresh_from_db()
    assert run.webhook_url == "https://9.9.9.9/new"
    assert (run.labels, run.priority) == ({"a": "1", "b": "2"}, 7)
    assert run.max_parallel_tasks == make_run(world.team).max_parallel_tasks


def test_a_key_of_few_models_goes_on_with_a_run_by_these_only(api: Api, world: World):
    run = make_run(world.team, status=RunStatus.TIMEOUT)
    limited = Api(make_key(world.team, allowed_models=["sim/claude-haiku-5-5"]))

    assert limited.post(f"{RUNS}{run.pk}/resume/").status_code == 200

    run.refresh_from_db()
    assert run.allowed_models == ["sim/claude-haiku-5-5"]


def test_a_key_that_shares_no_model_with_a_run_may_not_go_on_with_it(world: World):
    run = make_run(
        world.team, project="Theirs", status=RunStatus.TIMEOUT, allowed_models=["sim/gpt-6-luna"]
    )
    limited = Api(make_key(world.team, allowed_models=["sim/claude-haiku-5-5"]))

    body = problem(limited.submit(resume=str(run.pk)), 403, "policy-denied")

    assert "sim/gpt-6-luna" in body["reason"]
    assert Decision.objects.get(pk=body["decision_id"]).run_id == run.pk
    run.refresh_from_db()
    assert (run.status, run.allowed_models) == (RunStatus.TIMEOUT, ["sim/gpt-6-luna"])


def test_named_run_is_resumed(api: Api, world: World):
    run = make_run(world.team, project="Something else", status=RunStatus.TIMEOUT)

    body = api.submit(resume=str(run.pk)).json()

    assert (body["id"], body["status"], body["project"]) == (
        str(run.pk),
        "QUEUED",
        "Something else",
    )


def test_named_run_that_is_over_is_a_conflict(api: Api, world: World):
    run = make_run(world.team, status=RunStatus.SUCCESS)

    problem(api.submit(resume=str(run.pk)), 409, "conflict")


def test_named_run_of_others_is_not_there(api: Api, world: World):
    run = make_run(world.other, status=RunStatus.TIMEOUT)

    for run_id in (run.pk, uuid4()):
        assert "resume" in problem(api.submit(resume=str(run_id)), 422, "invalid")["errors"]


def test_stranger_who_is_in_no_team_may_not_submit(world: World):
    api = Api()
    api.client.force_login(make_user())

    problem(api.submit(), 403, "forbidden")


BAD_FIELDS: list[tuple[str, Any]] = [
    ("project", 7), ("project", None), ("project", ""), ("project", " \n"), ("project", []),
    ("project", "a" * 100_001), ("project", "nul\x00"), ("project", "\ud800 half"),
    ("success_criteria", 5), ("success_criteria", "a" * 20_001),
    ("budget_usd", "0"), ("budget_usd", "0.00"), ("budget_usd", "-1"), ("budget_usd", "1e309"),
    ("budget_usd", "NaN"), ("budget_usd", "Infinity"), ("budget_usd", "1.0000000001"),
    ("budget_usd", True), ("budget_usd", 2), ("budget_usd", 2.5), ("budget_usd", {"a": 1}),
    ("budget_usd", "1000000000000"), ("budget_usd", "٣"), ("budget_usd", ""),
    ("time_limit_seconds", 0), ("time_limit_seconds", True), ("time_limit_seconds", "60"),
    ("time_limit_seconds", 1.5), ("time_limit_seconds", 10**30), ("max_parallel_tasks", 0),
    ("max_parallel_tasks", 65), ("priority", 101), ("priority", False), ("priority", 10**400),
    ("labels", []), ("labels", "x"), ("labels", {"a": 1}), ("labels", {"a": {"b": {}}}),
    ("labels", {f"k{n}": "v" for n in range(33)}), ("labels", {"a": "v" * 201}),
    ("labels", {"": "v"}), ("labels", {"1": "v"}), ("labels", {"a b": "v"}),
    ("webhook_url", "http://127.0.0.1/"), ("webhook_url", "http://[::1]/"),
    ("webhook_url", "http://[::ffff:10.0.0.1]/"), ("webhook_url", "http://2130706433/"),
    ("webhook_url", "http://0x7f.1/"), ("webhook_url", "http://169.254.169.254/latest"),
    ("webhook_url", "http://localhost/"), ("webhook_url", "http://a.localhost./"),
    ("webhook_url", "ftp://example.com/"), ("webhook_url", "file:///etc/passwd"),
    ("webhook_url", "http://user:pw@example.com/"), ("webhook_url", "not a url"),
    ("webhook_url", "http://example.com:99999/"), ("webhook_url", 3),
    ("webhook_url", "http://example.com/" + "a" * 500),
    ("allowed_models", []), ("allowed_models", "x"), ("allowed_models", ["no-such-model"]),
    ("allowed_models", [1]), ("team", "nowhere"), ("team", 3), ("team", "elsewhere/eng"),
    ("resume", "maybe"), ("resume", 3), ("resume", None), ("dry_run", "yes"), ("dry_run", 1),
    ("preference", "best"), ("cache", "always"), ("budget", "2.00"), ("budgetUsd", "2.00"),
    ("tasks", []), ("tasks", {}), ("tasks", ["x"]), ("tasks", [{}]),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS)
def test_bad_field_is_refused_by_name_and_stores_nothing(api: Api, field: str, value: Any):
    body = problem(api.submit(key="once", **{field: value}), 422, "invalid")

    assert any(name.split(".")[0] == field for name in body["errors"])
    assert all(isinstance(messages, list) and messages for messages in body["errors"].values())
    for model in (Run, Task, Hold, LedgerLine, Event, OrmQ):
        assert not model.objects.exists()


def _task(key: str = "a", **fields: Any) -> dict[str, Any]:
    return {"key": key, "type": "summarization", "prompt": "Sum up"} | fields


BAD_PLANS: list[tuple[list[Any], str]] = [
    ([_task(depends_on=["b"]), _task("b", depends_on=["a"])], "a -> b"),
    ([_task(depends_on=["a"])], "a"),
    ([_task(depends_on=["ghost"])], "ghost"),
    ([_task(), _task()], '"a"'),
    ([_task(type="poetry")], "poetry"),
    ([_task(validators=["spelling"])], "spelling"),
    ([_task(validators=[{"no": "name"}])], "name"),
    ([_task(acceptance_threshold=2)], ""),
    ([_task(acceptance_threshold=True)], ""),
    ([_task(acceptance_threshold=0)], "acceptance_threshold"),
    ([_task(prompt="")], ""),
    ([_task(prompt="p" * 32_001)], ""),
    ([_task(key="../x")], "key"),
    ([_task(depends_on="b")], ""),
    ([_task(surprise=1)], "no such field"),
    ([_task(f"t{n}") for n in range(65)], "64"),
    ([_task(f"t{n}", depends_on=[f"t{n - 1}"] if n else []) for n in range(17)], "16"),
]


@pytest.mark.parametrize(("tasks", "said"), BAD_PLANS)
def test_bad_plan_is_refused_naming_what_is_wrong(api: Api, tasks: list[Any], said: str):
    body = problem(api.submit(tasks=tasks), 422, "invalid")

    assert all(name.startswith("tasks") for name in body["errors"])
    assert said in str(body["errors"])
    assert not Run.objects.exists()
    assert not Hold.objects.exists()


BAD_BODIES: list[tuple[bytes, int, str]] = [
    (b"", 422, "invalid"),
    (b"nonsense", 400, "malformed"),
    (b"[]", 400, "malformed"),
    (b'"text"', 400, "malformed"),
    (b"null", 400, "malformed"),
    (b'{"project": NaN}', 400, "malformed"),
    (b'{"project": "x", "budget_usd": Infinity}', 400, "malformed"),
    (b'{"project": "x", "budget_usd": 1e309}', 422, "invalid"),
    (b'{"project": "x", "priority": ' + b"9" * 5_000 + b"}", 400, "malformed"),
    (b'{"project": "\xff"}', 400, "malformed"),
    (b'{"project": "a", "project": "b"}', 400, "malformed"),
    (b'{"project": "x", "labels": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "malformed"),
    (b'{"project": "x", "labels": ' + b"[" * 40 + b"]" * 40 + b"}", 422, "invalid"),
    (b'{"project": "' + b"a" * 2_000_000 + b'"}', 413, "too-large"),
]


@pytest.mark.parametrize(("raw", "status", "slug"), BAD_BODIES)
def test_body_that_cannot_be_read_is_a_problem(api: Api, raw: bytes, status: int, slug: str):
    problem(api.post(RUNS, raw=raw), status, slug)
    assert not Run.objects.exists()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "x" * 400])
def test_body_of_another_type_is_refused(api: Api, kind: str):
    problem(api.post(RUNS, raw=b"project=x", content_type=kind), 415, "unsupported-media-type")
