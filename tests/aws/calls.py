"""Calls of the gateway that tests let fail, and what they expect of the errors."""

import math
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from secrets_ui.aws.secrets_manager import SecretsManagerGateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.domain.deadline import Deadline
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsError
from secrets_ui.domain.secrets.secret_value import SecretValue

NAME = "miyabi/dev/api-keys"
VERSION = "v" * 32
# Where time is no matter.
IN_TIME = Deadline(datetime.max.replace(tzinfo=UTC), math.inf)
Call = Callable[[SecretsManagerGateway], object]


def DESCRIBE(gateway: SecretsManagerGateway) -> object:  # noqa: N802
    return gateway.describe_secret(NAME)


def GET(gateway: SecretsManagerGateway) -> object:  # noqa: N802
    return gateway.get_secret_value(NAME, VERSION)


def PUT(gateway: SecretsManagerGateway) -> object:  # noqa: N802
    value = SecretValue("value")
    return gateway.put_secret_value(NAME, value, token=VERSION, label="label", deadline=IN_TIME)


def MOVE(gateway: SecretsManagerGateway) -> object:  # noqa: N802
    return gateway.update_secret_version_stage(NAME, "label", move_to=VERSION, deadline=IN_TIME)


@contextmanager
def nobody_listens(environment: Environment) -> Iterator[SecretsManagerGateway]:
    """A gateway to a port of which nobody answers."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        sessions = AwsSessions(f"http://127.0.0.1:{unused.getsockname()[1]}")
        gateway = SecretsManagerGateway(
            sessions.caller(replace(environment, assume_role=""), "hana")
        )
        yield gateway


def error_of(call: Callable[[], object]) -> AwsError:
    with pytest.raises(AwsError) as caught:
        call()
    return caught.value


def assert_no_value(error: AwsError, canary: str) -> None:
    """Neither in what the error says nor in a traceback of it, which does not show boto3's own
    exception.
    """
    shown = "".join(traceback.format_exception(error))
    assert canary not in f"{error}{error!r}{error.args}{vars(error)}{shown}"
    assert error.__cause__ is None
    assert error.__suppress_context__
