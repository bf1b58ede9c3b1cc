"""docs/commands.md: every example names an existing command and existing options."""

import re
import shlex

import pytest
from django.core.management import load_command_class

from deploy.demo.local_aws import PROJECT
from secrets_ui.management import twin

TEXT = (PROJECT / "docs" / "commands.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(
    r"python manage\.py (.+)", "\n".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL))
)


def arguments(example: str) -> list[str]:
    """Up to a pipe, the end of $(…) or a comment."""
    words = shlex.split(example.partition(" | ")[0].partition(")")[0], comments=True)
    return [word.strip() for word in words]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_understood(example: str) -> None:
    name, *rest = arguments(example)
    parser = load_command_class("secrets_ui", name).create_parser("manage.py", name)
    assert parser.parse_args(rest).username in ("viewer", "editor", "auditor")


def test_there_are_examples_of_every_command() -> None:
    assert {arguments(example)[0] for example in EXAMPLES} == {
        "list_secrets",
        "show_secret",
        "put_secret",
        "history",
        "restore_secret",
        "pin_secret",
        "audit_log",
    }


def test_every_status_is_told() -> None:
    result = {int(status) for status in re.findall(r"^\| (\d) \|", TEXT, re.MULTILINE)}
    known = {
        twin.REFUSED,
        twin.WRONG_CALL,
        twin.CONFLICT,
        twin.NOT_ANSWERED,
        twin.NOT_KNOWN,
        twin.FAULT,
    }
    assert result == {0, *known}
