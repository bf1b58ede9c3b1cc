"""Evidence of a clean account, and small changes to it. The checks are pure, so this is enough."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from deploy.demo.estate import read_catalog
from deploy.demo.policies import console_access, github_access, key_policy, secrets_access, trust
from secrets_ui.checks.access import CHECKS
from secrets_ui.domain.access.evidence import (
    AccessEvidence,
    CallerIdentity,
    Denied,
    Document,
    FunctionConfiguration,
    Key,
    Known,
    Missing,
    Role,
    RoleEvidence,
    Simulated,
    Unreachable,
)
from secrets_ui.domain.access.expected_policies import expected_arns
from secrets_ui.domain.access.finding import Finding
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsCall
from secrets_ui.domain.secrets.facts import KeyFacts, VersionFacts
from secrets_ui.domain.secrets.secret import Secret, SecretVersion

ACCOUNT, NAME, VERSION = "111111111111", "miyabi/dev/api-keys", "a" * 64
ENVIRONMENT = Environment(
    "dev", "us-west-2", ACCOUNT, "miyabi/dev/", f"arn:aws:iam::{ACCOUNT}:role/miyabi-console"
)
SECRET_ARN = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:{NAME}-AbCdEf"
KEY_ARN = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER_KEY_ARN = KEY_ARN.replace("1234abcd", "ffffffff")
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/miyabi-lambda-execution"
CONSOLE_ARN = ENVIRONMENT.assume_role
BASIC, ACCESS_ARN, GITHUB = expected_arns(ENVIRONMENT)
READ = "secretsmanager:GetSecretValue"
SPEC = read_catalog().spec_for(ENVIRONMENT.prefix, NAME)


def known(value: Any, operation: str = "service:Operation") -> Known[Any]:
    return Known(value, AwsCall(operation, cli=f"aws {operation.replace(':', ' ')}"))


def denied(permission: str, resource: str = "") -> Denied:
    return Denied(
        AwsCall(permission, resource, "us-west-2", "AccessDenied", cli=f"aws {permission}"),
        permission,
    )


def unreachable(why: str = "no answer in time.") -> Unreachable:
    return Unreachable(AwsCall("service:Operation", cli="aws service operation"), why)


MISSING = Missing(AwsCall("service:Operation", cli="aws service operation"))


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def document(name: str, text: Any, arn: str = "") -> Known[Document]:
    return known(Document(name, text if isinstance(text, str) else json.dumps(text), arn))


def role_evidence(arn: str, documents: dict[str, Known[Document]], service: Any) -> RoleEvidence:
    role = Role(arn, "AROAEXAMPLEROLE123456", json.dumps(service))
    return RoleEvidence(
        known(role, "iam:GetRole"),
        known(tuple(documents), "iam:ListAttachedRolePolicies"),
        known(()),
        documents,
        None,
    )


READER = role_evidence(
    ROLE_ARN,
    {
        BASIC: document(
            "AWSLambdaBasicExecutionRole",
            policy({"Effect": "Allow", "Action": "logs:*", "Resource": "*"}),
            BASIC,
        ),
        ACCESS_ARN: document(
            "miyabi-lambda-secrets-access",
            secrets_access(ENVIRONMENT, KEY_ARN, ["api-keys"]),
            ACCESS_ARN,
        ),
        GITHUB: document("miyabi-lambda-github-access", github_access(ENVIRONMENT), GITHUB),
    },
    trust("Service", "lambda.amazonaws.com"),
)
CONSOLE_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/miyabi-console-access"
CONSOLE = role_evidence(
    CONSOLE_ARN,
    {
        CONSOLE_POLICY: document(
            "miyabi-console-access", console_access(ENVIRONMENT, KEY_ARN), CONSOLE_POLICY
        )
    },
    trust("AWS", f"arn:aws:iam::{ACCOUNT}:root"),
)
SECRET = Secret(
    SECRET_ARN,
    NAME,
    "us-west-2",
    kms_key_id=KEY_ARN,
    versions={VERSION: ("AWSCURRENT",)},
    primary_region="us-west-2",
)
FACTS = VersionFacts(
    VERSION, "object", tuple(KeyFacts(name, "f" * 16) for name in SPEC.keys), digest=SPEC.digest
)


def evidence(**changes: Any) -> AccessEvidence:
    """Return evidence of a clean account, with these members of AccessEvidence replaced."""
    clean = AccessEvidence(
        environment=ENVIRONMENT,
        secret_name=NAME,
        spec=SPEC,
        read_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        caller=known(
            CallerIdentity(ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/miyabi-console/hana"),
            "sts:GetCallerIdentity",
        ),
        function=known(
            FunctionConfiguration(
                f"arn:aws:lambda:us-west-2:{ACCOUNT}:function:miyabi-app", ROLE_ARN
            )
        ),
        role=READER.role,
        attached=READER.attached,
        inline=READER.inline,
        documents=READER.documents,
        boundary=None,
        unattached={},
        secret=known(SECRET, "secretsmanager:DescribeSecret"),
        resource_policy=known(""),
        facts=known(FACTS),
        versions=known((SecretVersion(VERSION, ("AWSCURRENT",), kms_key_ids=(KEY_ARN,)),)),
        alias=known(Key(KEY_ARN, "Enabled")),
        key=known(Key(KEY_ARN, "Enabled")),
        key_policy=known(json.dumps(key_policy(ENVIRONMENT)), "kms:GetKeyPolicy"),
        grants=known(()),
        rotation=known(True),
        simulated=known(
            tuple(
                Simulated(f"secretsmanager:{name}", "allowed")
                for name in ("GetSecretValue", "DescribeSecret")
            )
        ),
        denials=known(()),
        console=CONSOLE,
        organization=MISSING,
    )
    return replace(clean, **changes)


# What a key's policy holds where IAM decides.
ROOT = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}


def with_statement(**members: Any) -> AccessEvidence:
    """One inline policy more, with one statement."""
    found = document("one-more", policy(members))
    return evidence(documents={**READER.documents, "one-more": found}, inline=known(("one-more",)))


def secrets_statement(sid: str, **members: Any) -> AccessEvidence:
    """The secrets policy with members of one statement exchanged; None takes a member out."""
    whole = secrets_access(ENVIRONMENT, KEY_ARN, ["api-keys"])
    edit(whole, sid, members)
    return evidence(
        documents={
            **READER.documents,
            ACCESS_ARN: document("miyabi-lambda-secrets-access", whole, ACCESS_ARN),
        }
    )


def key_statement(
    sid: str = "LambdaDecryptsThroughSecretsManager", **members: Any
) -> AccessEvidence:
    """The key policy with members of one statement exchanged."""
    whole = key_policy(ENVIRONMENT)
    edit(whole, sid, members)
    return evidence(key_policy=known(json.dumps(whole), "kms:GetKeyPolicy"))


def edit(whole: Any, sid: str, members: dict[str, Any]) -> None:
    statement = next(item for item in whole["Statement"] if item["Sid"] == sid)
    statement.update(members)
    for name in [name for name, value in statement.items() if value is None]:
        del statement[name]


def finding(check: str, given: AccessEvidence) -> Finding:
    """Return the finding of one check."""
    module = next(module for module in CHECKS if module.__name__.endswith(f".{check}"))
    found: Finding = module.check(given)
    assert found.check == check
    return found
