"""KMS grants, as ListGrants gives them."""

from typing import Any

import pytest

from secrets_ui.domain.iam import Grant, Layer, MalformedRequest, evaluate

from .building import (
    ACCOUNT,
    DECRYPT,
    KEY,
    OTHER_ACCOUNT,
    ROLE,
    ROOT,
    SECRET,
    SESSION,
    ask,
    document,
    statement,
)

DELEGATES = document(statement(action="kms:*", Principal={"AWS": ROOT}))
CONTEXT = {
    "aws:PrincipalArn": ROLE,
    "kms:EncryptionContext:SecretARN": SECRET,
    "kms:EncryptionContext:SecretVersionId": "v1",
    "kms:EncryptionContextKeys": ["SecretARN", "SecretVersionId"],
}


def grant(**members: Any) -> dict[str, Any]:
    return {
        "KeyId": KEY,
        "GrantId": "0123",
        "GranteePrincipal": ROLE,
        "Operations": ["Decrypt"],
        **members,
    }


def decide(listed: dict[str, Any], **members: Any) -> str:
    asked = {"action": DECRYPT, "resource_policy": DELEGATES, "context": CONTEXT, **members}
    return evaluate(ask(grants=(listed,), **asked)).decision


@pytest.mark.parametrize(
    ("members", "decision"),
    [
        ({}, "Allowed"),
        ({"GranteePrincipal": SESSION}, "Allowed"),
        ({"GranteePrincipal": f"{SESSION}-2"}, "ImplicitlyDenied"),
        ({"GranteePrincipal": "AROAEXAMPLEDELETEDROLE"}, "ImplicitlyDenied"),
        ({"GranteePrincipal": "secretsmanager.amazonaws.com"}, "ImplicitlyDenied"),
        ({"GranteePrincipal": "*"}, "ImplicitlyDenied"),
        ({"GranteePrincipal": ROOT}, "Undetermined"),
        ({"Operations": ["Encrypt", "GenerateDataKey"]}, "ImplicitlyDenied"),
        ({"KeyId": KEY.rpartition("/")[2]}, "Allowed"),
        ({"KeyId": "another"}, "ImplicitlyDenied"),
        ({"Constraints": {}}, "Allowed"),
        ({"Constraints": {"EncryptionContextSubset": {"SecretARN": SECRET}}}, "Allowed"),
        ({"Constraints": {"EncryptionContextSubset": {"secretarn": SECRET}}}, "Allowed"),
        (
            {"Constraints": {"EncryptionContextSubset": {"SecretARN": SECRET.upper()}}},
            "ImplicitlyDenied",
        ),
        ({"Constraints": {"EncryptionContextSubset": {"Other": "x"}}}, "ImplicitlyDenied"),
        ({"Constraints": {"EncryptionContextEquals": {"SecretARN": SECRET}}}, "ImplicitlyDenied"),
        (
            {
                "Constraints": {
                    "EncryptionContextEquals": {"SecretARN": SECRET, "SecretVersionId": "v1"}
                }
            },
            "Allowed",
        ),
        ({"Constraints": {"SomethingNew": {"a": "b"}}}, "Undetermined"),
    ],
)
def test_a_grant_allows_what_it_names(members: dict[str, Any], decision: str) -> None:
    assert decide(grant(**members)) == decision


def test_an_encryption_context_that_is_not_known_leaves_a_constraint_open() -> None:
    unknown = {"unknown_context_keys": frozenset({"kms:EncryptionContext:SecretVersionId"})}
    exact = {"SecretARN": SECRET, "SecretVersionId": "v1"}
    assert (
        decide(grant(Constraints={"EncryptionContextSubset": {"SecretARN": SECRET}}), **unknown)
        == "Allowed"
    )
    assert (
        decide(grant(Constraints={"EncryptionContextEquals": exact}), **unknown) == "Undetermined"
    )


def test_constraints_do_not_apply_to_describing_the_key() -> None:
    constrained = grant(
        Operations=["DescribeKey"], Constraints={"EncryptionContextSubset": {"Other": "x"}}
    )
    assert decide(constrained, action="kms:DescribeKey") == "Allowed"


def test_a_deny_beats_a_grant() -> None:
    denies = document(statement("Deny", "kms:*", Principal="*"))
    assert decide(grant(), resource_policy=denies) == "ExplicitlyDenied"


def test_whether_a_boundary_limits_a_grant_is_not_documented() -> None:
    for action, decision in (("logs:*", "Undetermined"), ("kms:*", "Allowed")):
        assert decide(grant(), boundary=document(statement(action=action))) == decision


def test_across_accounts_a_grant_alone_allows() -> None:
    theirs = KEY.replace(ACCOUNT, OTHER_ACCOUNT)
    asked: dict[str, Any] = {"resource": theirs, "resource_account": OTHER_ACCOUNT}
    listed = grant(KeyId=theirs)
    assert decide(listed, **asked) == "Allowed"
    nothing = document(statement(action="logs:*"))
    assert decide(listed, boundary=nothing, **asked) == "Undetermined"
    own = document(statement(action=DECRYPT))
    request = ask(
        own, grants=(listed,), action=DECRYPT, resource_policy=DELEGATES, context=CONTEXT, **asked
    )
    assert evaluate(request).decision == "Allowed"


def test_a_grant_that_decides_is_listed_by_its_name_or_id() -> None:
    evaluation = evaluate(
        ask(
            grants=(grant(), grant(Name="reader")),
            action=DECRYPT,
            resource_policy=DELEGATES,
            context=CONTEXT,
        )
    )
    assert [(result.grant.name, result.index) for result in evaluation.deciding_grants] == [
        ("0123", 0),
        ("reader", 1),
    ]
    assert evaluation.layers[Layer.GRANT] == "Allowed"


def test_a_grant_is_about_keys_only() -> None:
    assert (
        evaluate(ask(grants=(grant(Operations=["GetSecretValue"]),))).decision == "ImplicitlyDenied"
    )


@pytest.mark.parametrize(
    "members",
    [
        {"Operations": "Decrypt"},
        {"Operations": [1]},
        {"Constraints": []},
        {"Constraints": {"EncryptionContextSubset": "x"}},
        {"Constraints": {"EncryptionContextSubset": {"a": 1}}},
        {"GranteePrincipal": 5},
        {"KeyId": ["x"]},
    ],
)
def test_a_grant_of_another_form_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(MalformedRequest, match=r"^grants: "):
        Grant.of(grant(**members))
