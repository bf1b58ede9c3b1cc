"""Evaluations a second by one core, of an ordinary case (5 policies, 20 statements)."""

import platform
import time
from collections.abc import Callable

from secrets_ui.domain.iam import NamedPolicy, PolicyKind, Request, evaluate, parse_policy

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/miyabi-lambda-execution"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/miyabi-lambda-execution/miyabi-app"
SECRETS = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:miyabi"
KEYS = f"arn:aws:kms:us-west-2:{ACCOUNT}:key"
VIA = "secretsmanager.us-west-2.amazonaws.com"
"""A usual Lambda role: three identity policies, boundary and secret's policy; 20 statements."""


def _statement(
    effect: str, actions: object, resources: object, condition: object = None
) -> dict[str, object]:
    statement = {"Effect": effect, "Action": actions, "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement


def _document(*statements: dict[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


READ = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
DOCUMENTS: dict[str, dict[str, object]] = {
    "logs": _document(
        _statement("Allow", "logs:CreateLogGroup", f"arn:aws:logs:us-west-2:{ACCOUNT}:*"),
        _statement(
            "Allow",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            f"arn:aws:logs:us-west-2:{ACCOUNT}:log-group:*",
        ),
        _statement("Allow", "xray:Put*", "*"),
    ),
    "secrets": _document(
        _statement(
            "Allow", READ, [f"{SECRETS}/prod/api-keys-??????", f"{SECRETS}/prod/database-??????"]
        ),
        _statement("Allow", "kms:Decrypt", f"{KEYS}/*", {"StringEquals": {"kms:ViaService": VIA}}),
        _statement("Allow", "secretsmanager:ListSecrets", "*"),
        _statement("Deny", "secretsmanager:*", f"{SECRETS}/dev/*"),
        _statement(
            "Deny",
            READ[0],
            "*",
            {
                "Null": {"secretsmanager:VersionStage": "false"},
                "StringNotEquals": {"secretsmanager:VersionStage": "AWSCURRENT"},
            },
        ),
        _statement("Allow", READ, f"{SECRETS}/${{aws:PrincipalTag/env}}/*"),
    ),
    "guardrail": _document(
        _statement("Deny", "*", "*", {"Bool": {"aws:SecureTransport": "false"}}),
        _statement(
            "Deny",
            "*",
            "*",
            {
                "NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]},
                "Bool": {"aws:ViaAWSService": "false"},
            },
        ),
        _statement("Deny", "iam:*", "*"),
        _statement("Allow", "sts:GetCallerIdentity", "*"),
        _statement(
            "Deny",
            "kms:ScheduleKeyDeletion",
            "*",
            {"StringNotLike": {"aws:PrincipalTag/team": "plat*"}},
        ),
    ),
    "boundary": _document(
        _statement("Allow", ["secretsmanager:*", "kms:Decrypt", "logs:*", "xray:*"], "*"),
        _statement("Deny", "secretsmanager:Delete*", "*"),
        _statement(
            "Deny", "*", "*", {"DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}
        ),
    ),
}
SECRET_POLICY = _document(
    {**_statement("Allow", READ, "*"), "Principal": {"AWS": ROLE}},
    {
        **_statement(
            "Deny", "secretsmanager:*", "*", {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}
        ),
        "Principal": "*",
    },
    {
        **_statement("Deny", "secretsmanager:DeleteSecret", "*"),
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    },
)
CONTEXT = {
    "aws:PrincipalArn": ROLE,
    "aws:PrincipalAccount": ACCOUNT,
    "aws:PrincipalTag/env": "prod",
    "aws:SecureTransport": "true",
    "aws:ViaAWSService": "false",
    "aws:SourceIp": "203.0.113.7",
    "aws:CurrentTime": "2026-03-01T00:00:00Z",
    "secretsmanager:SecretId": f"{SECRETS}/prod/api-keys-AbC123",
}


def ordinary_request() -> Request:
    """May the Lambda read its secret? Five policies, twenty statements; the policies are parsed."""
    policies = {name: parse_policy(name, document) for name, document in DOCUMENTS.items()}
    return Request(
        principal=SESSION,
        action="secretsmanager:GetSecretValue",
        resource=f"{SECRETS}/prod/api-keys-AbC123",
        resource_account=ACCOUNT,
        context=CONTEXT,
        identity_policies=(policies["logs"], policies["secrets"], policies["guardrail"]),
        permission_boundaries=(policies["boundary"],),
        resource_policy=parse_policy("resource", SECRET_POLICY, PolicyKind.RESOURCE),
    )


def _all_policies(request: Request) -> list[NamedPolicy]:
    own = [request.resource_policy] if request.resource_policy else []
    return [*request.identity_policies, *request.permission_boundaries, *own]


def _seconds(rounds: int, act: Callable[[], object]) -> float:
    """Of one core: processor time, which does not count what else the machine does meanwhile."""
    started = time.process_time()
    for _ in range(rounds):
        act()
    return time.process_time() - started


def measure(rounds: int = 5_000, repeats: int = 5) -> dict[str, object]:
    """Processor seconds of each repeat, and evaluations a second of one core (best and median
    repeat).

    An evaluation holds the decision and, for every statement, which of its parts match and why not.
    """
    request = ordinary_request()
    if not evaluate(request).is_allowed:
        raise RuntimeError("the ordinary case must be allowed, or it measures something else")
    seconds = sorted(_seconds(rounds, lambda: evaluate(request)) for _ in range(repeats))
    return {
        "policies": len(_all_policies(request)),
        "statements": sum(len(policy.statements) for policy in _all_policies(request)),
        "rounds": rounds,
        "seconds": seconds,
        "evaluations_per_second": round(rounds / seconds[0]),
        "median_evaluations_per_second": round(rounds / seconds[repeats // 2]),
        "milliseconds_to_parse_all_policies": round(_seconds(100, ordinary_request) * 10, 3),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name}: {value}")
