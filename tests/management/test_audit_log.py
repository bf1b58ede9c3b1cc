"""manage.py audit_log: the same records and filters as the page."""

from collections.abc import Callable
from typing import Any

import pytest

from secrets_ui.domain.audit.actions import Action, Outcome
from secrets_ui.domain.people.actor import Actor
from secrets_ui.services import audit
from testkit.intents import intend
from tests.management.shell import Shell

pytestmark = pytest.mark.django_db
HANA, KENJI = Actor("hana", "192.0.2.7"), Actor("kenji", "192.0.2.8")


@pytest.fixture
def log(person: Callable[..., Any]) -> str:
    """Some records, and the name of an auditor of dev and prod."""
    with audit.act(
        Action.SAVE, HANA, environment="prod", secret="miyabi/prod/config", keys=["MIYABI_ROOT"]
    ) as act:
        act.done(request_id="req-1", version_id="v" * 32)
    intend(Action.SAVE, KENJI, environment="dev", secret="miyabi/dev/api-keys")
    audit.record(Action.SIGN_IN, KENJI)
    audit.record(Action.REFUSE_ACCESS, HANA, Outcome.REFUSED, environment="staging")
    return str(person("auditor", "dev", "prod", name="aki").get_username())


def result(shell: Shell, name: str, *arguments: str) -> list[int]:
    ended = shell.run("audit_log", *arguments, "--json", name=name)
    assert ended.status == 0, ended.err
    return [entry["sequence"] for entry in ended.json]


def test_it_shows_the_newest_first_of_the_environments_that_the_account_may_see(
    shell: Shell, log: str
) -> None:
    assert result(shell, log) == [4, 3, 1]


@pytest.mark.parametrize(
    ("arguments", "records"),
    [
        (("--environment", "prod"), [1]),
        (("--person", "kenji"), [4, 3]),
        (("--secret", "api-keys"), [3]),
        (("--key", "MIYABI_ROOT"), [1]),
        (("--action", "sign_in"), [4]),
        (("--outcome", "open"), [3]),
        (("--outcome", "done", "--person", "hana"), [1]),
        (("--since", "1h"), [4, 3, 1]),
        (("--since", "2d", "--until", "1d"), []),
        (("--until", "2020-01-01"), []),
        (("--environment", "staging"), []),
        (("--limit", "2"), [4, 3]),
    ],
)
def test_each_option_filters(
    shell: Shell, log: str, arguments: tuple[str, ...], records: list[int]
) -> None:
    assert result(shell, log, *arguments) == records


def test_an_intent_is_told_with_its_outcome(shell: Shell, log: str) -> None:
    [entry] = shell.run("audit_log", "--environment", "prod", "--json", name=log).json
    assert (entry["outcome"], entry["version_id"], entry["request_ids"]) == (
        "done",
        "v" * 32,
        ["req-1"],
    )
    assert (entry["person"], entry["address"], entry["keys"]) == (
        "hana",
        "192.0.2.7",
        ["MIYABI_ROOT"],
    )


def test_the_table_has_a_line_for_each_and_says_when_there_are_older_ones(
    shell: Shell, log: str
) -> None:
    ended = shell.run("audit_log", "--limit", "1", name=log)
    assert len(ended.out.splitlines()) == 2
    assert "There are older records" in ended.err
    assert "older" not in shell.run("audit_log", "--limit", "3", name=log).err
    assert shell.run("audit_log", "--person", "nobody", name=log).out == "No record matches.\n"


def test_more_than_a_page_is_walked(shell: Shell, log: str) -> None:
    for _ in range(60):
        audit.record(Action.SIGN_IN, KENJI)
    assert len(result(shell, log, "--limit", "60")) == 60
    assert len(result(shell, log, "--limit", "1000")) == 63


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--since", "yesterday"), "--since: Write a time as 2026-11-23"),
        (("--until", "never"), "--until: "),
        (("--limit", "0"), "--limit: expected 1 to 1000"),
        (("--limit", "1001"), "an export"),
    ],
)
def test_a_wrong_filter_is_a_wrong_call(
    shell: Shell, log: str, arguments: tuple[str, ...], words: str
) -> None:
    ended = shell.run("audit_log", *arguments, name=log)
    assert (ended.status, ended.out) == (2, "")
    assert words in ended.err
