"""deploy/monitoring asks for metrics that there are, and deploy/systemd for what systemd knows."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from deploy.demo.local_aws import PROJECT
from secrets_ui.domain.status.words import STATUS_WORDS
from secrets_ui.measures import observe_aws_call
from secrets_ui.models import StatusRunner

MONITORING = PROJECT / "deploy" / "monitoring"
UNIT = PROJECT / "deploy" / "systemd" / "miyabi-console.service"
METRIC = re.compile(r"\bmiyabi_\w+")


@pytest.fixture
def metrics(client: Client, settings: Any, db: None) -> dict[str, set[str]]:
    """The labels of each metric of /metrics, and of each of a histogram's series, after a pass and
    an AWS call."""
    settings.METRICS_TOKEN = "t" * 40
    StatusRunner.objects.update_or_create(
        defaults={"ended_at": datetime.now(UTC), "took": '{"seconds": 1, "calls": {"sts": 1}}'}
    )
    observe_aws_call("sts.AssumeRole", "ok", 0.1)
    client.get("/livez")
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {'t' * 40}"})
    labels: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        labels[family.name] = set()
        for sample in family.samples:
            for name in {family.name, sample.name}:
                labels.setdefault(name, set()).update(sample.labels)
    return labels


def rules() -> list[dict[str, Any]]:
    text = (MONITORING / "alerts.yaml").read_text(encoding="utf-8")
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((MONITORING / "dashboard.json").read_text("utf-8"))[
        "panels"
    ]
    return found


def expressions() -> list[str]:
    shown = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [*(rule["expr"] for rule in rules()), *shown]


@pytest.mark.slow
def test_alerts_and_dashboard_ask_for_metrics_that_the_console_has(
    metrics: dict[str, set[str]],
) -> None:
    asked = {name for expression in expressions() for name in METRIC.findall(expression)}
    assert asked - set(metrics) == set()


def test_the_documented_metrics_are_those_that_there_are(metrics: dict[str, set[str]]) -> None:
    text = (PROJECT / "docs" / "status.md").read_text(encoding="utf-8")
    series = {name + end for name in metrics for end in ("_bucket", "_count", "_sum")}
    assert set(re.findall(r"`(miyabi_\w+)`", text)) == set(metrics) - series


def test_they_name_labels_and_states_that_there_are() -> None:
    states = {words.code for words in STATUS_WORDS.values()}
    for expression in expressions():
        assert set(re.findall(r'state="(\w+)"', expression)) <= states
        for labels in re.findall(r"by \(([^)]+)\)", expression):
            assert set(labels.split(", ")) <= {
                "environment",
                "state",
                "check",
                "status",
                "operation",
                "outcome",
                "route",
                "le",
            }


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names) == 14
    operations = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert set(rule["annotations"]) == {"summary", "description"}
        assert f"`{rule['alert']}`" in operations


def test_the_rules_are_prometheus_s() -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed here.")
    command = ["promtool", "check", "rules", str(MONITORING / "alerts.yaml")]
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 0


@pytest.mark.processes
def test_systemd_takes_the_unit_and_calls_it_confined(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed here.")
    unit = tmp_path / UNIT.name
    # The program, the user and the folder are those of the machine that it is for.
    text = UNIT.read_text(encoding="utf-8").replace("User=miyabi", "User=daemon")
    text = re.sub(r"/opt/miyabi-console/\.venv/bin/gunicorn\b", "/bin/true", text)
    unit.write_text(text.replace("/opt/miyabi-console", "/"), encoding="utf-8")
    for command in (["verify"], ["security", "--offline=true", "--threshold=20"]):
        done = subprocess.run(
            ["systemd-analyze", *command, str(unit)], capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_the_unit_starts_what_the_image_starts() -> None:
    image = (PROJECT / "Dockerfile").read_text(encoding="utf-8").rpartition("\nCMD ")[2]
    text = UNIT.read_text(encoding="utf-8")
    assert f"ExecStart=/opt/miyabi-console/.venv/bin/{' '.join(json.loads(image))}\n" in text
    known = (PROJECT / ".env.example").read_text(encoding="utf-8")
    for name in re.findall(r"(\w+)=", re.findall(r"^Environment=(.+)$", text, re.MULTILINE)[0]):
        assert name in known or name.startswith("PYTHON")
