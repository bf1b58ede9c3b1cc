"""deploy/environments.example.toml: what a person copies and fills in for real AWS."""

from dataclasses import fields

import pytest

from deploy.demo.estate import ENVIRONMENTS_FILE, read_environments
from secrets_ui.domain.environment import Environment, Rules
from secrets_ui.permissions import ROLES

TEXT = ENVIRONMENTS_FILE.read_text()


def test_it_is_valid_as_it_stands() -> None:
    assert list(read_environments()) == ["dev", "staging", "prod"]


@pytest.mark.parametrize(
    "key",
    [item.name for item in fields(Environment) if item.name not in ("name", "rules", "groups")],
)
def test_it_shows_every_key_that_an_environment_may_have(key: str) -> None:
    assert f"\n{key} = " in TEXT


def test_it_shows_which_groups_give_which_roles() -> None:
    roles = {
        role
        for place in read_environments().values()
        for _, roles in place.groups
        for role in roles
    }
    assert roles
    assert roles <= set(ROLES)


@pytest.mark.parametrize("key", [item.name for item in fields(Rules)])
def test_it_shows_every_rule(key: str) -> None:
    assert f"\n{key} = " in TEXT


def test_each_environment_is_in_an_account_of_its_own() -> None:
    assert len({environment.account for environment in read_environments().values()}) == 3


def test_prod_asks_for_a_reason_and_the_typed_name() -> None:
    rules = read_environments()["prod"].rules
    assert (rules.reason_required, rules.type_the_name) == (True, True)
