"""Secrets Manager by boto3: slower to start, but it works everywhere."""

from __future__ import annotations

import logging
import os
from typing import Any

from ._asked import Asked
from ._deadline import Deadline
from ._errors import CredentialsRefused, InvalidInput, SecretsError, TimedOut, Unreachable, error_of
from ._value import SecretValue, value_from


def make_client(deadline: Deadline, region: str = "") -> Any:
    """Make a client with its own retries and time-outs within the deadline. Raises InvalidInput.

    `region` is that of an ARN; without one it is the function's, which boto3 does not read from
    Lambda's AWS_REGION.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, NoRegionError
    except ImportError:
        raise InvalidInput("boto3 is needed here, and is not installed.") from None
    left = max(1.0, deadline.left())
    config = Config(
        connect_timeout=min(2.0, left / 2),
        read_timeout=min(5.0, left),
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    try:
        client = boto3.client(
            "secretsmanager",
            region_name=region or os.environ.get("AWS_REGION") or None,
            config=config,
        )
    except NoRegionError:
        raise InvalidInput("No Region: set AWS_REGION, or a Region in your AWS profile.") from None
    except (BotoCoreError, ValueError) as error:
        raise InvalidInput(f"boto3 cannot be set up: {error}") from None
    keep_quiet()
    return client


def get_secret_value(client: Any, asked: Asked) -> SecretValue:
    """Read by boto3's client, or one with its get_secret_value.

    Raises SecretsError; what a client raises that is none of botocore's errors is passed on.
    """
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:  # a client of another kind
        return value_from(asked, dict(client.get_secret_value(**asked.parameters)))
    name = asked.secret_id
    try:
        # A copy: a client of one's own may give its answer again.
        answer = dict(client.get_secret_value(**asked.parameters))
    except ClientError as caught:
        reported, meta = (
            caught.response.get("Error", {}),
            caught.response.get("ResponseMetadata", {}),
        )
        error = error_of(
            name, reported.get("Code", ""), reported.get("Message", ""), meta.get("RequestId", "")
        )
    except (BotoCoreError, ValueError) as caught:
        error = _of_botocore(name, caught)
    else:
        return value_from(asked, answer)
    raise error


def _of_botocore(name: str, caught: Exception) -> SecretsError:
    code = type(caught).__name__
    if code in ("ConnectTimeoutError", "ReadTimeoutError"):
        return TimedOut(name, str(caught), code=code)
    if code in (
        "EndpointConnectionError",
        "ConnectionClosedError",
        "ProxyConnectionError",
        "SSLError",
    ):
        return Unreachable(name, str(caught), code=code)
    if "Credential" in code or "Token" in code:
        return CredentialsRefused(name, str(caught), code=code)
    return SecretsError(name, str(caught), code=code)


def keep_quiet() -> None:
    """Keep botocore and urllib3 from logging secret values.

    At DEBUG they log AWS's answers. Each logger gets its own level, so that a root logger at DEBUG
    does not affect it.
    """
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] in ("botocore", "boto3", "urllib3"):
            logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger(name).level))
