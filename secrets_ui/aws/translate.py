"""boto3's three families of exceptions, told as the domain's errors. A value never comes through: AWS's texts are used only where they cannot hold one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from ..domain.errors import (
    AwsAccessDenied,
    AwsCall,
    AwsError,
    AwsRefused,
    AwsThrottled,
    AwsUnreachable,
    SecretNotFound,
    VersionAlreadyExists,
    VersionNotFound,
)

_DENIED = {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "NotAuthorized"}
_THROTTLED = {
    "ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded", "LimitExceededException",
    "RequestThrottled", "RequestThrottledException", "SlowDown", "PriorRequestNotComplete",
}  # fmt: skip
_AWAY = {"InternalServiceError", "InternalFailure", "ServiceUnavailable", "ServiceUnavailableException", "InternalServiceErrorException", "503", "500"}
_CREDENTIALS = {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException"}
_SAID = {
    "DecryptionFailure": "AWS KMS would not decrypt the value with the secret's key.",
    "EncryptionFailure": "AWS KMS would not encrypt the value with the secret's key.",
    "InvalidRequestException": "The secret's state does not allow it, for example a scheduled deletion.",
    "InvalidParameterException": "AWS refused a parameter of the call.",
    "LimitExceededException": "A quota of Secrets Manager is used up.",
    "KMSAccessDeniedException": "AWS KMS does not allow the console's role to use the secret's key.",
}


@contextmanager
def told_as_ours(call: AwsCall) -> Iterator[None]:
    """Runs a boto3 call; whatever it raises comes out as an AwsError that names `call`, without boto3's exception behind it."""
    try:
        yield
    except ClientError as error:
        raise _from_client_error(error, call) from None
    except (ConnectTimeoutError, ReadTimeoutError):
        raise AwsUnreachable(f"{call.operation} got no answer in time, and neither did its retries.", call) from None
    except EndpointConnectionError:
        raise AwsUnreachable(f"No connection to AWS for {call.operation}.", call) from None
    except NoCredentialsError:
        raise AwsUnreachable("The console has no AWS credentials.", call, remedy="Give its task or machine a role.") from None
    except ResponseParserError:
        raise AwsUnreachable(f"The answer to {call.operation} cannot be read: it is not from this AWS service.", call) from None
    except BotoCoreError as error:
        # ParamValidationError repeats a value of the wrong type, so only the kind of error is told.
        raise AwsUnreachable(f"{call.operation} was not sent or not answered ({type(error).__name__}).", call) from None


def _from_client_error(error: ClientError, call: AwsCall) -> AwsError:
    told = error.response.get("Error", {})
    code = str(told.get("Code", ""))
    call = replace(call, code=code, request_id=str(error.response.get("ResponseMetadata", {}).get("RequestId", "")))
    assuming = error.operation_name in ("AssumeRole", "AssumeRoleWithWebIdentity")
    if assuming:
        call = replace(call, operation="sts:AssumeRole", cli="aws sts get-caller-identity")
    if code in _DENIED:
        what = "assume the environment's role" if assuming else f"{call.operation} on {call.resource or 'this resource'}"
        return AwsAccessDenied(f"The console may not {what}." if assuming else f"The console's role is not allowed {what}.", call, call.operation)
    if code == "ResourceNotFoundException" and call.operation.endswith(":GetSecretValue"):
        return VersionNotFound(f"{call.resource} is gone, or it has no such version.", call)
    if code == "ResourceNotFoundException":
        return SecretNotFound(f"Secrets Manager has no {call.resource} in {call.region}.", call)
    if code == "ResourceExistsException":
        return VersionAlreadyExists(f"{call.resource} already has a version with this id and another value.", call)
    if code in _THROTTLED:
        return AwsThrottled(f"{call.operation} was throttled, also after retries.", call)
    if code in _AWAY:
        return AwsUnreachable(f"AWS could not answer {call.operation} just now.", call)
    if code in _CREDENTIALS:
        return AwsRefused("AWS does not accept the console's credentials.", call, remedy="Look at the role of the console's task, and at the clock.")
    return AwsRefused(_SAID.get(code, f"AWS answered {code or 'an error without a code'} to {call.operation}."), call)
