"""environment: a prefix reaches only what is under it; mistakes in the file are located."""

import copy
import posixpath
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from secrets_ui.domain.environment import Environment, Rules
from secrets_ui.domain.environment.file import parse_environments
from secrets_ui.domain.errors import ConfigurationError, InvalidSecretName

DEV = Environment("dev", "us-west-2", "111111111111", "miyabi/dev/")
GOOD: dict[str, Any] = {
    "region": "us-west-2",
    "account": "333333333333",
    "assume_role": "arn:aws:iam::333333333333:role/miyabi-console",
    "prefix": "miyabi/prod/",
    "colour": "blue",
    "kms_alias": "alias/other",
    "alarm_prefix": "other",
    "lambda_role": "role",
    "lambda_function": "function",
    "rules": {"reason_required": True, "type_the_name": True, "second_person": False},
}


def parsed(**changes: Any) -> Environment:
    table = copy.deepcopy(GOOD)
    for key, value in changes.items():
        table.pop(key) if value is None else table.update({key: value})
    return parse_environments({"environments": {"prod": table}}, "environments.toml")["prod"]


@pytest.mark.parametrize(
    "name",
    [
        "miyabi/dev/api-keys",
        "miyabi/dev/a/b/c",
        "miyabi/dev/a.b+c=d@e-f_g",
        "miyabi/dev/...",
        "miyabi/dev/" + "x" * 501,
    ],
)
def test_a_name_under_the_prefix_is_a_secret_of_the_environment(name: str) -> None:
    assert DEV.secret_name(name) == name


OUTSIDE = [
    "", "miyabi", "miyabi/dev", "miyabi/dev/", "miyabi/developers/key", "miyabi/dev-old/key",
    "miyabi/prod/api-keys", "api-keys", "/miyabi/dev/key", "x/miyabi/dev/key", " miyabi/dev/key",
    "miyabi/dev/key ", "miyabi/dev/key\n", "Miyabi/dev/key", "MIYABI/DEV/KEY", "miyabi/Dev/key",
    "miyabi/de\u1d65/key", "miyabi／dev/key", "miyabi/dev/../prod/api-keys", "miyabi/dev/..",
    "miyabi/dev/.", "miyabi/dev/a/../../prod/key", "miyabi/dev//", "miyabi/dev/a/..",
    "miyabi/dev/./../prod/key", "miyabi//dev/key", "miyabi/./dev/key",
    "miyabi/dev/%2e%2e/prod/key", "miyabi/dev%2Fkey", "miyabi%2fdev%2fkey", "miyabi/dev/..%2fprod",
    "miyabi\\dev\\key", "miyabi/dev/..\\prod", "miyabi/dev/key\x00", "miyabi/dev/ké",
    "miyabi/dev/a b",
    "miyabi/dev/a*", "miyabi/dev/a?b", "miyabi/dev/a,b", "miyabi/dev/a;b", "miyabi/dev/$(a)",
    "arn:aws:secretsmanager:us-west-2:111111111111:secret:miyabi/dev/key-AbCdEf",
    "miyabi/dev/" + "x" * 502,
]  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_s42_a_name_outside_the_prefix_in_any_spelling_is_refused(name: str) -> None:
    with pytest.raises(InvalidSecretName) as caught:
        DEV.secret_name(name)
    assert caught.value.message == "dev holds the secrets whose names start with miyabi/dev/."


@given(
    st.one_of(
        st.text(),
        st.lists(
            st.sampled_from(
                ["miyabi", "dev", "prod", "/", "..", ".", "%2f", "\\", "developers", "a"]
            ),
            max_size=9,
        ).map("".join),
    )
)
@example("miyabi/dev/a")
def test_s42_what_is_taken_lies_under_the_prefix_by_every_reading(text: str) -> None:
    for name in (text, DEV.prefix + text):
        try:
            taken = DEV.secret_name(name)
        except InvalidSecretName:
            continue
        assert taken == name
        assert name.startswith("miyabi/dev/")
        assert posixpath.normpath(name).startswith("miyabi/dev/")
        assert not set(name) & set("%\\ \t\r\n\x00?*:")


@pytest.mark.parametrize(
    "name", ["a/../api-keys", "./key", "/key", "key/", "a/./b", "a//b", "..a/b..", "a/b/../../c"]
)
def test_every_name_that_aws_allows_under_the_prefix_is_taken(name: str) -> None:
    assert DEV.secret_name(DEV.prefix + name) == DEV.prefix + name


