"""The pages on fine-tuning: what they show, to whom, and what they do."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from budgets.core.access import Role
from budgets.models import User
from routing.models import Decision, RealisedSaving, Recommendation
from runs.core.tuning.assumptions import as_json
from runs.models import FailureAnalysis, TuningAssumptions, TuningDataset
from runs.selectors.tuning.assumptions import first_assumptions
from runs.selectors.tuning.places import Place
from runs.services.advice import keep_up
from runs.services.tuning.analysis import ask_for_analysis, carry_out
from runs.services.tuning.assumptions import change_assumptions
from runs.services.tuning.returns import register_model
from tests.integration.tuning import scene
from tests.world import World, make_user

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(user: User, path: str, **query: str) -> str:
    answer = client_of(user).get(path, query)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def looked(world: World) -> FailureAnalysis:
    scene.planted(world.team)
    place = Place(world.org, world.team)
    asked = ask_for_analysis(place, actor="ada", now=timezone.now() + timedelta(seconds=1))
    carry_out(asked.pk)
    return asked


def test_a_pattern_shows_name_n_share_retries_and_examples(world: World):
    looked(world)
    text = text_of(world.member, reverse("tuning"))
    assert "Data extraction: json_schema fails, on" in text
    assert "<dd>12</dd>" in text
    assert "48 %" in text
    assert "$0.24" in text
    assert "invoice date is missing" in text
    assert "validator=json_schema" in text


def test_an_auditor_sees_figures_and_no_text(world: World):
    looked(world)
    text = text_of(world.auditor, reverse("tuning"))
    assert "Data extraction: json_schema fails</b>" in text
    assert "themes are for those who may read texts" in text
    for written in ("invoice date", "Read out", "Wrong dates", "Look for patterns"):
        assert written not in text


def test_before_anybody_looked_and_where_nothing_fails_the_page_says_so(world: World):
    assert "Nobody has looked yet" in text_of(world.member, reverse("tuning"))
    place = Place(world.org, world.team)
    carry_out(ask_for_analysis(place, actor="x", now=timezone.now()).pk)
    assert "Nothing keeps failing" in text_of(world.member, reverse("tuning"))


def test_looking_is_asked_for_once_and_the_page_waits(world: World):
    client = client_of(world.member)
    for _ in range(2):
        answer = client.post(reverse("tuning-look"), {"place": f"team-{world.team.pk}"})
        assert answer.status_code == 302
    assert FailureAnalysis.objects.count() == 1
    place = {"place": f"team-{world.team.pk}"}
    text = client.get(reverse("tuning"), place).content.decode()
    assert "A worker is looking" in text
    assert 'hx-trigger="every 2s"' in text
    part = client.get(reverse("tuning"), place, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<section")


def test_insufficient_examples_are_said_plainly(world: World):
    scene.good(world.team, 4)
    text = text_of(world.member, reverse("tuning-reckoning"), task_type="data_extraction")
    assert "Insufficient examples" in text
    assert "46 more are needed" in text
    assert "Keep as a proposal" not in text


def test_an_offer_is_kept_with_its_figures_by_who_may_steer(world: World):
    scene.good(world.team, 60)
    analyst = make_user(team=world.team, role=Role.ANALYST)
    asked = {"task_type": "data_extraction", "place": f"team-{world.team.pk}"}
    text = text_of(analyst, reverse("tuning-reckoning"), **asked)
    assert "80 % interval" in text
    assert "gpt-4.1-nano" in text
    assert "Keep as a proposal" in text
    assert "Keep as a proposal" not in text_of(world.member, reverse("tuning-reckoning"), **asked)
    client = client_of(analyst)
    kept = client.post(reverse("tuning-propose"), asked | {"base": "gpt-4.1-nano"}, follow=True)
    shown = kept.content.decode()
    assert "Kept, with the figures of today." in shown
    assert "If it comes otherwise" in shown
    assert "litellm" in shown
    refused = client.post(reverse("tuning-propose"), asked | {"base": "none"}, follow=True)
    assert "saves nothing for sure" in refused.content.decode()
    assert Recommendation.objects.count() == 1


def test_a_kind_of_task_that_there_is_not_is_said_and_nothing_kept_of_it(world: World):
    scene.good(world.team, 60)
    owner = make_user(world.org, role=Role.OWNER)
    asked = {"task_type": "poetry", "validator": "spelling"}
    text = text_of(owner, reverse("tuning-reckoning"), **asked)
    assert "task_type: there is no &#x27;poetry&#x27;, only code_generation, code_review," in text
    assert "validator: there is no &#x27;spelling&#x27;, only python_syntax," in text
    kept = {"place": f"org-{world.org.pk}", "base": "gpt-4.1-mini"} | asked
    answer = client_of(owner).post(reverse("tuning-propose"), kept, follow=True)
    assert "Nothing was kept. task_type: there is no" in answer.content.decode()
    assert not Recommendation.objects.exists()


def test_where_no_offer_is_sure_the_page_says_why_none_can_be_kept(world: World):
    scene.good(world.team, 60)
    dear = as_json(first_assumptions())["base_models"]
    for one in dear:
        one["hosting_usd"] = "1000"
    change_assumptions(world.org, {"base_models": dear}, actor="ada", now=timezone.now())
    asked = {"place": f"team-{world.team.pk}", "task_type": "data_extraction"}
    page = text_of(world.owner, reverse("tuning-reckoning"), **asked)
    assert "None saves money for sure" in page
    assert "Keep as a proposal" not in page
    assert "None saves money for sure" not in text_of(
        world.auditor, reverse("tuning-reckoning"), **asked
    ), "who may not keep any need not be told"


def test_a_proposal_shows_what_if_and_what_is_assumed_and_an_old_one_what_it_holds(world: World):
    row = scene.proposal(world.org, world.team)
    url = reverse("tuning-proposal", args=[row.pk])
    page = text_of(world.owner, url)
    assert "By volume, and by price" in page
    assert "By examples, and by how much" in page
    assert "assumption, edit me" in page
    del row.evidence["estimate"]["learning"]
    row.evidence["base"]["source"] = "our contract"
    row.save(update_fields=["evidence"])
    page = text_of(world.owner, url)
    assert "By volume, and by price" in page
    assert "By examples" not in page
    assert "assumption, edit me" not in page


def test_a_data_set_is_made_shown_and_downloaded_by_who_may_read_it(world: World):
    scene.good(world.team, 30)
    row = scene.proposal(world.org, world.team)
    url = reverse("tuning-proposal", args=[row.pk])
    made = client_of(world.member).post(reverse("tuning-dataset-new", args=[row.pk]))
    assert made.status_code == 302
    assert "A worker is choosing" in text_of(world.member, url)
    TuningDataset.objects.all().delete()
    dataset = scene.dataset(row, world.org, world.team)
    shown = text_of(world.member, url)
    assert f"{dataset.train} to train" in shown
    assert "SHA-256" in shown
    assert "Examples hold what people and models wrote" in text_of(world.auditor, url)
    file = reverse("tuning-dataset-file", args=[dataset.pk, "openai", "train"])
    answer = client_of(world.member).get(file)
    lines = b"".join(answer).decode().splitlines()
    assert len(lines) == dataset.train
    assert json.loads(lines[0])["messages"][-1]["role"] == "assistant"
    assert answer["Content-Disposition"].endswith('data_extraction-openai-train.jsonl"')
    last = Decision.objects.filter(org_id=world.org.pk, kind="change").latest("id")
    assert (last.actor, last.inputs["after"]["part"]) == (world.member.username, "train")
    for user in (world.auditor, world.neighbour, world.stranger):
        assert client_of(user).get(file).status_code == 404
    unknown = reverse("tuning-dataset-file", args=[dataset.pk, "csv", "train"])
    assert client_of(world.member).get(unknown).status_code == 404


def test_a_registered_model_is_followed_month_by_month(world: World):
    row = scene.proposal(world.org, world.team)
    url = reverse("tuning-model", args=[row.pk])
    client = client_of(world.owner)
    refused = client.post(url, {"model": "ft:unknown"}, follow=True).content.decode()
    assert "Routing knows no model ft:unknown" in refused
    linked = client.post(url, {"model": "sim/gpt-6-luna", "training_usd": "3.5"}, follow=True)
    assert "Linked." in linked.content.decode()
    row.refresh_from_db()
    assert row.state == "applied"
    assert row.steps.get().after == "applied"

    done = scene.tasks(scene.run_of(world.team), 40, model="sim/gpt-6-luna", score=0.93,
                       cost_nanousd=8_000_000, finished_at=timezone.now())  # fmt: skip
    scene.tasks(scene.run_of(world.sibling), 9, model="sim/gpt-6-luna", cost_nanousd=1,
                finished_at=timezone.now())  # fmt: skip
    keep_up(world.org.pk, timezone.now())
    saved = RealisedSaving.objects.get(recommendation=row)
    assert (saved.tasks, saved.spent_nanousd) == (len(done), 40 * 8_000_000)
    present = row.evidence["estimate"]["present_nanousd"]
    assert saved.saving_nanousd == round(40 * present - 40 * 8_000_000)
    assert saved.saving_low_nanousd < saved.saving_nanousd < saved.saving_high_nanousd
    shown = text_of(world.owner, reverse("tuning-proposal", args=[row.pk]))
    assert "What it brought" in shown
    assert '<td class="num">40</td>' in shown
    again = client.post(url, {"model": "sim/gpt-6-luna"}, follow=True).content.decode()
    assert "registered for this proposal already" in again
    back = reverse("recommendation-revert", args=[row.pk])
    assert back in shown
    assert back not in text_of(world.auditor, reverse("tuning-proposal", args=[row.pk]))
    reverted = client.post(back, follow=True).content.decode()
    assert "is not counted from now on" in reverted
    assert back not in reverted and "What it brought" in reverted


def test_a_proposal_is_dismissed_on_its_page_and_then_takes_no_model(world: World):
    row = scene.proposal(world.org, world.team)
    url = reverse("recommendation-dismiss", args=[row.pk])
    assert url in text_of(world.owner, reverse("tuning-proposal", args=[row.pk]))
    page = client_of(world.owner).post(url, follow=True).content.decode()
    assert "may propose it again" in page
    assert "Link it" not in page and url not in page


def test_a_proposal_that_was_turned_down_takes_no_model(world: World):
    row = scene.proposal(world.org, world.team, state="dismissed")
    with pytest.raises(ValueError, match="dismissed"):
        register_model(row, "sim/gpt-6-luna", None, actor="x", now=timezone.now())
    applied = scene.proposal(world.org, world.team, state="applied")
    register_model(applied, "sim/gpt-6-luna", None, actor="x", now=timezone.now())
    applied.refresh_from_db()
    assert (
        applied.settings["tuned"]["training_nanousd"]
        == applied.evidence["estimate"]["training_nanousd"]
    )


def test_assumptions_are_shown_changed_and_refused_beside_their_field(world: World):
    url = reverse("tuning-assumptions")
    assert "2025-07-01" in text_of(world.member, url)
    assert text_of(world.member, url).count("assumption, edit me</span>") == 5
    assert '<button class="button primary">Save' not in text_of(world.member, url)
    client = client_of(world.owner)
    base = {"base_name": ["mine", ""], "base_provider": ["me", ""], "base_training_usd": ["2", ""],
            "base_input_usd": ["0.1", ""], "base_output_usd": ["0.4", ""],
            "base_hosting_usd": ["", ""], "base_priced_at": ["2026-11-01", ""],
            "base_source": ["contract", ""], "base_known_as": ["", ""]}  # fmt: skip
    saved = client.post(url, base | {"org": world.org.slug, "min_examples": "20"}, follow=True)
    assert "Saved." in saved.content.decode()
    assert "assumption, edit me" not in saved.content.decode()
    values = TuningAssumptions.objects.get().values
    assert [one["name"] for one in values["base_models"]] == ["mine"]
    assert values["min_examples"] == 20
    wrong = client.post(url, base | {"org": world.org.slug, "min_examples": "2"})
    assert wrong.status_code == 422
    assert "Write a whole number from 10" in wrong.content.decode()
    assert client_of(world.member).post(url, {"epochs": "1"}).status_code == 403


def test_pages_of_another_place_are_not_there(world: World):
    row = scene.proposal(world.org, world.team)
    for user in (world.neighbour, world.stranger):
        assert client_of(user).get(reverse("tuning-proposal", args=[row.pk])).status_code == 404
        asked = {"place": f"team-{world.team.pk}"}
        assert client_of(user).get(reverse("tuning"), asked).status_code == 404
        assert client_of(user).post(reverse("tuning-look"), asked).status_code == 404


def test_more_patterns_cost_no_more_queries(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
):
    analysis = looked(world)
    client = client_of(world.member)
    client.get(reverse("tuning"))
    kept = list(analysis.patterns.all())
    analysis.patterns.exclude(pk=kept[0].pk).delete()
    with django_assert_num_queries(13) as few:
        client.get(reverse("tuning"))
    count = len(few)
    for row in kept:
        row.pk = None
        row.save(force_insert=True)
    with django_assert_num_queries(count):
        client.get(reverse("tuning"))
