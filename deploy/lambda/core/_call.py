"""Secrets Manager by HTTPS: GetSecretValue, or BatchGetSecretValue for several at once."""

from __future__ import annotations

import json
import os
import ssl
import time

from . import _https, _route
from ._errors import SecretNotFound, SecretsError, TimedOut, Unreachable, error_of
from ._sigv4 import authorization
from ._value import SecretValue, value_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._asked import Asked
    from ._deadline import Deadline


class Failed(Exception):
    """A failed attempt. `again` says whether another one may succeed."""

    def __init__(self, error: SecretsError, *, again: bool) -> None:
        super().__init__()
        self.error, self.again = error, again


def get_secret_value(asked: Asked, deadline: Deadline) -> SecretValue:
    """Return one version of one secret. Raises Failed."""
    region = asked.region or os.environ["AWS_REGION"]
    answer = _ask("GetSecretValue", asked.parameters, region, asked.secret_id, deadline)
    return value_from(asked, answer)


def batch_get_secret_value(
    several: list[Asked], deadline: Deadline
) -> list[SecretValue | SecretsError]:
    """Return what was read, or the error, for each in order. Raises Failed for the whole call.

    They are asked by name: by ARN one could be asked twice, and another Region's not at all.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
    """
    names = [asked.secret_id for asked in several]
    answer = _ask(
        "BatchGetSecretValue",
        {"SecretIdList": names},
        os.environ["AWS_REGION"],
        " and ".join(names),
        deadline,
    )
    read = {str(value.get("Name", "")): value for value in answer.pop("SecretValues", ())}
    errors = {str(failed.get("SecretId", "")): failed for failed in answer.get("Errors", ())}
    return [_batched(asked, read.get(asked.secret_id), errors) for asked in several]


def _batched(
    asked: Asked, value: dict[str, Any] | None, errors: dict[str, dict[str, Any]]
) -> SecretValue | SecretsError:
    name = asked.secret_id
    if failed := errors.get(name):
        return error_of(name, str(failed.get("ErrorCode", "")), str(failed.get("Message", "")))
    if value is None:
        return SecretNotFound(name, "AWS answered without it")
    try:
        return value_from(asked, value)
    except SecretsError as error:
        return error


def _ask(
    operation: str, parameters: dict[str, Any], region: str, secret: str, deadline: Deadline
) -> dict[str, Any]:
    body = json.dumps(parameters).encode()
    answer = _send(_route.host(region), _headers(operation, region, body), body, secret, deadline)
    document = _parse(answer.body)
    if answer.status == 200 and document is not None:
        return document
    raise _refusal(secret, answer, document or {})


def _headers(operation: str, region: str, body: bytes) -> dict[str, str]:
    headers = {
        "Host": _route.host(region),
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
        "X-Amz-Target": f"secretsmanager.{operation}",
    }
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        headers["X-Amz-Security-Token"] = token
    headers["Authorization"] = authorization(
        headers,
        body,
        region=region,
        service="secretsmanager",
        key_id=os.environ["AWS_ACCESS_KEY_ID"],
        secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
    )
    return headers | {"User-Agent": "miyabi-secrets-loader"}


def _send(
    host: str, headers: dict[str, str], body: bytes, secret: str, deadline: Deadline
) -> _https.Answer:
    """Send a request. Errors use botocore's words, which people and the console know."""
    url, connected = f'"https://{host}/"', False
    try:
        with _https.connect_tls(host, deadline) as connection:
            connected = True
            return _https.exchange(connection, "POST / HTTP/1.1", headers, body, deadline)
    except TimeoutError:
        code, words = (
            ("ReadTimeoutError", "Read") if connected else ("ConnectTimeoutError", "Connect")
        )
        error: SecretsError = TimedOut(secret, f"{words} timeout on endpoint URL: {url}", code=code)
        again = True
    except OSError as caught:
        error, again = (
            _broken(secret, url, connected, caught),
            not isinstance(caught, ssl.SSLCertVerificationError),
        )
    except _https.NotUnderstood as caught:
        error, again = (
            Unreachable(secret, f"What answered at {url} is not Secrets Manager: {caught}"),
            False,
        )
    raise Failed(error, again=again)


def _broken(secret: str, url: str, connected: bool, caught: OSError) -> Unreachable:
    if connected:
        return Unreachable(
            secret,
            f"Connection was closed on endpoint URL: {url} ({_why(caught)})",
            code="ConnectionClosedError",
        )
    return Unreachable(
        secret,
        f"Could not connect to the endpoint URL: {url} ({_why(caught)})",
        code="EndpointConnectionError",
    )


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate was not accepted: {error.verify_message}"
    return error.strerror or str(error) or type(error).__name__


def _parse(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _refusal(secret: str, answer: _https.Answer, document: dict[str, Any]) -> Failed:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html"""
    code = str(document.get("__type", "")).rpartition("#")[2] or f"HTTP {answer.status}"
    message = str(document.get("message") or document.get("Message") or "")
    error = error_of(secret, code, message, answer.headers.get("x-amzn-requestid", ""))
    return Failed(error, again=answer.status >= 500 or answer.status == 429 or is_throttling(code))


def is_throttling(code: str) -> bool:
    return code in ("ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded")
