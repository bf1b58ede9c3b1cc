"""The one door to AWS: gateways for (environment, person, scope), and calls made side by side."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from django.conf import settings

from ..aws.gateways import Gateways
from ..aws.session import AwsSessions
from ..domain.access.evidence import Evidence, Known, learn
from ..domain.environment import Environment
from ..domain.errors import AwsError
from ..domain.people.actor import Actor
from ..domain.session_scope import Scope
from ..measures import observe_aws_call

T = TypeVar("T")
# For AWS calls alone: the ORM stays in the request's thread.
_POOL = ThreadPoolExecutor(max_workers=16, thread_name_prefix="aws")
_MOMENT = 0.0001  # seconds: enough for a thread of the pool to wake up

Pace = Callable[[str], None]
_pace: list[Pace] = []


def sessions() -> AwsSessions:
    return sessions_at(settings.LOCAL_AWS_ENDPOINT, _pace[0] if _pace else None)


@cache
def sessions_at(endpoint: str, pace: Pace | None) -> AwsSessions:
    """Kept for the life of the process: making one reads AWS's descriptions of its services."""
    return AwsSessions(endpoint, pace, observe_aws_call)


def pace_calls(pace: Pace | None) -> None:
    """From now on `pace` is asked before each call of this process, and may wait. For a process
    that has time; None ends it.
    """
    _pace[:] = [pace] if pace else []


def gateways(environment: Environment, actor: Actor, scope: Scope) -> Gateways:
    """The gateways of an environment, in the actor's name, for what `scope` holds and no more.
    Makes no call.
    """
    return Gateways(sessions().caller(environment, actor.session_name, scope))


def own_gateways(region: str) -> Gateways:
    """For what is the console's own, and of no environment: signed by its own credentials. Makes no
    call.
    """
    own = Environment("console", region, account="", prefix="")
    return Gateways(sessions().caller(own, "console"))


def begin(call: Callable[[], T]) -> Future[T]:
    """Starts an AWS call beside the others, and gives way for it to be sent.

    Python lets it wait as long as 5 ms for a caller that goes on computing
    (`sys.getswitchinterval`).
    """
    begun = _POOL.submit(call)
    time.sleep(_MOMENT)
    return begun


def gather(calls: Iterable[Callable[[], T]]) -> list[T | AwsError]:
    """Makes AWS calls side by side; an answer that failed stands in its place as its AwsError."""
    futures = [_POOL.submit(call) for call in calls]
    # A list of futures loses their type.
    return [_outcome(future) for future in futures]  # type: ignore[arg-type]


def _outcome(future: Future[T]) -> T | AwsError:
    try:
        return future.result()
    except AwsError as error:
        return error


def learn_all(calls: Iterable[Callable[[], Known[T]]]) -> list[Evidence[T]]:
    """Makes AWS calls side by side; each answer, or its error, as evidence."""
    futures = [_POOL.submit(call) for call in calls]
    return [learn(future.result) for future in futures]