def test_an_environment_is_what_the_file_says() -> None:
    assert parsed() == Environment(
        "prod",
        "us-west-2",
        "333333333333",
        "miyabi/prod/",
        GOOD["assume_role"],
        "role",
        "function",
        "alias/other",
        "other",
        "blue",
        Rules(True, True, False),
    )
    assert str(parsed()) == "prod"


def test_readers_are_named_by_arn_or_in_this_account() -> None:
    readers = ["role/ci-deploy", "arn:aws:iam::444444444444:user/backup"]
    chosen = parsed(readers=readers, who_can_read=True)
    assert (chosen.readers, chosen.who_can_read) == (tuple(readers), True)


def test_the_log_group_is_lambda_s_own_or_the_one_that_is_named() -> None:
    assert parsed().log_group == "/aws/lambda/function"
    assert parsed(lambda_log_group="miyabi/app").log_group == "miyabi/app"
    with pytest.raises(ConfigurationError, match="lambda_log_group: expected a log group's name"):
        parsed(lambda_log_group="arn:aws:logs:x")


def test_what_is_left_out_has_a_default() -> None:
    sparse = parsed(
        assume_role=None,
        alarm_prefix=None,
        colour=None,
        kms_alias=None,
        lambda_role=None,
        lambda_function=None,
        rules=None,
    )
    assert sparse == Environment("prod", "us-west-2", "333333333333", "miyabi/prod/", colour="red")


@pytest.mark.parametrize(
    "region",
    [
        "us-west-2",
        "ap-southeast-5",
        "us-gov-west-1",
        "cn-north-1",
        "eusc-de-east-1",
        "us-iso-east-1",
    ],
)
def test_every_partition_s_regions_are_taken(region: str) -> None:
    assert parsed(region=region).region == region


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"regoin": "us-west-2"}, "regoin", "unknown key; expected some of account, alarm_prefix"),
    ({"name": "x"}, "name", "unknown key"),
    ({"region": None}, "region", "expected a Region such as us-west-2"),
    ({"region": "oregon"}, "region", "expected a Region such as us-west-2"),
    ({"region": "us-west-2\n"}, "region", "expected a Region such as us-west-2"),
    ({"region": 2}, "region", "expected text in quotes"),
    ({"source_identity": "yes"}, "source_identity", "expected true or false"),
    ({"session_policy": 0}, "session_policy", "expected true or false"),
    ({"who_can_read": 1}, "who_can_read", "expected true or false"),
    ({"readers": "role/ci"}, "readers", "expected a list of ARNs of roles and users"),
    ({"readers": ["ci"]}, "readers", "expected a list of ARNs of roles and users"),
    ({"readers": [1]}, "readers", "expected a list of ARNs of roles and users"),
    ({"account": None}, "account", "expected an AWS account id of 12 digits, in quotes"),
    ({"account": 333333333333}, "account", "expected text in quotes"),
    ({"account": "33333333333"}, "account", "12 digits"),
    ({"account": "٣" * 12}, "account", "12 digits"),
    *(
        ({"prefix": prefix}, "prefix", "such as miyabi/prod/")
        for prefix in (
            *(None, "", "miyabi/prod", "/", "/miyabi/", "miyabi//prod/", "../", "miyabi/./"),
            *("miyabi/prod*/", "x" * 200 + "/"),
        )
    ),
    *(
        ({"assume_role": role}, "assume_role", "expected the ARN of a role in account 333333333333")
        for role in (
            "miyabi-console",
            "arn:aws:iam::111111111111:role/miyabi-console",
            "arn:aws:iam::333333333333:user/x",
        )
    ),
    ({"colour": "purple"}, "colour", "expected one of green, amber, red, blue"),
    (
        {"kms_alias": "miyabi-secrets"},
        "kms_alias",
        "expected an alias such as alias/miyabi-secrets",
    ),
    ({"lambda_role": ["x"]}, "lambda_role", "expected text in quotes"),
    (
        {"rules": {"reason": True}},
        "rules",
        "expected a table with some of emergency, proposal_days, reason_required, reveal, "
        "second_person, step_up, step_up_seconds, type_the_name",
    ),
    ({"rules": True}, "rules", "expected a table"),
    ({"rules": {"second_person": "yes"}}, "rules.second_person", "expected true or false"),
    ({"rules": {"second_person": 1}}, "rules.second_person", "expected true or false"),
    ({"rules": {"step_up": 300}}, "rules.step_up", "expected true or false"),
    *(
        ({"rules": {"step_up_seconds": seconds}}, "rules.step_up_seconds", "seconds from 30 to")
        for seconds in (True, "300", 0, 3601)
    ),
    *(
        ({"rules": {"proposal_days": days}}, "rules.proposal_days", "number of days from 1 to 365")
        for days in (0, 366)
    ),
    ({"rules": {"emergency": True}}, "rules.emergency", "expected second_person = true as well"),
    (
        {"rules": {"emergency": True, "second_person": True}, "tell": ["findings"]},
        "tell",
        'expected "emergency" where the rules allow one',
    ),
    ({"tell": "findings"}, "tell", 'expected a list of some of "changes"'),
    ({"tell": ["findings", "all"]}, "tell", 'expected a list of some of "changes"'),
    ({"email_to": ["oncall"]}, "email_to", "expected a list of addresses"),
    ({"groups": {"ops": "admin"}}, 'groups."ops"', 'a list of roles such as ["viewer"]'),
]


