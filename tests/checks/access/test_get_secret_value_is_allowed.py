"""Whether GetSecretValue is allowed."""

from typing import Any

import pytest

from secrets_ui.services.access.check import judge
from tests.checks.building import (
    ACCESS_ARN,
    MISSING,
    NAME,
    READ,
    READER,
    ROLE_ARN,
    SECRET_ARN,
    denied,
    document,
    evidence,
    finding,
    known,
    policy,
    secrets_statement,
    unreachable,
    with_statement,
)

CHECK = "get_secret_value_is_allowed"


def test_it_passes_and_shows_the_statement_that_decides() -> None:
    found = finding(CHECK, evidence())
    assert (found.status, found.shown[0].document["Sid"]) == ("pass", "ReadSecrets")


def test_an_action_that_is_not_listed_fails_with_the_lambda_s_error() -> None:
    found = finding(CHECK, secrets_statement("ReadSecrets", Action="secretsmanager:DescribeSecret"))
    assert found.status == "fail"
    assert str(found.error) == (
        "AccessDeniedException: User: "
        "arn:aws:sts::111111111111:assumed-role/miyabi-lambda-execution/miyabi-app is not "
        "authorized to perform: "
        f"{READ} on resource: {SECRET_ARN} because no identity-based policy allows the {READ} "
        "action"
    )
    assert found.error.source == "documented"


@pytest.mark.parametrize(
    "deny",
    [
        {"Action": "secretsmanager:*", "Resource": "*"},
        {"Action": [READ, "secretsmanager:PutSecretValue"], "Resource": SECRET_ARN},
        {"NotAction": "logs:*", "Resource": SECRET_ARN},
    ],
)
def test_a_deny_fails_and_its_remedy_opens_no_other_secret(deny: dict[str, Any]) -> None:
    found = finding(CHECK, with_statement(Sid="No", Effect="Deny", **deny))
    assert (found.status, found.shown[0].marked) == ("fail", "Effect")
    assert found.error.message.endswith("with an explicit deny in an identity-based policy")
    assert "they allow" in found.remedy.tried
    assert "also opens" not in found.remedy.tried


def test_the_secret_s_own_policy_is_enough() -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": ROLE_ARN}, "Action": READ, "Resource": "*"}
    given = secrets_statement("ReadSecrets", Action="secretsmanager:DescribeSecret")
    found = finding(
        CHECK, evidence(documents=given.documents, resource_policy=known(policy(statement)))
    )
    assert found.status == "pass"


def test_a_condition_that_does_not_hold_is_told_with_both_values() -> None:
    found = finding(
        CHECK,
        secrets_statement(
            "ReadSecrets", Condition={"StringEquals": {"aws:PrincipalAccount": "999999999999"}}
        ),
    )
    assert "aws:PrincipalAccount must be 999999999999; here it is 111111111111" in found.text
    assert "aws:PrincipalAccount must allow 111111111111" in found.remedy.text


def test_a_condition_on_what_nobody_can_know_is_unknown() -> None:
    found = finding(
        CHECK,
        secrets_statement("ReadSecrets", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
    )
    assert found.status == "unknown"
    assert "aws:SourceIp is not known here" in found.text


def test_a_condition_on_the_function_itself_is_known() -> None:
    ours = {
        "ArnEquals": {
            "lambda:SourceFunctionArn": "arn:aws:lambda:us-west-2:111111111111:function:miyabi-app"
        }
    }
    assert finding(CHECK, secrets_statement("ReadSecrets", Condition=ours)).status == "pass"


def test_a_policy_that_may_not_be_read_is_unknown_never_allowed_with_the_statement_to_add() -> None:
    documents = {
        **READER.documents,
        "arn:aws:iam::111111111111:policy/x": denied(
            "iam:GetPolicy", "arn:aws:iam::111111111111:policy/x"
        ),
    }
    found = finding(CHECK, evidence(documents=documents))
    assert found.status == "unknown"
    assert '"arn:aws:iam::111111111111:policy/x"' in found.missing


def test_a_deny_counts_although_another_policy_could_not_be_read() -> None:
    documents = {
        **READER.documents,
        "no": document("no", policy({"Effect": "Deny", "Action": "*", "Resource": "*"})),
        "x": unreachable(),
    }
    assert finding(CHECK, evidence(documents=documents)).status == "fail"


def test_a_malformed_policy_is_unknown_and_names_the_place() -> None:
    documents = {
        **READER.documents,
        ACCESS_ARN: document("broken", '{"Statement": [{"Effect": "Allow", "Effect": "Deny"}]}'),
    }
    found = finding(CHECK, evidence(documents=documents))
    assert found.status == "unknown"
    assert "broken" in found.text


def test_an_unread_policy_of_the_secret_matters_only_without_an_allow_of_the_role() -> None:
    assert finding(CHECK, evidence(resource_policy=unreachable())).status == "pass"
    documents = secrets_statement("ReadSecrets", Action="secretsmanager:DescribeSecret").documents
    assert (
        finding(CHECK, evidence(documents=documents, resource_policy=unreachable())).status
        == "unknown"
    )


def test_without_the_secret_the_policies_are_judged_by_its_name() -> None:
    gone = {"secret": MISSING, "resource_policy": MISSING, "versions": MISSING}
    assert finding(CHECK, evidence(**gone)).status == "pass"
    exact = secrets_statement(
        "ReadSecrets",
        Resource=f"arn:aws:secretsmanager:us-west-2:111111111111:secret:{NAME}-AbCdEf",
    ).documents
    assert finding(CHECK, evidence(documents=exact, **gone)).status == "skipped"


def test_tags_of_the_secret_and_of_the_role_are_known() -> None:
    from dataclasses import replace

    role = known(replace(READER.role.value, tags={"team": "api"}))
    condition = {"StringEquals": {"aws:PrincipalTag/team": "api"}}
    given = secrets_statement("ReadSecrets", Condition=condition)
    assert finding(CHECK, replace(given, role=role)).status == "pass"
    assert judge(given).answer == "no"
