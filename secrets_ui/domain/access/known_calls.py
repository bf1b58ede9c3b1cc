"""Known errors of the call itself: it never reached AWS, came too late, or was not signed rightly.

None of them is a refusal by a policy. The words are those of AWS's SDKs for Python, JavaScript,
Java and Go, and of Lambda.
https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
"""

from .known_error import KnownError

_NO_WAY = (
    "The call never reached AWS: a Region or an endpoint that does not exist, or a VPC without a "
    "NAT gateway or an endpoint for Secrets Manager (and for KMS, if the code calls it)."
)
_OUT_OF_TIME = (
    "The function ran out of its time. This says nothing of the rights. Where it hangs at the "
    "first call of AWS, its VPC has no NAT gateway and no endpoint for Secrets Manager, or a "
    "security group closes it; else give the function more time or memory."
)
_NO_ANSWER = (
    "AWS took the call and no answer came in time. This says nothing of the rights: "
    "try again, and give the function more time or memory."
)
_CREDENTIALS = (
    "AWS did not accept the credentials of the caller: "
    "they ended, or its role was deleted, or something between changed the request."
)
_NO_CREDENTIALS = (
    "The code found no credentials, so it asked AWS nothing. A Lambda has those of its role in its "
    "environment: code that runs elsewhere, or that sets its own, lacks them."
)
_REGION = (
    "The code calls another Region than the one that its credentials or its endpoint are for, or "
    "none: look at AWS_REGION and at the endpoint in the code."
)
_AWS = (
    "A fault of AWS's own, on its side. This says nothing of the rights: try again, and look at "
    "the AWS Health Dashboard if it goes on."
)
_ENDED = (
    "The function's process ended by itself, most often for want of memory. This says nothing of "
    "the rights: give it more memory, and look at what the log says before."
)
_SLOWER = "AWS asked to slow down. Nothing is wrong with the rights; read once and keep the value."
_WRONG_CALL = (
    "AWS does not understand the call, whoever makes it: a parameter is missing or of another "
    "form. Look at the name of the secret in the code."
)
_WAY = ("function_reaches_secrets_manager", "secret_exists", "function_runs_as_role")
_WHO = ("function_runs_as_role", "role_exists")


def _texts(note: str, checks: tuple[str, ...], *texts: str) -> tuple[KnownError, ...]:
    """Texts that say it without a code. A plus sign joins parts that must all be there."""
    return tuple(KnownError((), tuple(text.split("+")), checks, note) for text in texts)


CALLS = (
    KnownError(
        ("EndpointConnectionError", "ConnectTimeoutError", "UnknownHostException", "ENOTFOUND"),
        (),
        _WAY,
        _NO_WAY,
    ),
    KnownError(
        ("ReadTimeoutError", "ConnectionClosedError", "RequestTimeout", "RequestTimeoutException"),
        (),
        (),
        _NO_ANSWER,
    ),
    KnownError(("Sandbox.Timedout",), (), (), _OUT_OF_TIME),
    KnownError(
        (
            *("ExpiredTokenException", "ExpiredToken", "RequestExpired", "InvalidClientTokenId"),
            *("UnrecognizedClientException", "InvalidSignatureException", "SignatureDoesNotMatch"),
            *("IncompleteSignature", "IncompleteSignatureException", "InvalidAccessKeyId"),
        ),
        (),
        _WHO,
        _CREDENTIALS,
    ),
    KnownError(
        (
            *("NoCredentialsError", "PartialCredentialsError", "CredentialsProviderError"),
            *("MissingAuthenticationToken", "MissingAuthenticationTokenException"),
            *("NoCredentialProviders", "CredentialRetrievalError", "CredentialsError"),
        ),
        (),
        ("function_runs_as_role",),
        _NO_CREDENTIALS,
    ),
    KnownError(
        ("InvalidSignatureException", "SignatureDoesNotMatch"),
        ("credential should be scoped to",),
        (),
        _REGION,
    ),
    KnownError(
        ("NoRegionError", "InvalidRegionError", "UnknownEndpoint", "UnknownRegionError"),
        (),
        (),
        _REGION,
    ),
    KnownError(
        (
            *("InternalServiceError", "InternalServiceErrorException", "InternalFailure"),
            *("InternalServerError", "InternalError", "ServiceUnavailable", "KMSInternalException"),
            *("ServiceUnavailableException", "DependencyTimeoutException", "ServiceException"),
        ),
        (),
        (),
        _AWS,
    ),
    KnownError(
        (
            *("ThrottlingException", "TooManyRequestsException", "Throttling", "SlowDown"),
            *("RequestLimitExceeded", "ProvisionedThroughputExceededException"),
        ),
        (),
        (),
        _SLOWER,
    ),
    KnownError(
        (
            *("ParamValidationError", "ValidationException"),
            *("InvalidParameterException", "MissingParameter", "InvalidParameterValue"),
        ),
        (),
        ("secret_exists",),
        _WRONG_CALL,
    ),
    *_texts(_OUT_OF_TIME, (), "task timed out", "status: timeout", "timed out after+seconds"),
    *_texts(
        _NO_WAY,
        _WAY,
        "connect timeout",
        "connect timed out",
        "connection timed out",
        "connecttimeout",
        "etimedout",
        "dial tcp",
        "could not connect to the endpoint",
        "getaddrinfo",
        "name or service not known",
        "name resolution",
        "could not resolve host",
        "no such host",
        "connection refused",
        "network is unreachable",
        "timed out",
    ),
    *_texts(
        _NO_ANSWER,
        (),
        "read timeout on",
        "read timed out",
        "context deadline exceeded",
        "socket hang up",
        "econnreset",
        "connection was closed before",
    ),
    *_texts(
        _CREDENTIALS,
        _WHO,
        "security token+expired",
        "security token+invalid",
        "token+has expired",
        "signature+expired",
        "signature we calculated does not match",
        "credentials+expired",
    ),
    *_texts(
        _NO_CREDENTIALS,
        ("function_runs_as_role",),
        "unable to locate credentials",
        "could not load credentials",
        "missing credentials",
        "unable to load+credentials",
        "no valid credential",
        "no credentials",
        "partial credentials",
        "missing authentication token",
        "config profile+could not be found",
        "failed to refresh cached credentials",
    ),
    *_texts(
        _REGION,
        (),
        "credential should be scoped to",
        "you must specify a region",
        "region is missing",
        "missing region",
        "doesn't match a supported format",
        "unable to find a region",
        "invalid endpoint",
    ),
    *_texts(
        _AWS,
        (),
        "error occurred on the server side",
        "internal service error",
        "internal server error",
        "service is unavailable",
        "service unavailable",
    ),
    *_texts(_ENDED, (), "runtime exited", "signal: killed", "out of memory"),
    *_texts(_SLOWER, (), "rate exceeded", "too many requests"),
)
