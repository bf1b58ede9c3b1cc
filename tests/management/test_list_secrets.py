"""manage.py list_secrets: what the list page shows."""

import pytest

from tests.conftest import Estate, MakeEstate
from tests.management.shell import Shell

pytestmark = pytest.mark.django_db


def test_it_lists_every_secret_with_its_state(
    make_estate: MakeEstate, shell: Shell, viewer: str
) -> None:
    make_estate(clean=False, only=("dev",))
    ended = shell.run("list_secrets", "dev", name=viewer)
    assert ended.status == 0
    lines = ended.out.splitlines()
    assert lines[0].split() == ["SECRET", "STATE", "KEYS", "SET", "LAST", "CHANGED", "BY"]
    assert [line.split()[0] for line in lines[1:]] == ["miyabi/dev/api-keys", "miyabi/dev/config"]
    assert "outside this console" in lines[1]


def test_as_json_it_tells_more(make_estate: MakeEstate, shell: Shell, viewer: str) -> None:
    estate = make_estate(only=("dev",))
    result = shell.run("list_secrets", "dev", "--json", name=viewer).json
    assert (result["environment"], result["region"], result["account"]) == (
        "dev",
        "us-west-2",
        estate.environments["dev"].account,
    )
    [api_keys, config] = result["secrets"]
    assert api_keys["arn"] == estate["dev"].secret_arns["miyabi/dev/api-keys"]
    assert (config["name"], config["keys_set"], config["keys_total"]) == ("miyabi/dev/config", 4, 4)
    assert config["changed_by"] is None
    assert len(config["current_version"]) >= 32


def test_all_pages_are_walked_and_what_was_not_looked_at_is_said(
    make_estate: MakeEstate, shell: Shell, viewer: str
) -> None:
    make_estate(only=("dev",), extra_secrets=30)
    ended = shell.run("list_secrets", "dev", "--json", name=viewer)
    assert len(ended.json["secrets"]) == 32
    assert "not checked yet" in ended.err
    assert "not checked yet" not in shell.run("list_secrets", "dev", name=viewer).err


def test_a_filter_picks_by_name_and_by_key(
    make_estate: MakeEstate, shell: Shell, viewer: str
) -> None:
    make_estate(only=("dev",))
    result = shell.run(
        "list_secrets", "dev", "--filter", "github_token", "--json", name=viewer
    ).json
    assert [secret["name"] for secret in result["secrets"]] == ["miyabi/dev/api-keys"]


def test_an_unknown_environment_is_a_wrong_call_that_names_the_known(
    estate: Estate, shell: Shell, viewer: str
) -> None:
    ended = shell.run("list_secrets", "nowhere", name=viewer)
    assert ended.status == 2
    assert "dev, staging, prod" in ended.err
