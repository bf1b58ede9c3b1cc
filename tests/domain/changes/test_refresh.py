"""Whom a change of $LATEST reaches, and the commands that are given instead."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from secrets_ui.domain.changes.refresh import (
    LATEST,
    MARKER,
    Alias,
    Provisioned,
    Serving,
    publish_commands,
    refresh_command,
)

LIVE, CANARY = Alias("live", ("7",)), Alias("canary", ("7", "8"))
DEV = Alias("dev", (LATEST,))


@pytest.mark.parametrize(
    ("serving", "is_reached", "beyond"),
    [
        (Serving(), True, ()),
        (Serving(versions=("1",), provisioned=(Provisioned("1", 5),)), True, ()),
        (Serving((DEV,)), True, ()),
        (Serving((DEV, LIVE)), True, (LIVE,)),
        (Serving((LIVE,)), False, (LIVE,)),
        (Serving((LIVE, CANARY)), False, (LIVE, CANARY)),
    ],
)
def test_a_change_of_latest_reaches_whom_no_alias_leads_elsewhere(
    serving: Serving, is_reached: bool, beyond: tuple[Alias, ...]
) -> None:
    assert (serving.is_reached, serving.beyond) == (is_reached, beyond)


FAKE_AWS = """
import json, os, sys
if sys.argv[2] == "get-function-configuration":
    print(os.environ["FOUND"])
elif sys.argv[2] == "update-function-configuration":
    wanted = json.load(open("/dev/stdin"))
    assert "Error" not in wanted["Environment"]  # the AWS CLI refuses members unknown to it
    json.dump({"argv": sys.argv, "wanted": wanted}, open(os.environ["SENT"], "w"))
else:
    json.dump(sys.argv, open(os.environ["SENT"], "a")); print("8")
"""
FAKE_JQ = """
import json, sys
found = json.load(sys.stdin)
path, _, value = sys.argv[1].partition(" = ")
assert value == "(now | todate)"
environment = found["Environment"] = found["Environment"] or {}
variables = environment["Variables"] = environment.get("Variables") or {}
variables[path.rpartition(".")[2]] = "2026-11-30T00:00:00Z"
json.dump(found, sys.stdout)
"""


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    """A folder with what stands in for the AWS CLI and jq."""
    for name, text in {"aws": FAKE_AWS, "jq": FAKE_JQ}.items():
        (tmp_path / name).write_text(f"#!{sys.executable} -IS{text}", encoding="utf-8")
        (tmp_path / name).chmod(0o700)
    return tmp_path


def run(command: str, folder: Path, found: object = None) -> str:
    environ = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "FOUND": json.dumps(found),
        "SENT": str(folder / "sent"),
    }
    subprocess.run(["bash", "-ec", command], env=environ, check=False, capture_output=True)
    sent = folder / "sent"
    return sent.read_text(encoding="utf-8") if sent.exists() else ""


HOSTILE = "miyabi;$(touch oops) 'x"


@pytest.mark.parametrize("environment", [{"Variables": {"TOKEN": "a'b\n$(c)"}}, None])
def test_the_command_sends_all_variables_back_and_none_as_an_argument(
    environment: dict[str, dict[str, str]] | None, shell: Path
) -> None:
    found = {"FunctionName": HOSTILE, "RevisionId": "r-1", "Environment": environment}
    sent = json.loads(run(refresh_command(HOSTILE, "us-west-2"), shell, found))
    before = environment["Variables"] if environment else {}
    after = {**before, MARKER: "2026-11-30T00:00:00Z"}
    assert sent["wanted"] == {**found, "Environment": {"Variables": after}}
    assert "a'b" not in str(sent["argv"])
    assert not (shell / "oops").exists()


def test_the_command_sends_nothing_where_aws_could_not_decrypt_the_variables(shell: Path) -> None:
    unreadable = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "no"}}
    found = {"FunctionName": "f", "RevisionId": "r-1", "Environment": unreadable}
    assert run(refresh_command("f", "us-west-2"), shell, found) == ""


def test_an_alias_is_moved_to_the_version_that_was_published(shell: Path) -> None:
    sent = run(publish_commands(HOSTILE, "us-west-2", "live"), shell)
    assert [json.loads(f"[{part}")[1:3] for part in sent.split("[")[1:]] == [
        ["lambda", "wait"],
        ["lambda", "publish-version"],
        ["lambda", "update-alias"],
    ]
    assert sent.endswith('"--name", "live", "--function-version", "8"]')
