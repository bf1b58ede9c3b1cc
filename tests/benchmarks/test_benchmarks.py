"""`make bench` runs and tells what it should.

No time is judged here: other work would decide it.
"""

import json
import os
from itertools import product
from typing import Any

import pytest

from benchmarks import bare
from secrets_ui.services.secrets import listing as list_secrets
from testkit import warm

pytestmark = [pytest.mark.slow, pytest.mark.processes, pytest.mark.timeout(600)]
COMPARISON = "comparison ÷ its slowest AWS call, 20 ms"
PAGES = ("list page ÷ its AWS call, 20 ms", "list page ÷ plain page")


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    # A second worker of each server would take half as much again to start.
    environ = {**os.environ, "WEB_CONCURRENCY": "1"}
    done = warm.run(["-m", "benchmarks", "--tiny"], environ, timeout=540)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    assert set(document) == {"machine", "figures"}
    return dict(document["figures"])


def test_every_figure_is_there(figures: dict[str, Any]) -> None:
    assert list(figures) == [
        "API calls",
        PAGES[0],
        COMPARISON,
        "wide pages ÷ their AWS call, 20 ms",
        PAGES[1],
        "memory of a worker after a tour",
        "audit append ÷ bare insert",
        "audit verification ÷ bare read",
        "troubleshooting panel, 20 ms",
        "status pass",
        "access evaluator",
        "who can read",
        "Lambda loader ÷ boto3 and Powertools",
    ]


@pytest.mark.parametrize(
    ("page", "size"),
    [*product(PAGES, ("2 secrets", "1,000 secrets")), (COMPARISON, "1,000 secrets in prod")],
)
def test_a_ratio_of_times_comes_with_its_raw_times(
    figures: dict[str, Any], page: str, size: str
) -> None:
    result = figures[page][size]
    above, below = result["median_ms"].values()
    assert result["ratio"] == pytest.approx(above / below, rel=0.01)
    assert [len(raw) for raw in result["raw_ms"].values()] == [2, 2]
    assert result["goal_at_most"] in (1.5, 2)


def test_calls_are_counted_and_within_their_goals(figures: dict[str, Any]) -> None:
    for result in figures["API calls"].values():
        assert 0 < result["total"] == sum(result["calls"].values()) <= result["goal_at_most"]


def test_a_status_pass_reads_no_value_and_stays_within_its_goals(figures: dict[str, Any]) -> None:
    result = figures["status pass"]
    assert result["secrets"] == 30
    assert "GetSecretValue" not in result["calls"]
    assert all(
        result["calls"].get(operation, 0) <= most
        for operation, most in result["goals_at_most"].items()
    )
    assert result["first pass"]["GetSecretValue"] == 30


def test_the_other_figures_are_ratios_too(figures: dict[str, Any]) -> None:
    assert figures["audit append ÷ bare insert"]["SQLite"]["ratio"] > 0
    assert figures["audit verification ÷ bare read"]["ratio"] > 0
    assert figures["audit verification ÷ bare read"]["records"] == 100
    memory = figures["memory of a worker after a tour"]
    assert memory["ratio"] is None or memory["ratio"] > 0


def test_the_panel_is_compared_with_its_longest_chain_and_the_guide_s_commands(
    figures: dict[str, Any],
) -> None:
    result = figures["troubleshooting panel, 20 ms"]
    chain = result["panel ÷ longest chain"]
    assert len(chain["longest_chain"]) <= 4 < chain["calls"]
    assert chain["ratio"] > 0
    commands = result["AWS CLI ÷ panel"]
    assert "skipped" in commands or commands["ratio"] > 1


def test_the_bare_call_asks_for_as_many_secrets_as_the_list_page() -> None:
    assert bare.ROWS == list_secrets.ROWS


def test_the_loader_is_measured_against_boto3_and_powertools_in_the_same_run(
    figures: dict[str, Any],
) -> None:
    result = figures["Lambda loader ÷ boto3 and Powertools"]
    for delay, goal in ((5, 0.2), (30, 0.25)):
        cold = result[f"cold start, {delay} ms a call"]
        assert cold["goal_at_most"] == goal
        assert set(cold["raw_ms"]) == {"loader", "boto3"}
        assert min(cold["raw_ms"]["boto3"]) > 2 * delay  # two calls, one after the other
    assert result["peak memory"]["ratio"] is None or result["peak memory"]["ratio"] > 0
    warm = result["get_secret of what is held"]
    assert set(warm["raw_microseconds"]) == {"Powertools", *warm["ratio"]}
