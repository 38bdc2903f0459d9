"""The commands of operators and auditors, and the pack of evidence."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from budgets.models import Org, Team
from routing.core.chain import canonical, hash_of, written
from routing.models import Decision, Policy, append_only
from routing.selectors import latency
from telemetry.core.histogram import Histogram, cell_of
from telemetry.models import HourlyRollup, Series

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
YAML = "name: eu only\nscope: team\nteam: eng\nmode: HARD\nrules:\n  regions: [us]\n"


@pytest.fixture
def org() -> Org:
    org = Org.objects.create(name="Acme", slug="acme")
    Team.objects.create(org=org, name="Engineering", slug="eng")
    return org


def run(command: str, *arguments: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue()


def decide(org: Org, number: int = 0, **fields: Any) -> Decision:
    defaults: dict[str, Any] = {"at": NOW + timedelta(days=number), "org_id": org.pk,
                                "kind": "policy", "outcome": "deny", "reason": "=1+1"}  # fmt: skip
    return Decision.objects.create(**defaults | fields)


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_policy_goes_out_as_yaml_and_comes_back_as_it_was(org: Org, tmp_path: Path) -> None:
    assert run("import_policy", "acme", file(tmp_path, YAML)) == "eu only v1\n"
    text = run("export_policy", "acme", "eu only")
    assert run("import_policy", "acme", file(tmp_path, text)) == "eu only v1\n"
    soft = text.replace("HARD", "SOFT")
    assert run("import_policy", "acme", file(tmp_path, soft)) == "eu only v2\n"
    assert run("export_policy", "acme", "eu only", policy_version=1) == text
    assert "mode: SOFT" in run("export_policy", "acme", "eu only")
    assert Policy.objects.get().updated_by


WRONG: list[tuple[str, str]] = [
    ("name: p\nmode: [HARD\n", "line 3"),
    ("name: p\nmode: HARD\nrules:\n  speed: 1\n", "rules.speed: line 4"),
    (YAML.replace("eng", "nobody"), "acme has no team nobody"),
    (YAML.replace("[us]", "[mars]"), "It was not saved"),
    ("name: p\nmode: HARD\nscope: run\nrun: 01939a4e-0000-7000-8000-000000000000\nrules: {}\n",
     "made over REST"),
]  # fmt: skip


@pytest.mark.parametrize("text, said", WRONG)
def test_a_file_that_cannot_be_a_policy_is_refused_with_its_line(
    org: Org, tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        run("import_policy", "acme", file(tmp_path, text))
    assert not Policy.objects.exists()


def test_what_cannot_be_found_is_said(org: Org, tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe")
    for arguments, said in (
        (("import_policy", "nowhere", binary), "no organisation nowhere. There is: acme"),
        (("import_policy", "acme", binary), "not UTF-8"),
        (("import_policy", "acme", tmp_path / "none.yaml"), "No such file"),
        (("export_policy", "acme", "none"), "no policy none"),
        (("verify_audit", "nowhere"), "no organisation"),
    ):
        with pytest.raises(CommandError, match=said):
            run(*arguments)
    run("import_policy", "acme", file(tmp_path, YAML))
    with pytest.raises(CommandError, match="no version 7"):
        run("export_policy", "acme", "eu only", policy_version=7)


def test_check_tells_and_saves_nothing(org: Org, tmp_path: Path) -> None:
    assert run("import_policy", "acme", file(tmp_path, YAML), check=True) == ""
    out = io.StringIO()
    with pytest.raises(CommandError, match="cannot be saved"):
        call_command("import_policy", "acme", file(tmp_path, YAML.replace("us", "mars")),
                     check=True, stdout=out)  # fmt: skip
    assert "error: It denies every model" in out.getvalue()
    assert not Policy.objects.exists()


def test_verify_audit_tells_the_head_and_knows_it_again(org: Org) -> None:
    last = [decide(org, number) for number in range(3)][-1]
    said = run("verify_audit", "acme")
    assert said == f"acme: 3 decisions, whole. Head 3:{last.hash}\n"
    decide(org)
    assert "4 decisions, whole" in run("verify_audit", "acme", "--anchor", f"3:{last.hash}")
    with pytest.raises(CommandError, match="1 of 1"):
        run("verify_audit", "acme", "--anchor", f"2:{last.hash}")
    with pytest.raises(CommandError, match="name it"):
        run("verify_audit", "--anchor", f"3:{last.hash}")
    with pytest.raises(CommandError, match="anchor"):
        run("verify_audit", "acme", "--anchor", "three")


def test_verify_audit_names_the_first_bad_decision_of_every_chain(org: Org) -> None:
    other = Org.objects.create(name="Other", slug="other")
    bad = decide(org)
    decide(org, 1)
    decide(other)
    append_only.lift(connection)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE routing_decision SET actor = 'eve' WHERE position = 1 AND "
                       "org_id = %s", [org.pk])  # fmt: skip
    append_only.guard(connection)
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 2 chains"):
        call_command("verify_audit", stdout=out)
    assert f"acme: BROKEN at decision 1 ({bad.pk}): it was changed" in out.getvalue()
    assert "other: 1 decisions, whole" in out.getvalue()


def test_verify_audit_misses_triggers_that_are_gone(org: Org) -> None:
    decide(org)
    append_only.lift(connection)
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("verify_audit", "acme", stdout=out)
    assert "MISSING" in out.getvalue()


def test_the_evidence_of_a_period_proves_itself(org: Org, tmp_path: Path) -> None:
    run("import_policy", "acme", file(tmp_path, YAML))  # a change, of today
    Decision.objects.all()
    for number in range(4):
        decide(org, number, policy="eu only", version=1, inputs={"number": number})
    path = tmp_path / "pack.zip"

    said = run("export_evidence", "acme", "--from", "2026-11-27", "--to", "2026-11-29T00:00:00Z",
               out=path)  # fmt: skip

    assert hashlib.sha256(path.read_bytes()).hexdigest() in said
    with zipfile.ZipFile(path) as pack:
        files = {name: pack.read(name) for name in pack.namelist()}
    for line in files["SHA256SUMS"].decode().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256(files[name]).hexdigest() == digest
    assert set(files) >= {"README.txt", "decisions.csv", "decisions.jsonl", "chain.json"}
    rows = list(csv.DictReader(io.StringIO(files["decisions.csv"].decode())))
    assert [row["at"][:10] for row in rows] == ["2026-11-27", "2026-11-28"]
    assert rows[0]["reason"] == "'=1+1"  # no formula for a spreadsheet
    whole = [json.loads(line) for line in files["decisions.jsonl"].decode().splitlines()]
    for one in whole:
        texts = [canonical(one[name]) for name in ("inputs", "candidates")]
        place = (one["chain"], one["position"], one["prev_hash"])
        assert hash_of(written(*place, one["content"], texts)) == one["hash"]
    assert whole[1]["prev_hash"] == whole[0]["hash"]
    chain = json.loads(files["chain.json"])
    assert (chain["whole"], chain["broken"]) == (True, None)
    assert chain["first"]["hash"] == whole[0]["hash"]
    assert f"{chain['head']['position']}:{chain['head']['hash']}" in said


def test_the_evidence_holds_the_policies_of_its_time(org: Org, tmp_path: Path) -> None:
    run("import_policy", "acme", file(tmp_path, YAML))
    path, tomorrow = tmp_path / "pack.zip", timezone.now() + timedelta(days=1)
    run("export_evidence", "acme", "--from", "2020-01-01", "--to", tomorrow.isoformat(), out=path)
    with zipfile.ZipFile(path) as pack:
        text = pack.read("policies/eu only-v1.yaml").decode()
    assert text.startswith("# version 1, by ")
    assert "team: eng" in text
    for since, until in (("x", "2026-01-01"), ("2026-01-02", "2026-01-01"), ("2026-13-01", "x")):
        with pytest.raises(CommandError):
            run("export_evidence", "acme", "--from", since, "--to", until, out=path)
    with pytest.raises(CommandError, match="No such file"):
        run("export_evidence", "acme", "--from", "2020-01-01", "--to", "2021-01-01",
            out=tmp_path / "none" / "pack.zip")  # fmt: skip


def test_p95_latency_comes_from_the_last_days_answers(org: Org) -> None:
    hour = int(NOW.timestamp()) // 3600

    def timed(at: int, ms: int, outcome: str = "ok", demo: bool = False) -> None:
        series, _ = Series.objects.get_or_create(
            org_id=org.pk, team_id=1, run_less=False, provider="a", model="a/one",
            task_type="evaluation", phase="evaluation", outcome=outcome, demo=demo,
        )  # fmt: skip
        cells = Histogram(cell_of(ms)).to_bytes()
        HourlyRollup.objects.create(org_id=org.pk, series=series, hour=at, calls=1, latency=cells)

    timed(hour, 1000)
    timed(hour - 1, 100)
    timed(hour, 50_000, "error")
    timed(hour, 60_000, demo=True)
    timed(hour - 30, 90_000)
    latency._p95.cache_clear()
    found = latency.recent_p95(org.pk, NOW)
    assert list(found) == ["a/one"]
    assert 900 < found["a/one"] < 1100
