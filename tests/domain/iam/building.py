"""Builders of policies and requests for the tests of the evaluator."""

from typing import Any

from secrets_ui.domain.iam import (
    Evaluation,
    Grant,
    PolicyKind,
    Request,
    StatementResult,
    evaluate,
    kind_of_resource_policy,
    parse_policy,
)

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/miyabi-lambda-execution"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/miyabi-lambda-execution/miyabi-app"
SECRET = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:miyabi/prod/api-keys-AbC123"
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
GET, DECRYPT = "secretsmanager:GetSecretValue", "kms:Decrypt"


def statement(
    effect: str = "Allow", action: Any = GET, resource: Any = "*", **elements: Any
) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **elements}


def document(*statements: Any, version: str | None = "2012-10-17") -> dict[str, Any]:
    found: dict[str, Any] = {"Statement": list(statements)}
    return found if version is None else {"Version": version, **found}


def ask(
    *identity: dict[str, Any],
    boundary: dict[str, Any] | None = None,
    resource_policy: dict[str, Any] | None = None,
    grants: tuple[dict[str, Any], ...] = (),
    action: str = GET,
    principal: str = SESSION,
    context: dict[str, Any] | None = None,
    **members: Any,
) -> Request:
    """A request for the secret, or for the key of a KMS action; `identity` are documents."""
    resource = members.pop("resource", KEY if action.startswith("kms:") else SECRET)
    return Request(
        principal=principal,
        action=action,
        resource=resource,
        resource_account=members.pop("resource_account", ACCOUNT),
        context={"aws:PrincipalArn": ROLE} if context is None else context,
        identity_policies=tuple(
            parse_policy(f"identity{i}", policy) for i, policy in enumerate(identity)
        ),
        permission_boundaries=(parse_policy("boundary", boundary),) if boundary else (),
        resource_policy=parse_policy("resource", resource_policy, kind_of_resource_policy(action))
        if resource_policy
        else None,
        grants=tuple(Grant.of(grant) for grant in grants),
        **members,
    )


def decide(*identity: dict[str, Any], **members: Any) -> str:
    return evaluate(ask(*identity, **members)).decision


def under(condition: dict[str, Any], effect: str = "Allow") -> dict[str, Any]:
    """A policy of one statement that has this condition and matches in every other way."""
    return document(statement(effect, Condition=condition))


def holds(
    operator: str,
    key: str,
    wanted: Any,
    actual: Any = None,
    *,
    version: str | None = "2012-10-17",
    **context: Any,
) -> bool | None:
    """Whether a condition holds for an actual value, or None for an absent key."""
    keys = context if actual is None else {**context, key: actual}
    policy = document(statement(Condition={operator: {key: wanted}}), version=version)
    return only(evaluate(ask(policy, context=keys))).condition


def only(evaluation: Evaluation) -> StatementResult:
    (result,) = evaluation.statements
    return result


def covers(
    resource: str, asked: str = SECRET, kind: PolicyKind = PolicyKind.IDENTITY, **members: Any
) -> bool | None:
    """Whether a Resource value covers an ARN."""
    found: dict[str, Any] = statement(resource=resource)
    if kind is PolicyKind.IDENTITY:
        layer: dict[str, Any] = {"identity_policies": (parse_policy("policy", document(found)),)}
    else:
        policy = parse_policy("policy", document({**found, "Principal": "*"}), kind)
        layer = {"resource_policy": policy}
    return only(evaluate(Request(SESSION, GET, asked, ACCOUNT, **layer, **members))).resource
