"""AWS's error codes, by what they mean to whoever called."""

from typing import Any, Literal

# What became of one attempt of a call.
Outcome = Literal["ok", "throttled", "denied", "unreachable", "other"]

# The codes of a failure of AWS itself. Secrets Manager gives some of them with status 400.
AWAY = {
    "InternalServiceError", "InternalFailure", "InternalServiceErrorException",
    "ServiceUnavailable", "ServiceUnavailableException",
}  # fmt: skip
DENIED = {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "NotAuthorized"}
THROTTLED = {
    "ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded",
    "RequestThrottled", "RequestThrottledException", "SlowDown", "PriorRequestNotComplete",
}  # fmt: skip


def outcome_of(parsed: Any) -> Outcome:
    """Of an answer as botocore's parser returns it. Without a request id it is not AWS's."""
    if not isinstance(parsed, dict):
        return "unreachable"
    meta, code = parsed.get("ResponseMetadata", {}), parsed.get("Error", {}).get("Code")
    if code in THROTTLED:
        return "throttled"
    if code in DENIED:
        return "denied"
    if not meta.get("RequestId") or meta["HTTPStatusCode"] >= 500 or code in AWAY:
        return "unreachable"
    return "other" if code or meta["HTTPStatusCode"] >= 400 else "ok"
