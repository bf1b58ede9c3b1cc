"""What gateways share: the caller who signs, the description of a call, and its errors."""

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

from ..domain.deadline import Deadline
from ..domain.errors import AwsCall, AwsError
from .caller import Caller
from .translate import answered_at, request_id_of, translated


class Gateway:
    """One AWS service, called for one caller. Its methods have boto3's names.

    Every method returns `Known`: what AWS answered, as objects of the domain, with the call that it
    answered; and raises AwsError or one of its kinds. So a caller that needs the answer takes
    `.value`, and one that collects evidence passes the method to `learn`, which makes evidence of
    the error as well.
    """

    # boto3's name of it, which is its name in the AWS CLI and in IAM actions.
    service: ClassVar[str]
    is_global: ClassVar[bool] = False  # IAM has no Region
    # Operations, each with the AWS CLI command that shows the same; "{}" stands for the resource.
    commands: ClassVar[Mapping[str, str]]

    def __init__(self, caller: Caller) -> None:
        """Makes no call."""
        self.environment = caller.environment
        self._caller = caller
        self._client: Any = caller.client(self.service)

    @contextmanager
    def asking(self, call: AwsCall, deadline: Deadline | None = None) -> Iterator[None]:
        """boto3's calls within it are made in the caller's name, none after the deadline; what they
        raise comes out as an AwsError that names `call`. The answer is read within it too, since
        somebody else's answer has other members. It holds in the thread that enters it, so it
        stands around the call and not around the pool.
        """
        with self._caller.signing(deadline) as signing:
            try:
                with translated(call):
                    yield
            except AwsError as error:
                error.call = replace(error.call, unanswered=signing.unanswered)
                raise

    def describe_call(self, operation: str, resource: str, *words: str) -> AwsCall:
        """A call, made or not, with its AWS CLI command; `words` end the command. It is safe to
        paste into a shell whatever the names hold.
        """
        command = [word.replace("{}", resource) for word in self.commands[operation].split()]
        region = () if self.is_global else ("--region", self.environment.region)
        return AwsCall(
            f"{self.service}:{operation}",
            resource,
            self.environment.region,
            cli=shlex.join(("aws", self.service, *command, *words, *region)),
        )


def ensure_promised(answer: Mapping[str, Any], member: str) -> None:
    """A proxy's page with status 200 is no success: raises KeyError when the answer lacks `member`,
    which the service always gives.
    """
    _ = answer[member]


def answered(call: AwsCall, answer: Mapping[str, Any]) -> AwsCall:
    """The call, with the request id and the time of its answer."""
    return replace(call, request_id=request_id_of(answer), answered_at=answered_at(answer))
