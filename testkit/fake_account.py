"""Canned answers of IAM, KMS, Lambda, CloudTrail and CloudWatch, as a status pass needs them."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, quote

REGION, ACCOUNT = "us-west-2", "111111111111"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-4333-8444-555555555555"
ROLE, FUNCTION = "miyabi-lambda-execution", "miyabi-app"
POLICIES = (
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    f"arn:aws:iam::{ACCOUNT}:policy/miyabi-lambda-secrets-access",
    f"arn:aws:iam::{ACCOUNT}:policy/miyabi-lambda-github-access",
)
_VIA = {"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}}
_ACCESS = [
    {
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
        "Resource": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:miyabi/*",
    },
    {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY, "Condition": _VIA},
]
_KEY_POLICY = [
    {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"},
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": _VIA,
    }
]
# {"MetricAlarms": [], "CompositeAlarms": []} in CBOR, CloudWatch's protocol: https://www.rfc-editor.org/rfc/rfc8949
_NO_ALARMS = b"\xa2\x6cMetricAlarms\x80\x6fCompositeAlarms\x80"


def _document(statements: list[Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _xml(operation: str, result: str) -> bytes:
    return (
        f"<{operation}Response><{operation}Result>{result}</{operation}Result>"
        f"<ResponseMetadata><RequestId>fake</RequestId></ResponseMetadata></{operation}Response>"
    ).encode()


def _role(form: Mapping[str, str]) -> bytes:
    name = form["RoleName"]
    principal = (
        {"Service": "lambda.amazonaws.com"}
        if name == ROLE
        else {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    )
    trust = quote(
        _document([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}])
    )
    identity = (
        f"<RoleName>{name}</RoleName><RoleId>AROAFAKE{len(name)}</RoleId>"
        f"<Arn>arn:aws:iam::{ACCOUNT}:role/{name}</Arn>"
    )
    return _xml(
        "GetRole",
        f"<Role>{identity}<Path>/</Path><CreateDate>2026-01-01T00:00:00Z</CreateDate><AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument></Role>",
    )


def _attached(form: Mapping[str, str]) -> bytes:
    arns = (
        POLICIES
        if form["RoleName"] == ROLE
        else (f"arn:aws:iam::{ACCOUNT}:policy/miyabi-console-access",)
    )
    members = "".join(
        f"<member><PolicyName>p</PolicyName><PolicyArn>{arn}</PolicyArn></member>" for arn in arns
    )
    return _xml(
        "ListAttachedRolePolicies",
        f"<AttachedPolicies>{members}</AttachedPolicies><IsTruncated>false</IsTruncated>",
    )


def _policy(form: Mapping[str, str]) -> bytes:
    arn = form["PolicyArn"]
    return _xml(
        "GetPolicy",
        f"<Policy><PolicyName>p</PolicyName><Arn>{arn}</Arn><DefaultVersionId>v1</DefaultVersionId></Policy>",
    )


def _version(form: Mapping[str, str]) -> bytes:
    document = quote(_document(_ACCESS))
    return _xml(
        "GetPolicyVersion",
        f"<PolicyVersion><Document>{document}</Document><VersionId>v1</VersionId></PolicyVersion>",
    )


def _simulated(form: Mapping[str, str]) -> bytes:
    names = [form[key] for key in sorted(form) if key.startswith("ActionNames.member.")]
    members = "".join(
        f"<member><EvalActionName>{name}</EvalActionName><EvalDecision>allowed</EvalDecision></member>"
        for name in names
    )
    return _xml(
        "SimulatePrincipalPolicy",
        f"<EvaluationResults>{members}</EvaluationResults><IsTruncated>false</IsTruncated>",
    )


def _who(form: Mapping[str, str]) -> bytes:
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/miyabi-console/run_checks"
    return _xml(
        "GetCallerIdentity",
        f"<Arn>{arn}</Arn><UserId>AROAFAKE:run_checks</UserId><Account>{ACCOUNT}</Account>",
    )


_QUERY: dict[str, Callable[[Mapping[str, str]], bytes]] = {
    "GetRole": _role,
    "ListAttachedRolePolicies": _attached,
    "ListRolePolicies": lambda form: _xml(
        "ListRolePolicies", "<PolicyNames></PolicyNames><IsTruncated>false</IsTruncated>"
    ),
    "GetPolicy": _policy,
    "GetPolicyVersion": _version,
    "SimulatePrincipalPolicy": _simulated,
    "GetCallerIdentity": _who,
}
_JSON: dict[str, Any] = {
    "DescribeKey": {
        "KeyMetadata": {
            "KeyId": KEY.rpartition("/")[2],
            "Arn": KEY,
            "KeyState": "Enabled",
            "KeyManager": "CUSTOMER",
        }
    },
    "GetKeyPolicy": {"Policy": _document(_KEY_POLICY)},
    "ListGrants": {"Grants": [], "Truncated": False},
    "GetKeyRotationStatus": {"KeyRotationEnabled": True},
    "LookupEvents": {"Events": []},
    "FilterLogEvents": {"events": []},
    "GetFunctionConfiguration": {
        "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/{ROLE}",
        "LastModified": "2026-01-01T00:00:00.000+0000",
        "State": "Active",
    },
}


def answer(operation: str, body: bytes) -> bytes | None:
    """None where another service answers."""
    if operation in _QUERY:
        return _QUERY[operation](
            {key: values[0] for key, values in parse_qs(body.decode()).items()}
        )
    if operation == "DescribeAlarms":
        return _NO_ALARMS
    return json.dumps(_JSON[operation]).encode() if operation in _JSON else None


def operation_of(path: str) -> str:
    """Where neither a header nor the body names it: Lambda's path, or the end of CloudWatch's."""
    return (
        "GetFunctionConfiguration"
        if path.endswith("/configuration")
        else path.rpartition("/operation/")[2]
    )
