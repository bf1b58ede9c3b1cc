"""manage.py history and restore_secret: what the pages do, in a shell."""

import json
from typing import Any

import pytest

from tests.management.conftest import NAME
from tests.management.shell import Shell

pytestmark = pytest.mark.django_db


def stored(client: Any) -> Any:
    return json.loads(client.get_secret_value(SecretId=NAME)["SecretString"])


def test_the_history_lists_versions_by_their_labels(client: Any, shell: Shell, viewer: str) -> None:
    found = shell.run("history", "dev", "storied", "--json", name=viewer).json
    assert [entry["labels"] for entry in found["versions"]] == [["AWSCURRENT"], ["AWSPREVIOUS"]]
    ended = shell.run("history", "dev", "storied", name=viewer)
    assert ended.out.splitlines()[0].split() == ["VERSION", "MADE", "BY", "LABELS", "KEYS"]
    assert "one" not in ended.out.replace("console", "")


def test_a_version_is_restored_whole_or_by_single_keys(
    client: Any, shell: Shell, editor: str
) -> None:
    run = ("restore_secret", "dev", "storied", "AWSPREVIOUS")
    assert shell.run(*run, "--dry-run", "--json", name=editor).json["changed"] == {
        "A": "changed",
        "C": "removed",
    }
    single = shell.run(*run, "C", "--json", name=editor)
    assert (single.status, single.json["changed"]) == (0, ["C"])
    assert stored(client) == {"A": "two", "B": "same"}
    # Now the version before is the one with C.
    assert shell.run(*run, name=editor).status == 0
    assert stored(client) == {"A": "two", "B": "same", "C": "new"}


@pytest.mark.parametrize("version", ["", "-", "ffffffffffffffffffffffffffffffffffff", "AWSPENDING"])
def test_what_is_no_version_or_several_is_a_wrong_call(
    client: Any, shell: Shell, editor: str, version: str
) -> None:
    ended = shell.run("restore_secret", "dev", "storied", f"{version}", name=editor)
    assert ended.status == 2
    assert "fits VERSION" in ended.err or not version
    assert stored(client)["A"] == "two"


def test_a_key_that_is_the_same_in_both_is_a_wrong_call(
    client: Any, shell: Shell, editor: str
) -> None:
    ended = shell.run("restore_secret", "dev", "storied", "AWSPREVIOUS", "B", name=editor)
    assert (ended.status, stored(client)["A"]) == (2, "two")
