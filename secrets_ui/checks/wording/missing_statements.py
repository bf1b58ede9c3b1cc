"""The statements that this console's role lacks, each with one right on one resource."""

import json
from typing import Any

from ...domain.access.encrypting_key import encrypting_key
from ...domain.access.evidence import AccessEvidence, Denied, Evidence, Known
from ...domain.access.expected_policies import secret_pattern, via_service
from ...domain.environment import Environment


def missing_statements(evidence: AccessEvidence, *found: Evidence[Any] | None) -> str:
    """Return JSON, a statement for each resource; "" if no permission was lacking."""
    by_scope: dict[str, set[str]] = {}
    for item in found:
        if isinstance(item, Denied):
            by_scope.setdefault(json.dumps(_scope(evidence, item)), set()).add(item.permission)
    statements = [
        {"Effect": "Allow", "Action": sorted(actions), **json.loads(scope)}
        for scope, actions in by_scope.items()
    ]
    return ",\n".join(json.dumps(statement, indent=2) for statement in statements)


def _scope(evidence: AccessEvidence, denied: Denied) -> dict[str, Any]:
    """Return Resource, and Condition if needed, of a statement that allows a refused call."""
    environment, (service, _, action) = evidence.environment, denied.permission.partition(":")
    resource = denied.call.resource
    if service == "iam":
        return {"Resource": resource if resource.startswith("arn:") else _role(evidence, resource)}
    if service == "secretsmanager":
        return {"Resource": secret_pattern(environment, evidence.secret_name)}
    if service == "lambda":
        return {"Resource": environment.arn("lambda", f"function:{environment.lambda_function}")}
    if service == "sts" and action == "AssumeRole":
        return {"Resource": environment.assume_role or "*"}
    if service == "kms":
        return _key_scope(evidence, action, resource)
    # cloudtrail:LookupEvents, sts:GetCallerIdentity and what describes in EC2 have no resources;
    # those of Organizations none that this account could name.
    return {"Resource": "*"}


def _role(evidence: AccessEvidence, name: str) -> str:
    """Return the role's ARN with its path, if that is known."""
    roles = [
        item.value.arn for item in (evidence.role, evidence.console.role) if isinstance(item, Known)
    ]
    return next(
        (arn for arn in roles if arn.endswith(f"/{name}")),
        evidence.environment.arn("iam", f"role/{name}"),
    )


def _key_scope(evidence: AccessEvidence, action: str, resource: str) -> dict[str, Any]:
    """A policy cannot name a key by its alias, but a condition can.

    https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    environment = evidence.environment
    scope: dict[str, Any] = {"Resource": _key_arn(environment, resource)}
    if resource.startswith("alias/"):
        scope["Condition"] = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": resource}}
    # Secrets Manager makes these calls in the name of its caller.
    if action in ("Decrypt", "GenerateDataKey"):
        scope["Resource"] = _key_arn(environment, _key_of_secret(evidence))
        scope["Condition"] = {"StringEquals": {"kms:ViaService": via_service(environment)}}
    return scope


def _key_of_secret(evidence: AccessEvidence) -> str:
    if isinstance(evidence.key, Known):
        return evidence.key.value.arn
    return encrypting_key(evidence.secret.value, ()) if isinstance(evidence.secret, Known) else ""


def _key_arn(environment: Environment, key: str) -> str:
    if key.startswith("arn:") and ":key/" in key:
        return key
    is_id = key and "alias" not in key
    return environment.arn("kms", f"key/{key if is_id else '*'}")
