"""roles: how far a grant reaches, and what may be given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.environment import Environment
from secrets_ui.domain.people.roles import (
    ROLES,
    WORDS,
    InvalidGrant,
    covers,
    ensure_grantable,
    granting,
)

DEV = Environment("dev", "us-west-2", "111122223333", "miyabi/dev/")


@pytest.mark.parametrize(
    ("prefix", "name", "reaches"),
    [
        ("", "anything", True),
        ("api-", "api-keys", True),
        ("api-", "api-keys/old", True),
        ("api-", "api", False),
        ("api-", "apiary", False),
        ("api-", "API-keys", False),
        ("api-", "my-api-keys", False),
        ("api", "api", True),
        ("api", "api-keys", False),
        ("api", "api/keys", False),
        ("team/", "team/x", True),
        ("team/", "teams/x", False),
        ("team/", "team", False),
        ("team/a", "team/a", True),
        ("team/a", "team/ab", False),
        ("team/", "team/../api-keys", False),
        ("team/", "x/../team/api-keys", False),
        ("team/", "team/x/../y", True),
        ("api-keys", "team/../api-keys", False),
        ("", "team/../api-keys", True),
    ],
)
def test_s42_a_grant_for_some_names_reaches_no_neighbour(
    prefix: str, name: str, reaches: bool
) -> None:
    assert covers(DEV, prefix, f"miyabi/dev/{name}") is reaches


@pytest.mark.parametrize(
    "name",
    ["miyabi/developers/api-keys", "miyabi/devapi-keys", "miyabi/prod/api-keys", "api-keys", ""],
)
@pytest.mark.parametrize("prefix", ["", "api-", "api-keys"])
def test_s42_no_grant_reaches_out_of_its_environment(prefix: str, name: str) -> None:
    assert not covers(DEV, prefix, name)


@given(st.text("ab/-_."), st.text("ab/-_."))
def test_s42_a_grant_reaches_what_begins_with_it_or_is_it(prefix: str, name: str) -> None:
    if covers(DEV, prefix, f"miyabi/dev/{name}"):
        assert name.startswith(prefix)
        assert name == prefix or not prefix or prefix[-1] in "/-_."


@pytest.mark.parametrize(
    "prefix",
    [
        "../prod/",
        "a/../b",
        "./",
        "a//b",
        "/api-",
        "api-*",
        "api-?",
        "a b",
        "ａpi-",
        "api-\n",
        "%2e%2e/",
        "x" * 201,
        "${a}",
    ],
)
def test_s42_names_that_no_secret_has_are_not_given(prefix: str) -> None:
    with pytest.raises(InvalidGrant):
        ensure_grantable(DEV, "viewer", prefix)


@pytest.mark.parametrize("prefix", ["", "api-", "api-keys", "team/", "team/a.b_c@d+e=f"])
def test_names_that_a_secret_may_have_are_given(prefix: str) -> None:
    ensure_grantable(DEV, "editor", prefix)


def test_a_role_that_is_none_and_a_part_of_an_undividable_one_are_not_given() -> None:
    for role, prefix in (("owner", ""), ("superuser", ""), ("admin", "api-"), ("auditor", "api-")):
        with pytest.raises(InvalidGrant):
            ensure_grantable(DEV, role, prefix)


def test_every_action_has_words_and_somebody_who_may_do_it() -> None:
    assert {action for actions in ROLES.values() for action in actions} == set(WORDS)
    assert all(granting(action) for action in WORDS)


def test_to_show_a_value_is_for_editors_alone() -> None:
    assert granting("secret.reveal") == ["editor"]
