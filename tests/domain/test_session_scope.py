"""session_scope: what AWS holds a session to, judged by the evaluator of IAM policies."""

import json
from dataclasses import replace

import pytest

from secrets_ui.domain.environment import Environment
from secrets_ui.domain.iam import PolicyKind, Request, evaluate, parse_policy
from secrets_ui.domain.session_scope import (
    CANCEL_DELETION,
    CHECK,
    CREATE,
    DECIDE,
    DELETE,
    DESCRIBE,
    DESCRIBE_ANEW,
    EDIT,
    LIST,
    MOST,
    OPEN,
    READ,
    ROLLOUT,
    SETTLE,
    SWEEP,
    USAGE,
    WATCH,
    WHO,
    OutOfScope,
    Scope,
    session_policy,
)

ACCOUNT = "111122223333"
PLACE = Environment(
    "dev", "us-west-2", ACCOUNT, "miyabi/dev/", f"arn:aws:iam::{ACCOUNT}:role/miyabi-console"
)
CONFIG = "miyabi/dev/config"
MANAGE = [CREATE, DESCRIBE_ANEW, DELETE, CANCEL_DELETION]
SCOPES = [
    *(WHO, WATCH, ROLLOUT, USAGE, CHECK, DECIDE, DESCRIBE, EDIT, LIST, OPEN, READ, SETTLE, SWEEP),
    *MANAGE,
]
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
EVERYTHING = {"Version": "2012-10-17", "Statement": ALL}
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": ALL | {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}},
}


def is_allowed(scope: Scope, action: str, resource: str, **context: str) -> bool:
    """What a role that may do everything can do in a session of this scope."""
    return evaluate(
        Request(
            principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/miyabi-console/hana",
            action=action,
            resource=resource,
            resource_account=ACCOUNT,
            context=context,
            identity_policies=(parse_policy("role", EVERYTHING),),
            resource_policy=parse_policy("key", KEY_POLICY, PolicyKind.RESOURCE)
            if ":kms:" in resource
            else None,
            session_policies=(parse_policy("session", json.loads(session_policy(PLACE, scope))),),
        )
    ).is_allowed


def arn(name: str) -> str:
    return f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:{name}-AbCdEf"


def test_s48_aws_lets_a_session_do_its_request_s_actions_on_its_one_secret_and_nothing_else() -> (
    None
):
    for operation in (
        "DescribeSecret",
        "GetSecretValue",
        "PutSecretValue",
        "UpdateSecretVersionStage",
    ):
        action = f"secretsmanager:{operation}"
        assert is_allowed(EDIT.of(CONFIG), action, arn(CONFIG))
        for other in (
            "miyabi/dev/config-old",
            "miyabi/dev/api-keys",
            "miyabi/dev/confi",
            "miyabi/prod/config",
        ):
            assert not is_allowed(EDIT.of(CONFIG), action, arn(other))
    for action in (
        "secretsmanager:DeleteSecret",
        "secretsmanager:PutResourcePolicy",
        "iam:CreateUser",
    ):
        assert not is_allowed(EDIT.of(CONFIG), action, arn(CONFIG))


def test_s48_a_session_that_creates_or_deletes_does_that_to_its_one_secret_alone() -> None:
    for scope, operation in (
        (CREATE, "CreateSecret"),
        (DELETE, "DeleteSecret"),
        (CANCEL_DELETION, "RestoreSecret"),
        (DESCRIBE_ANEW, "UpdateSecret"),
    ):
        action, session = f"secretsmanager:{operation}", scope.of(CONFIG)
        assert is_allowed(session, action, arn(CONFIG))
        assert not is_allowed(session, action, arn("miyabi/dev/api-keys"))
        others = [other for other in MANAGE if other is not scope]
        assert not [other for other in others if is_allowed(other.of(CONFIG), action, arn(CONFIG))]
        named = {"Name" if scope is CREATE else "SecretId": CONFIG}
        session.ensure_holds("secretsmanager", operation, named)
        with pytest.raises(OutOfScope):
            session.ensure_holds("secretsmanager", operation, dict.fromkeys(named, "miyabi/dev/x"))
    # AWS does not say whether the ARN of a secret that is not there yet has its ending.
    bare = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:{CONFIG}"
    assert is_allowed(CREATE.of(CONFIG), "secretsmanager:CreateSecret", bare)