@pytest.mark.parametrize(("changes", "key", "expected"), WRONG, ids=lambda x: str(x)[:40])
def test_a_mistake_is_told_with_file_key_and_expectation(
    changes: dict[str, Any], key: str, expected: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parsed(**changes)

    assert caught.value.message.startswith(f"environments.toml: environments.prod.{key}: ")
    assert expected in caught.value.message


def test_what_is_told_to_whom_is_the_file_s_and_findings_and_emergencies_without_it() -> None:
    told = parsed(
        tell=["changes", "emergency", "changes"],
        email_to=["oncall@miyabi-world.com"],
        rules={"second_person": True, "emergency": True},
    )
    assert (told.tell, told.email_to) == (("changes", "emergency"), ("oncall@miyabi-world.com",))
    assert told.rules.emergency
    assert (parsed().tell, parsed().email_to) == (("emergency", "findings"), ())


@pytest.mark.parametrize(
    "data", [{}, {"environments": {}}, {"environments": []}, {"environment": {"prod": GOOD}}]
)
def test_a_file_without_environments_is_told_as_such(data: dict[str, Any]) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^environments.toml: expected at least one table \[environments.NAME\]",
    ):
        parse_environments(data, "environments.toml")


@pytest.mark.parametrize(
    "name",
    [
        "Prod",
        "1st",
        "pre prod",
        "audit",
        "sign-in",
        "static",
        "livez",
        "",
        "x" * 21,
        "a/b",
        "..",
        "dév",
    ],
)
def test_a_name_that_would_break_a_url_is_refused(name: str) -> None:
    with pytest.raises(
        ConfigurationError, match="expected a name of small letters, digits and hyphens"
    ) as caught:
        parse_environments({"environments": {name: GOOD}}, "environments.toml")
    assert caught.value.message.startswith(f"environments.toml: environments.{name}: ")


@pytest.mark.parametrize("table", [[], "x", None, 5])
def test_an_environment_that_is_no_table_is_refused(table: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"environments\.prod: expected a table"):
        parse_environments({"environments": {"prod": table}}, "environments.toml")


@pytest.mark.parametrize(
    ("one", "other"),
    [("miyabi/prod/", "miyabi/prod/"), ("miyabi/", "miyabi/prod/"), ("miyabi/prod/", "miyabi/")],
)
def test_s42_no_environment_lies_inside_another(one: str, other: str) -> None:
    """A right in the outer one would reach the inner one's secrets."""
    data = {"environments": {"dev": GOOD | {"prefix": one}, "prod": GOOD | {"prefix": other}}}
    with pytest.raises(ConfigurationError, match="expected a place of its own"):
        parse_environments(data, "environments.toml")


@pytest.mark.parametrize(
    "other",
    [
        {"prefix": "miyabi/production/"},
        {"region": "us-east-1"},
        {"account": "111111111111", "assume_role": ""},
    ],
)
def test_environments_in_places_of_their_own_keep_the_order_of_the_file(
    other: dict[str, Any],
) -> None:
    data = {
        "environments": {"prod": GOOD, "dev": GOOD | other, "a": GOOD | {"region": "eu-west-1"}}
    }
    assert list(parse_environments(data, "environments.toml")) == ["prod", "dev", "a"]


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-west-2", "aws"),
        ("ap-northeast-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("cn-northwest-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_an_arn_has_the_partition_of_its_region(region: str, partition: str) -> None:
    environment = parsed(region=region, assume_role=None)
    account = environment.account
    assert environment.arn("kms", "key/k") == f"arn:{partition}:kms:{region}:{account}:key/k"
    assert environment.arn("iam", "role/r") == f"arn:{partition}:iam::{account}:role/r"
    assert environment.arn("iam", "policy/p", "aws") == f"arn:{partition}:iam::aws:policy/p"
