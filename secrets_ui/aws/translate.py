"""boto3's three families of exceptions, translated into the domain's errors.

A value never comes through: AWS's texts are used only where they cannot hold one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from ..domain.changes.refresh import FunctionMoved
from ..domain.errors import (
    AwsAccessDenied,
    AwsCall,
    AwsError,
    AwsRefused,
    AwsThrottled,
    AwsUnreachable,
    SecretNotFound,
    ThingNotFound,
    VersionAlreadyExists,
    VersionNotFound,
)
from .codes import AWAY, DENIED, THROTTLED
from .sending import DeadlinePassed, StsUnreachable
from .texts import CODE, REQUEST_ID, in_form

# The words of IAM, KMS and Organizations.
_GONE = {
    "NoSuchEntity", "NoSuchEntityException", "NotFoundException",
    "AWSOrganizationsNotInUseException",
}  # fmt: skip
_CREDENTIALS = {
    "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException",
    "SignatureDoesNotMatch", "InvalidSignatureException",
}  # fmt: skip
_MESSAGES = {
    "DecryptionFailure": "AWS KMS would not decrypt the value with the secret's key.",
    "EncryptionFailure": "AWS KMS would not encrypt the value with the secret's key.",
    "InvalidRequestException": (
        "The secret's state does not allow it, for example a scheduled deletion."
    ),
    "InvalidParameterException": "AWS refused a parameter of the call.",
    "PackedPolicyTooLarge": (
        "The session's policy is too large for AWS."
        " Set session_policy = false for this environment."
    ),
    "LimitExceededException": "A quota of Secrets Manager is used up.",
    "KMSAccessDeniedException": (
        "AWS KMS does not allow the console's role to use the secret's key."
    ),
}


# What a code means to one operation, where that is more than it means to all.
_MESSAGES_OF = {
    ("secretsmanager:CreateSecret", "InvalidRequestException"): (
        "AWS does not create it: a secret of this name is scheduled for deletion, which keeps the "
        "name until it is gone, or its KMS key cannot be used."
    ),
    ("secretsmanager:CreateSecret", "ResourceExistsException"): "There is a secret of this name.",
    ("secretsmanager:CreateSecret", "ResourceNotFoundException"): (
        "AWS does not find the KMS key that the secret is to be encrypted with."
    ),
    ("secretsmanager:DeleteSecret", "InvalidRequestException"): (
        "The secret's state does not allow it: its deletion is scheduled already, or it has "
        "replicas in other Regions, which have to be removed first."
    ),
    # AWS's own text repeats the variables with their values.
    ("lambda:UpdateFunctionConfiguration", "InvalidParameterValueException"): (
        "AWS does not take the function's variables. With one more they may exceed the 4 KB that "
        "it allows for all."
    ),
    ("lambda:UpdateFunctionConfiguration", "ResourceConflictException"): (
        "AWS is still carrying out another update of the function."
    ),
    ("lambda:UpdateFunctionConfiguration", "KMSAccessDeniedException"): (
        "AWS KMS does not allow the console's role to use the key of the function's variables."
    ),
}


# What Secrets Manager needs of AWS KMS, in the caller's name:
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
_KMS_ACTIONS = {
    "secretsmanager:CreateSecret": "kms:GenerateDataKey",
    "secretsmanager:GetSecretValue": "kms:Decrypt",
    "secretsmanager:PutSecretValue": "kms:GenerateDataKey",
}


@contextmanager
def translated(call: AwsCall) -> Iterator[None]:
    """Runs boto3's calls; what they raise comes out as an AwsError that names `call`, without
    boto3's exception behind it.
    """
    try:
        yield
    except ClientError as error:
        raise _from_client_error(error, call) from None
    except (ConnectTimeoutError, ReadTimeoutError):
        raise AwsUnreachable(
            f"{call.operation} got no answer in time, and neither did its retries.", call
        ) from None
    except EndpointConnectionError:
        raise AwsUnreachable(f"No connection to AWS for {call.operation}.", call) from None
    except NoCredentialsError:
        raise AwsUnreachable(
            "The console has no AWS credentials.", call, remedy="Give its task or machine a role."
        ) from None
    except StsUnreachable:
        raise AwsUnreachable(
            f"STS does not answer sts:AssumeRole, so {call.operation} was not sent.",
            _assuming(call),
        ) from None
    except DeadlinePassed:
        raise AwsUnreachable(
            f"AWS took too long before {call.operation}, so that was not sent.", call
        ) from None
    except BotoCoreError as error:
        # ParamValidationError repeats a value of the wrong type, so only the error's kind is named.
        kind = type(error).__name__
        raise AwsUnreachable(
            f"{call.operation} was not sent or not answered ({kind}).", call
        ) from None
    except (
        ResponseParserError, LookupError, TypeError, AttributeError, ValueError, RecursionError
    ):  # fmt: skip
        # A proxy's page or another service's answer. botocore's parser fails on some; what it lets
        # through lacks what AWS promises, so gateways read an answer inside this block.
        raise AwsUnreachable(
            f"The answer to {call.operation} cannot be read: it is not from this AWS service.", call
        ) from None


def request_id_of(answer: Mapping[str, Any]) -> str:
    """The request id of boto3's answer or error; "" for what does not have the form of one."""
    return in_form(REQUEST_ID, answer.get("ResponseMetadata", {}).get("RequestId"))


