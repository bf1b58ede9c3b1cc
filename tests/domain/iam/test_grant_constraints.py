"""A grant's constraint on the whole encryption context: which keys a request has, if known."""

from typing import Any

import pytest

from secrets_ui.domain.iam import evaluate

from .building import DECRYPT, KEY, ROLE, ROOT, SECRET, ask, document, statement

ARN, VERSION = "kms:EncryptionContext:SecretARN", "kms:EncryptionContext:SecretVersionId"
KEYS = "kms:EncryptionContextKeys"


def decide(context: dict[str, Any], *unknown: str, operation: str = "Decrypt") -> str:
    exact = {"EncryptionContextEquals": {"SecretARN": SECRET}}
    grant = {
        "KeyId": KEY,
        "GrantId": "g1",
        "GranteePrincipal": ROLE,
        "Operations": [operation],
        "Constraints": exact,
    }
    request = ask(
        grants=(grant,),
        action=f"kms:{operation}",
        resource_policy=document(statement(action="kms:*", Principal={"AWS": ROOT})),
        context={"aws:PrincipalArn": ROLE, **context},
        unknown_context_keys=frozenset(unknown),
    )
    return evaluate(request).decision


@pytest.mark.parametrize(
    ("context", "decision"),
    [
        ({ARN: SECRET}, "Allowed"),
        ({ARN: SECRET, KEYS: ["SecretARN"]}, "Allowed"),
        ({ARN: SECRET, KEYS: ["SECRETARN"]}, "Allowed"),
        ({ARN: SECRET, KEYS: ["SecretARN", "SecretVersionId"]}, "ImplicitlyDenied"),
        ({ARN: SECRET, VERSION: "v1"}, "ImplicitlyDenied"),
        ({ARN: SECRET, "kms:ViaService": "secretsmanager.us-west-2.amazonaws.com"}, "Allowed"),
        ({ARN: SECRET + "-2"}, "ImplicitlyDenied"),
        ({}, "ImplicitlyDenied"),
    ],
)
def test_an_exact_context_has_these_keys_and_no_other(
    context: dict[str, Any], decision: str
) -> None:
    assert decide(context) == decision


@pytest.mark.parametrize(
    ("unknown", "decision"),
    [
        (KEYS, "Undetermined"),
        (VERSION, "Undetermined"),
        ("kms:EncryptionContext:*", "Undetermined"),
        ("kms:*", "Undetermined"),
        ("kms:EncryptionContext:Secret*", "Undetermined"),
        ("aws:SourceIp", "Allowed"),
        ("aws:*", "Allowed"),
    ],
)
def test_a_context_that_may_have_another_key_leaves_it_open(unknown: str, decision: str) -> None:
    assert decide({ARN: SECRET}, unknown) == decision


@pytest.mark.parametrize("operation", ["DescribeKey", "RetireGrant"])
def test_an_operation_without_a_context_is_not_held_to_one(operation: str) -> None:
    assert decide({}, operation=operation) == "Allowed"
    assert decide({}, operation=DECRYPT.partition(":")[2]) == "ImplicitlyDenied"
