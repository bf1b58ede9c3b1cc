"""`make bench` runs and tells what it should.

No time is judged here: other work would decide it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from benchmarks import bare
from deploy.demo.local_aws import PROJECT
from secrets_ui.services.secrets import listing as list_secrets

pytestmark = [pytest.mark.slow, pytest.mark.processes]
PAGES = ("list page ÷ its AWS call, 20 ms", "list page ÷ plain page")


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks", "--tiny"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    assert set(document) == {"machine", "figures"}
    return dict(document["figures"])


def test_every_figure_is_there(figures: dict[str, Any]) -> None:
    assert list(figures) == [
        "API calls",
        *PAGES,
        "memory of a worker after a tour",
        "audit append ÷ bare insert",
        "audit verification ÷ bare read",
        "troubleshooting panel, 20 ms",
        "status pass",
        "access evaluator",
        "Lambda loader ÷ boto3 and Powertools",
    ]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("size", ["2 secrets", "1,000 secrets"])
def test_a_ratio_of_times_comes_with_its_raw_times(
    figures: dict[str, Any], page: str, size: str
) -> None:
    told = figures[page][size]
    above, below = told["median_ms"].values()
    assert told["ratio"] == pytest.approx(above / below, rel=0.01)
    assert [len(raw) for raw in told["raw_ms"].values()] == [2, 2]
    assert told["goal_at_most"] in (1.5, 2)


def test_calls_are_counted_and_within_their_goals(figures: dict[str, Any]) -> None:
    for told in figures["API calls"].values():
        assert 0 < told["total"] == sum(told["calls"].values()) <= told["goal_at_most"]


def test_a_status_pass_reads_no_value_and_stays_within_its_goals(figures: dict[str, Any]) -> None:
    told = figures["status pass"]
    assert told["secrets"] == 90
    assert "GetSecretValue" not in told["calls"]
    assert all(
        told["calls"].get(operation, 0) <= most for operation, most in told["goals_at_most"].items()
    )
    assert told["first pass"]["GetSecretValue"] == 90


def test_the_other_figures_are_ratios_too(figures: dict[str, Any]) -> None:
    assert figures["audit append ÷ bare insert"]["SQLite"]["ratio"] > 0
    assert figures["audit verification ÷ bare read"]["ratio"] > 0
    assert figures["audit verification ÷ bare read"]["records"] == 100
    memory = figures["memory of a worker after a tour"]
    assert memory["ratio"] is None or memory["ratio"] > 0


def test_the_panel_is_compared_with_its_longest_chain_and_the_guide_s_commands(
    figures: dict[str, Any],
) -> None:
    told = figures["troubleshooting panel, 20 ms"]
    chain = told["panel ÷ longest chain"]
    assert len(chain["longest_chain"]) <= 4 < chain["calls"]
    assert chain["ratio"] > 0
    commands = told["AWS CLI ÷ panel"]
    assert "skipped" in commands or commands["ratio"] > 1


def test_the_bare_call_asks_for_as_many_secrets_as_the_list_page() -> None:
    assert bare.ROWS == list_secrets.ROWS


def test_the_loader_is_measured_against_boto3_and_powertools_in_the_same_run(
    figures: dict[str, Any],
) -> None:
    told = figures["Lambda loader ÷ boto3 and Powertools"]
    for delay, goal in ((5, 0.2), (30, 0.25)):
        cold = told[f"cold start, {delay} ms a call"]
        assert cold["goal_at_most"] == goal
        assert set(cold["raw_ms"]) == {"loader", "boto3"}
        assert min(cold["raw_ms"]["boto3"]) > 2 * delay  # two calls, one after the other
    assert told["peak memory"]["ratio"] is None or told["peak memory"]["ratio"] > 0
    warm = told["get_secret of what is held"]
    assert set(warm["raw_microseconds"]) == {"Powertools", *warm["ratio"]}