def answered_at(answer: Mapping[str, Any]) -> datetime | None:
    """When AWS gave boto3's answer or error, by AWS's clock, in whole seconds; None where it does
    not say."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except (TypeError, ValueError):
        return None


def _from_client_error(error: ClientError, call: AwsCall) -> AwsError:
    given = error.response.get("Error", {})
    meta = error.response.get("ResponseMetadata", {})
    code, is_assuming = in_form(CODE, given.get("Code")), error.operation_name in _ASSUMING
    call = replace(
        call,
        code=code,
        request_id=request_id_of(error.response),
        answered_at=answered_at(error.response),
    )
    if is_assuming:
        call = _assuming(call)
    if code in DENIED:
        return _denied(call, str(given.get("Message", "")), is_assuming=is_assuming)
    if message := _MESSAGES_OF.get((call.operation, code)):
        return AwsRefused(message, call)
    if found := _not_found(code, call):
        return found
    if code == "PreconditionFailedException":
        return FunctionMoved(f"The configuration of {call.resource} is another now.", call)
    if code == "ResourceExistsException":
        return VersionAlreadyExists(
            f"{call.resource} already has a version with this id and another value.", call
        )
    if code in THROTTLED:
        return AwsThrottled(f"{call.operation} was throttled, also after retries.", call)
    if code in AWAY or meta.get("HTTPStatusCode", 0) >= 500:
        return AwsUnreachable(f"AWS could not answer {call.operation} just now.", call)
    if code in _CREDENTIALS:
        return AwsRefused(
            "AWS does not accept the console's credentials.",
            call,
            remedy="Look at the role of the console's task, and at the clock.",
        )
    unknown = f"AWS answered {code or 'an error without a code'} to {call.operation}."
    return AwsRefused(_MESSAGES.get(code, unknown), call)


_ASSUMING = ("AssumeRole", "AssumeRoleWithWebIdentity")


def _assuming(call: AwsCall) -> AwsCall:
    """The call before `call`, which gets what to sign it with."""
    return replace(call, operation="sts:AssumeRole", cli="aws sts get-caller-identity")


def _denied(call: AwsCall, message: str, *, is_assuming: bool) -> AwsAccessDenied:
    what = f"{call.operation} on {call.resource or 'this resource'}"
    text = (
        "The console may not assume the environment's role."
        if is_assuming
        else f"The console's role is not allowed {what}."
    )
    return AwsAccessDenied(text, call, _permission(call, message))


def _permission(call: AwsCall, message: str) -> str:
    """The action that is missing. STS asks for a second one where a session carries the person as
    its source identity, and Secrets Manager where a new secret comes with tags. It reports a
    refusal by AWS KMS under the same code, and only its text says so ("Access to KMS is not
    allowed",
    https://repost.aws/knowledge-center/secrets-manager-cross-account-key).
    """
    if "sts:SetSourceIdentity" in message:
        return "sts:SetSourceIdentity"
    if call.operation == "secretsmanager:CreateSecret" and "TagResource" in message:
        return "secretsmanager:TagResource"
    if "Access to KMS" in message or "kms:" in message:
        return _KMS_ACTIONS.get(call.operation, call.operation)
    return call.operation


def _not_found(code: str, call: AwsCall) -> AwsError | None:
    is_secrets_manager = call.operation.startswith("secretsmanager:")
    if code in _GONE or (code == "ResourceNotFoundException" and not is_secrets_manager):
        return ThingNotFound(f"AWS has no {call.resource} in {call.region}.", call)
    if code != "ResourceNotFoundException":
        return None
    if call.operation == "secretsmanager:GetSecretValue":
        return VersionNotFound(f"{call.resource} is gone, or it has no such version.", call)
    return SecretNotFound(f"Secrets Manager has no {call.resource} in {call.region}.", call)