def test_s48_a_new_secret_is_encrypted_after_a_trial_of_the_key() -> None:
    via, key = "secretsmanager.us-west-2.amazonaws.com", f"arn:aws:kms:us-west-2:{ACCOUNT}:key/k"
    for about, is_its_own in (
        (arn(CONFIG), True),
        ("RequestToValidateKeyAccess", True),
        (arn("miyabi/dev/api-keys"), False),
    ):
        context = {"kms:ViaService": via, "kms:EncryptionContext:SecretARN": about}
        session = CREATE.of(CONFIG)
        assert is_allowed(session, "kms:GenerateDataKey", key, **context) is is_its_own


@pytest.mark.parametrize("scope", [WHO, LIST, OPEN, CHECK, DESCRIBE, DECIDE, SETTLE, SWEEP, DELETE])
def test_s48_sessions_that_draw_pages_decide_or_settle_cannot_read_a_value(scope: Scope) -> None:
    assert not is_allowed(scope.of(CONFIG), "secretsmanager:GetSecretValue", arn(CONFIG))
    assert not is_allowed(scope.of(CONFIG), "kms:Decrypt", f"arn:aws:kms:us-west-2:{ACCOUNT}:key/k")


def test_s48_the_key_opens_this_secret_alone_and_through_secrets_manager_alone() -> None:
    via, key = "secretsmanager.us-west-2.amazonaws.com", f"arn:aws:kms:us-west-2:{ACCOUNT}:key/k"

    def opens(secret: str, service: str = via) -> bool:
        context = {"kms:ViaService": service, "kms:EncryptionContext:SecretARN": arn(secret)}
        return is_allowed(READ.of(CONFIG), "kms:Decrypt", key, **context)

    assert opens(CONFIG)
    assert not opens("miyabi/dev/api-keys")
    assert not opens(CONFIG, "ssm.us-west-2.amazonaws.com")


def test_s48_without_a_secret_it_is_every_secret_of_the_environment() -> None:
    assert is_allowed(LIST, "secretsmanager:DescribeSecret", arn("miyabi/dev/anything/below"))
    assert is_allowed(LIST, "secretsmanager:ListSecrets", "*")
    assert not is_allowed(LIST, "secretsmanager:DescribeSecret", arn("miyabi/developers/x"))


@pytest.mark.parametrize("scope", SCOPES)
def test_the_longest_name_fits_in_what_sts_takes(scope: Scope) -> None:
    longest = scope.of("miyabi/dev/" + "x" * 501)
    place = replace(
        PLACE, region="us-gov-west-1", assume_role=PLACE.assume_role.replace("aws:", "aws-us-gov:")
    )
    assert len(session_policy(place, longest)) <= MOST
    assert not scope.on_secret or ":aws-us-gov:" in session_policy(place, longest)


def test_the_client_holds_the_scope_too() -> None:
    EDIT.of(CONFIG).ensure_holds("secretsmanager", "PutSecretValue", {"SecretId": CONFIG})
    EDIT.ensure_holds("secretsmanager", "PutSecretValue", {"SecretId": CONFIG})
    LIST.ensure_holds("secretsmanager", "ListSecrets", {})
    for service, operation, parameters in (
        ("secretsmanager", "PutSecretValue", {"SecretId": "miyabi/dev/api-keys"}),
        ("secretsmanager", "PutSecretValue", {}),
        ("secretsmanager", "DeleteSecret", {"SecretId": CONFIG}),
        ("kms", "PutSecretValue", {"SecretId": CONFIG}),
    ):
        with pytest.raises(OutOfScope):
            EDIT.of(CONFIG).ensure_holds(service, operation, parameters)
