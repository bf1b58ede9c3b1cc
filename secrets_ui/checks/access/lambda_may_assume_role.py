"""The role's trust policy allows the Lambda service to assume it."""

import copy
from collections.abc import Mapping
from typing import Any

from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.finding import Finding, Remedy
from ...domain.access.policies import list_policies
from ...domain.errors.nesting import load_json
from ...domain.iam import Evaluation, MalformedPolicy, PolicyKind, Request, evaluate, parse_policy
from ..remedies.policy_changes import cli, terraform, with_new_statement, with_statement
from ..wording.explain import deciding
from ..wording.lambda_errors import CANNOT_ASSUME
from ..wording.reporter import Reporter

TITLE = "Lambda may assume the role"
report = Reporter(__name__, "role")
SERVICE = "lambda.amazonaws.com"
_UNKNOWN_KEYS = frozenset(
    {"aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"}
)
_TRUST = {
    "Sid": "LambdaRunsAsThisRole",
    "Effect": "Allow",
    "Principal": {"Service": SERVICE},
    "Action": "sts:AssumeRole",
}


def check(evidence: AccessEvidence) -> Finding:
    name, role = evidence.environment.lambda_role, evidence.role
    if not isinstance(role, Known):
        return report.cannot_tell(evidence, f"Lambda may assume {name}", "the role", role)
    see = (role.call.cli,)
    try:
        evaluation = _ask(evidence, role.value.trust, role.value.arn)
    except MalformedPolicy as error:
        return report.unknown(
            f"Whether Lambda may assume {name} is not known: {error.message.rstrip('.')}.", see=see
        )
    if evaluation.is_allowed:
        return report.passed(f"Lambda may assume {name}.", "trusted", see=see)
    if evaluation.missing:
        return report.unknown(
            f"Whether Lambda may assume {name} is not known: {' '.join(evaluation.missing)}",
            see=see,
        )
    text = f"The trust policy of {name} does not let {SERVICE} assume it."
    return report.fail(
        text,
        "Lambda may not assume it",
        shown=deciding(evidence, evaluation, "sts:AssumeRole"),
        error=CANNOT_ASSUME,
        remedy=_remedy(evidence),
        see=see,
    )


def _ask(evidence: AccessEvidence, trust: str, role_arn: str) -> Evaluation:
    """Evaluate the trust policy for the Lambda service. Raises MalformedPolicy.

    The evaluator's callers are roles, so a role that nobody has stands in for the service.
    """
    account = role_arn.split(":")[4]
    service = f"{role_arn.partition(':role/')[0]}:role/{SERVICE}"
    parse_policy("the trust policy", trust, PolicyKind.TRUST)
    document = load_json(trust)
    statements = (
        document["Statement"]
        if isinstance(document["Statement"], list)
        else [document["Statement"]]
    )
    document["Statement"] = [_with_service(statement, service) for statement in statements]
    request = Request(
        principal=service,
        action="sts:AssumeRole",
        resource=role_arn,
        resource_account=account,
        context={"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": SERVICE},
        resource_policy=parse_policy(role_arn.rpartition("/")[2], document, PolicyKind.TRUST),
        unknown_context_keys=_UNKNOWN_KEYS,
    )
    return evaluate(request)


def _with_service(statement: Mapping[str, Any], service: str) -> dict[str, Any]:
    """Replace the service by the stand-in. `*` covers a service too; an account's ARN does not."""
    changed = copy.deepcopy(dict(statement))
    for element in ("Principal", "NotPrincipal"):
        named = changed.get(element)
        if isinstance(named, dict):
            listed = named.get("Service", [])
            is_ours = SERVICE in (listed if isinstance(listed, list) else [listed])
            changed[element] = (
                {"AWS": service} if is_ours else {"Service": listed or "none.amazonaws.com"}
            )
    return changed


def _remedy(evidence: AccessEvidence) -> Remedy:
    """Remove a Deny that is in the way, or else add the set-up guide's statement."""
    policy = next(policy for policy in list_policies(evidence) if policy.location == "trust")
    added = with_new_statement(policy, _TRUST, f"Let the trust policy name {SERVICE}.")
    without = [
        with_statement(policy, i, None, "Take the Deny out.")
        for i, d in enumerate(policy.documents)
        if d.get("Effect") == "Deny"
    ]
    for change in (added, *without):
        if change.text and _ask(evidence, change.text, policy.arn).is_allowed:
            tried = (
                "Tried on the trust policy as read: with it the Lambda service may assume the "
                "role, and nobody else anew."
            )
            return Remedy(change.words, terraform(change), cli(evidence, change), tried)
    return Remedy(added.words, terraform(added), cli(evidence, added))
