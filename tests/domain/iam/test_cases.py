"""Every case of the case files, compared in every member of its answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from secrets_ui.domain.iam.wire import answer_line

CASES = Path(__file__).parent / "cases"
FILES = ("from-the-guides", "generated", "contested", "ours")


def _cases() -> list[Any]:
    lines = [
        (name, line)
        for name in FILES
        for line in (CASES / f"{name}.jsonl").read_text("utf-8").splitlines()
    ]
    return [
        pytest.param(json.loads(line), line, id=f"{name}-{json.loads(line)['id']}")
        for name, line in lines
    ]


def _unordered(entries: list[dict[str, Any]]) -> list[str]:
    """Sort entries and their failing conditions, whose order carries no meaning."""
    plain = [
        {**entry, "failingConditions": sorted(entry.get("failingConditions", []))}
        for entry in entries
    ]
    return sorted(json.dumps(entry, sort_keys=True) for entry in plain)


@pytest.mark.parametrize(("case", "line"), _cases())
def test_a_case_is_decided_as_its_source_says(case: dict[str, Any], line: str) -> None:
    expected, answer = case["expected"], json.loads(answer_line(line).line)
    assert answer.get("error") is None
    assert (answer["id"], answer["decision"]) == (case["id"], expected["decision"])
    for part in ("deciding", "statements"):
        if part in expected:
            assert _unordered(answer[part]) == _unordered(expected[part])
    if "layers" in expected:
        assert answer["layers"] == expected["layers"]


@pytest.mark.parametrize("name", ["from-the-guides", "ours"])
def test_every_case_written_by_hand_names_a_page_of_aws_and_its_claim(name: str) -> None:
    for line in (CASES / f"{name}.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        assert case["cite"].startswith("https://docs.aws.amazon.com/")
        assert case["title"]


def test_an_undetermined_answer_says_what_is_missing() -> None:
    answers = [
        json.loads(answer_line(line).line)
        for line in (CASES / "ours.jsonl").read_text("utf-8").splitlines()
    ]
    undetermined = [answer for answer in answers if answer["decision"] == "Undetermined"]
    assert undetermined
    for answer in answers:
        assert bool(answer.get("undetermined")) == (answer in undetermined)
