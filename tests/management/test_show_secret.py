"""manage.py show_secret: keys, states, fingerprints and versions; never a value."""

import json
from collections.abc import Callable

import pytest

from testkit.canary import leaks, make_canary
from tests.conftest import Estate, MakeEstate
from tests.management.shell import Shell

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["api-keys", "miyabi/dev/api-keys"])
def test_one_secret_by_its_short_or_full_name(
    estate: Estate, shell: Shell, viewer: str, name: str
) -> None:
    ended = shell.run("show_secret", "dev", name, name=viewer)
    assert ended.status == 0
    for piece in (
        "miyabi/dev/api-keys",
        "GITHUB_TOKEN",
        "FINGERPRINT",
        "AWSCURRENT",
        "GitHub token",
    ):
        assert piece in ended.out


def test_as_json_each_key_has_state_and_fingerprint_and_each_version_its_author(
    estate: Estate, shell: Shell, editor: str
) -> None:
    assert (
        shell.run("put_secret", "dev", "config", "MIYABI_ROOT=-", name=editor, stdin=b"/new").status
        == 0
    )
    result = shell.run("show_secret", "dev", "config", "--json", name=editor).json
    root = next(key for key in result["keys"] if key["name"] == "MIYABI_ROOT")
    assert (root["set"], root["format"], len(root["fingerprint"])) == (True, "path", 16)
    assert (root["changed_in"], root["changed_by"]) == (result["current_version"], "hana")
    # Reasons are the audit log's, which an editor does not read.
    assert (root["changed_why"], root["due"]) == (None, None)
    others = [key for key in result["keys"] if key["set"] and key["name"] != "MIYABI_ROOT"]
    assert {key["changed_by"] for key in others} == {None}
    current = next(version for version in result["versions"] if "AWSCURRENT" in version["labels"])
    assert (current["version_id"], current["made_by"]) == (result["current_version"], "hana")
    assert result["editable"]
    assert result["not_known"] == []


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_s02_no_command_shows_six_characters_of_a_stored_value(
    make_estate: MakeEstate, shell: Shell, editor: str, form: tuple[str, ...]
) -> None:
    estate, canary = make_estate(only=("dev",)), make_canary()
    client = estate["dev"].clients.secretsmanager
    client.create_secret(
        Name="miyabi/dev/planted",
        SecretString=json.dumps({"CANARY": canary, "inner": {"x": canary}}),
    )
    client.create_secret(Name="miyabi/dev/text", SecretString=canary)
    for command in (
        ("show_secret", "dev", "planted"),
        ("show_secret", "dev", "text"),
        ("list_secrets", "dev"),
        ("put_secret", "dev", "planted", "--remove", "inner", "--dry-run"),
        ("put_secret", "dev", "planted", "--remove", "inner"),
        ("audit_log",),
    ):
        ended = shell.run(*command, *form, name=editor)
        assert ended.status == 0, ended.err
        assert leaks(canary, ended.out + ended.err) == []


def test_what_could_not_be_learnt_is_said(
    watched: Callable[..., tuple[Estate, object]], shell: Shell, viewer: str
) -> None:
    _, aws = watched(only=("dev",))
    aws.break_call("ListSecretVersionIds", "AccessDeniedException", "no")
    ended = shell.run("show_secret", "dev", "config", "--json", name=viewer)
    assert ended.status == 0
    assert "secretsmanager:ListSecretVersionIds" in ended.err
    assert len(ended.json["not_known"]) == 1


def test_a_secret_that_is_not_there_is_status_4_with_aws_s_words(
    estate: Estate, shell: Shell, viewer: str
) -> None:
    ended = shell.run("show_secret", "dev", "none-such", name=viewer)
    assert ended.status == 4
    for piece in (
        "No such secret",
        "ResourceNotFoundException",
        "request id",
        "aws secretsmanager describe-secret",
    ):
        assert piece in ended.err


def test_what_a_rotation_left_behind_is_told_with_the_command_that_takes_it_off(
    estate: Estate, shell: Shell, viewer: str
) -> None:
    version = estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config", SecretString="{}", VersionStages=["AWSPENDING"]
    )["VersionId"]
    told = shell.run("show_secret", "dev", "config", name=viewer).out
    result = shell.run("show_secret", "dev", "config", "--json", name=viewer).json

    assert "No rotation is running, but an earlier one has left AWSPENDING on version" in told
    assert f"--remove-from-version-id {version}" in told
    assert (result["editable"], result["rotation_enabled"]) == (True, False)
    assert result["rotation_note"] in told
    assert result["end_rotation_command"] in told
