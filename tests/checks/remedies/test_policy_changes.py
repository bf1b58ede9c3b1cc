"""Changes told as Terraform and as AWS CLI commands: right, and safe to paste."""

import json
import shlex
from dataclasses import replace

import pytest

from secrets_ui.checks.remedies.policy_changes import (
    Change,
    cli,
    hcl,
    terraform,
    terraform_name,
    with_new_statement,
    with_statement,
    without_statement,
)
from secrets_ui.domain.access.policies import AttachedPolicy, list_policies, with_policy
from secrets_ui.domain.iam import PolicyKind
from tests.checks.building import ACCESS_ARN, evidence
from tests.checks.building import with_statement as with_inline

HOSTILE = "x'; touch /tmp/owned; echo '$(id) `id` \x1b[31m \n \u202e"


def policy(name: str, given: object = None) -> AttachedPolicy:
    return next(item for item in list_policies(given or evidence()) if item.location == name)


def test_a_shell_reads_the_command_back_as_it_was_meant() -> None:
    change = with_new_statement(policy("key"), {"Sid": HOSTILE, "Effect": "Deny"}, "words")
    words = shlex.split(cli(evidence(), change))
    assert words[:3] == ["aws", "kms", "put-key-policy"]
    assert json.loads(words[words.index("--policy") + 1])["Statement"][-1]["Sid"] == HOSTILE
    assert cli(evidence(), change).isascii()
    assert cli(evidence(), change).isprintable()


@pytest.mark.parametrize(
    ("where", "operation"),
    [
        ("key", "put-key-policy"),
        ("trust", "update-assume-role-policy"),
        (f"identity:{ACCESS_ARN}", "create-policy-version"),
        ("secret", "put-resource-policy"),
    ],
)
def test_each_place_has_its_own_command(where: str, operation: str) -> None:
    change = with_new_statement(policy(where), {"Sid": "New", "Effect": "Allow"}, "words")
    assert shlex.split(cli(evidence(), change))[2] == operation


@pytest.mark.parametrize(
    ("statements", "operation"),
    [(({"Sid": "One"},), "put-role-policy"), ((), "delete-role-policy")],
)
def test_an_inline_policy_without_a_statement_goes(
    statements: tuple[dict[str, str], ...], operation: str
) -> None:
    given = with_inline(Sid="One", Effect="Deny", Action="*", Resource="*")
    words = shlex.split(cli(given, Change(policy("identity:one-more", given), statements, "words")))
    assert words[2] == operation
    assert words[words.index("--policy-name") + 1] == "one-more"


@pytest.mark.parametrize(
    ("where", "of", "words", "operation"),
    [
        (f"identity:{ACCESS_ARN}", 2, "Remove S0 from {}.", "create-policy-version"),
        (f"identity:{ACCESS_ARN}", 1, "Detach {}, which holds S0 alone.", "detach-role-policy"),
        ("identity:one-more", 2, "Remove S0 from {}.", "put-role-policy"),
        ("identity:one-more", 1, "Delete {}, which holds S0 alone.", "delete-role-policy"),
        ("secret", 1, "Delete {}, which holds S0 alone.", "delete-resource-policy"),
        ("key", 2, "Remove S0 from {}.", "put-key-policy"),
    ],
)
def test_the_words_of_a_removal_say_what_its_command_does(
    where: str, of: int, words: str, operation: str
) -> None:
    given = with_inline(Sid="One", Effect="Deny", Action="*", Resource="*")
    statements = [{"Sid": f"S{n}", "Effect": "Deny", "Action": "*"} for n in range(of)]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    found = replace(policy(where, given), text=text)
    change = without_statement(found, 0, "S0")
    assert change.words == words.format(found.title)
    assert shlex.split(cli(given, change))[2] == operation


def test_a_policy_of_aws_s_own_cannot_be_changed() -> None:
    own = replace(policy(f"identity:{ACCESS_ARN}"), arn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert cli(evidence(), Change(own, ({"Sid": "One"},), "words")) == ""


def test_one_statement_that_stands_without_a_list_is_changed_too() -> None:
    single = AttachedPolicy(
        "key",
        PolicyKind.KEY,
        None,
        "k",
        '{"Version": "2012-10-17", "Id": "mine", "Statement": {"Sid": "One"}}',
    )
    assert json.loads(with_statement(single, 0, {"Sid": "Two"}, "words").text) == {
        "Version": "2012-10-17",
        "Id": "mine",
        "Statement": [{"Sid": "Two"}],
    }


def test_a_sid_that_is_taken_gets_a_number() -> None:
    change = with_new_statement(
        policy("key"), {"Sid": "AccountAdministersTheKey", "Effect": "Allow"}, "words"
    )
    assert change.shown[0]["Sid"] == "AccountAdministersTheKey2"


def test_terraform_shows_the_statement_and_how_to_apply_it() -> None:
    change = with_statement(
        policy("key"),
        0,
        {
            "Sid": "One",
            "Resource": ["a", "b"],
            "Condition": {"Bool": {"aws:ViaAWSService": "true"}},
        },
        "words",
    )
    assert terraform(change) == "\n".join(
        [
            "# module.miyabi_secrets.aws_kms_key.secrets, in its policy: the statement reads",
            "{",
            '  Sid       = "One"',
            '  Resource  = ["a", "b"]',
            "  Condition = {",
            "    Bool = {",
            '      "aws:ViaAWSService" = "true"',
            "    }",
            "  }",
            "}",
            "# then: terraform apply -target=module.miyabi_secrets.aws_kms_key.secrets",
        ]
    )


def test_terraform_s_own_signs_are_doubled() -> None:
    assert hcl("${aws:username} %{if}") == '"$${aws:username} %%{if}"'


@pytest.mark.parametrize(
    ("name", "wanted"), [("miyabi/prod/api-keys", "api_keys"), ("x/<b>", "b"), ("/", "this")]
)
def test_names_become_terraform_s(name: str, wanted: str) -> None:
    assert terraform_name(name) == wanted


def test_every_place_can_be_exchanged_and_an_unknown_one_cannot() -> None:
    text = '{"Version": "2012-10-17", "Statement": []}'
    given = with_inline(Sid="One", Effect="Deny", Action="*", Resource="*")
    for item in list_policies(given):
        after = {
            other.location: other.text
            for other in list_policies(with_policy(given, item.location, text))
        }
        assert after == {other.location: other.text for other in list_policies(given)} | {
            item.location: text
        }
    with pytest.raises(LookupError):
        with_policy(given, "elsewhere", text)
