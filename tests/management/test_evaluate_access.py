"""`manage.py evaluate_access`: JSON Lines in, JSON Lines out, and its exit status."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from deploy.demo.local_aws import PROJECT
from secrets_ui.management.commands.evaluate_access import MAX_LINE_BYTES, answers, lines

CASES = Path(__file__).parents[1] / "domain" / "iam" / "cases" / "from-the-guides.jsonl"


def run(monkeypatch: pytest.MonkeyPatch, text: bytes) -> list[dict[str, Any]]:
    """What the command prints for this input, one answer a line."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    printed = io.StringIO()
    try:
        call_command("evaluate_access", stdout=printed)
    finally:
        found = [json.loads(line) for line in printed.getvalue().splitlines()]
    return found


def test_it_answers_a_case_file_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]
    printed = run(monkeypatch, CASES.read_bytes())
    assert [(answer["id"], answer["decision"]) for answer in printed] == [
        (case["id"], case["expected"]["decision"]) for case in cases
    ]


def test_a_bad_line_is_answered_and_fails_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = CASES.read_bytes().splitlines()[0]
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"id": "bad"}\n' + good + b"\nnothing\n"))
    )
    with pytest.raises(CommandError, match=r"^2 of the requests could not be evaluated") as caught:
        call_command("evaluate_access")
    assert caught.value.returncode == 1
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(answer["id"], "error" in answer) for answer in printed] == [
        ("bad", True),
        ("h01", False),
        (None, True),
    ]


@pytest.mark.parametrize("text", [b"", b"\n", b"\n \n\r\n"])
def test_nothing_to_answer_is_no_error(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    assert run(monkeypatch, text) == []


def test_a_last_line_may_end_without_a_line_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    first = CASES.read_bytes().splitlines()[0]
    assert [answer["id"] for answer in run(monkeypatch, first)] == ["h01"]


def test_a_line_too_long_to_be_read_is_answered_and_the_rest_goes_on() -> None:
    good = CASES.read_bytes().splitlines()[0]
    stream = io.BytesIO(b"x" * (2 * MAX_LINE_BYTES + 5) + b"\n" + good + b"\n")
    first, second = answers(stream)
    assert (first.is_error, first.document["id"]) == (True, None)
    assert (second.is_error, second.document["id"]) == (False, "h01")


@pytest.mark.parametrize(
    ("size", "end", "expected"),
    [
        (MAX_LINE_BYTES - 1, b"\n", True),
        (MAX_LINE_BYTES, b"\n", False),
        (MAX_LINE_BYTES, b"", False),
    ],
)
def test_lines_are_read_up_to_the_limit(size: int, end: bytes, expected: bool) -> None:
    (line,) = lines(io.BytesIO(b"x" * size + end))
    assert (line is not None) is expected


def test_it_runs_in_a_pipeline_without_the_settings_of_a_console(tmp_path: Path) -> None:
    command = [sys.executable, str(PROJECT / "manage.py"), "evaluate_access"]
    ended = subprocess.run(
        command, cwd=tmp_path, env={}, input=CASES.read_bytes(), capture_output=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert len(ended.stdout.splitlines()) == len(CASES.read_text("utf-8").splitlines())


def test_a_reader_that_has_seen_enough_ends_it_without_a_word() -> None:
    command = [sys.executable, str(PROJECT / "manage.py"), "evaluate_access"]
    request = CASES.read_bytes().splitlines()[0] + b"\n"
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        _, errors = process.communicate(request, timeout=60)
    assert (process.returncode, errors) == (141, b"")
