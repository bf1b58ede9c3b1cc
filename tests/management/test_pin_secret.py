"""manage.py pin_secret: what the page of pins does, in a shell."""

from typing import Any

import pytest

from secrets_ui.models import AuditRecord
from tests.management.conftest import NAME
from tests.management.shell import Shell

pytestmark = pytest.mark.django_db
PIN = ("pin_secret", "dev", "storied")


def labels(client: Any) -> dict[str, str]:
    """The version of each label."""
    stages = client.describe_secret(SecretId=NAME)["VersionIdsToStages"]
    return {label: version for version, found in stages.items() for label in found}


def last_done() -> AuditRecord:
    return AuditRecord.objects.done().latest("sequence")


def test_a_version_is_pinned_and_the_pin_is_taken_off_on_record(
    client: Any, shell: Shell, editor: str
) -> None:
    ended = shell.run(*PIN, "AWSPREVIOUS", "before-2.0", "--reason", "OPS-1", "--json", name=editor)
    before = labels(client)["AWSPREVIOUS"]
    assert (ended.status, ended.json["version_id"], ended.json["changed"]) == (0, before, True)
    assert labels(client)["MIYABI-PIN-before-2.0"] == before
    assert (last_done().action, last_done().reason) == ("version.pin", "OPS-1")
    assert int(last_done().intent) == ended.json["record"]
    again = shell.run(*PIN, "AWSPREVIOUS", "before-2.0", "--json", name=editor)
    assert (again.status, again.json["changed"]) == (0, False)
    # The pin names the version from here on.
    off = shell.run(*PIN, "MIYABI-PIN-before-2.0", "before-2.0", "--remove", name=editor)
    assert (off.status, "MIYABI-PIN-before-2.0" in labels(client)) == (0, False)
    assert last_done().action == "version.unpin"


def test_a_name_that_is_taken_moves_only_where_that_is_said(
    client: Any, shell: Shell, editor: str
) -> None:
    assert shell.run(*PIN, "AWSPREVIOUS", "good", name=editor).status == 0
    refused = shell.run(*PIN, "AWSCURRENT", "good", name=editor)
    assert refused.status == 1
    assert "Another version has this pin" in refused.err
    assert shell.run(*PIN, "AWSCURRENT", "good", "--move", name=editor).status == 0
    found = labels(client)
    assert found["MIYABI-PIN-good"] == found["AWSCURRENT"]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("ffffffffffff", "good"), 2),
        (("AWSCURRENT", "AWSCURRENT"), 1),
        (("AWSCURRENT", "a b"), 1),
        (("AWSCURRENT", "good", "--remove", "--move"), 2),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    client: Any, shell: Shell, editor: str, words: tuple[str, ...], status: int
) -> None:
    before = labels(client)
    assert shell.run(*PIN, *words, name=editor).status == status
    assert labels(client) == before


def test_a_viewer_may_not(client: Any, shell: Shell, viewer: str) -> None:
    assert shell.run(*PIN, "AWSCURRENT", "good", name=viewer).status == 1
    assert "MIYABI-PIN-good" not in labels(client)
