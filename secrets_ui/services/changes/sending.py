"""Sends a call to AWS whose answer may be lost, and finds out what became of it."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from ...aws.secrets_manager import SecretsManagerGateway
from ...domain.access.evidence import Known
from ...domain.errors import AwsError, OutcomeUnknown
from ...domain.secrets.secret import Secret

T = TypeVar("T")


def send(
    gateway: SecretsManagerGateway,
    name: str,
    call: Callable[[], Known[T]],
    is_done: Callable[[Secret], bool | None],
) -> Known[T] | None:
    """As `send_and_ask`, where DescribeSecret shows, by `is_done`, whether it was carried out."""
    return send_and_ask(call, lambda: is_done(gateway.describe_secret(name).value))


def send_and_ask(
    call: Callable[[], Known[T]], is_done: Callable[[], bool | None]
) -> Known[T] | None:
    """The answer; None where it was lost and AWS, asked by `is_done`, shows that the call was
    carried out.

    Raises the AwsError of a call that AWS answered, or that never left; else OutcomeUnknown: what
    was sent may still take effect.
    """
    try:
        return call()
    except AwsError as error:
        if not error.call.unanswered:
            raise
        with suppress(AwsError):
            if is_done():
                return None
        raise OutcomeUnknown(
            f"AWS did not answer {error.call.operation}, so it is not certain whether it took it."
        ) from None
