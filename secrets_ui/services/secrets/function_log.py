"""Reads the log of an environment's function: what the loader told in it, and which instances run.

Bounded in pages and in time, the newest lines first, so that what is known is known of a piece of
the log that can be told.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

from ...aws.logs import MOST_STREAMS, PATTERN, LogPage, LogsGateway
from ...domain.access.evidence import Evidence, FunctionConfiguration, Known, learn
from ...domain.deadline import Deadline, uptime
from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...domain.people.actor import Actor
from ...domain.secrets.rollout import WINDOW, FunctionLog
from ...domain.session_scope import ROLLOUT, Scope
from ..aws_access import gateways

# AWS takes 5 such calls a second, in some Regions more, for an account:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
MOST_PAGES = 40
# The window in pieces, by their age at both ends.
_AGES = (timedelta(0), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), WINDOW)


class _Exhausted(Exception):
    """Our own limit: no more pages, or no more time."""


class _Pages:
    """Asks for pages of one log group while there are pages and time left."""

    def __init__(self, gateway: LogsGateway, group: str, seconds: float) -> None:
        self._gateway, self._group, self._left = gateway, group, MOST_PAGES
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        self._deadline = Deadline(until, uptime() + seconds)

    def ask(
        self,
        start: datetime,
        end: datetime | None = None,
        *,
        pattern: str = "",
        streams: Collection[str] = (),
        most: int = 0,
    ) -> Iterator[LogPage]:
        """Every page of one question. Raises _Exhausted, and AwsErrors; a retry that would leave
        after the time is over is not sent either.
        """
        token, is_last = "", False
        while not is_last:
            if not self._left or not self._deadline.allows(datetime.now(UTC)):
                raise _Exhausted
            self._left -= 1
            page = self._gateway.filter_log_events(
                *(self._group, start, end),
                pattern=pattern,
                streams=streams,
                most=most,
                token=token,
                deadline=self._deadline,
            ).value
            yield page
            token = page.next_token
            is_last = not token

    def first_streams(
        self, start: datetime, streams: Collection[str] = (), *, most: int = 0
    ) -> frozenset[str]:
        """Whose lines come first from `start` on; none where there is no line."""
        pages = self.ask(start, streams=streams, most=most)
        return next((page.streams for page in pages if page.streams), frozenset())


def read_function_log(
    environment: Environment,
    actor: Actor,
    seconds: float,
    scope: Scope = ROLLOUT,
    function: Evidence[FunctionConfiguration] | None = None,
) -> FunctionLog:
    """The function's log of the last 24 hours, as far as it can be read in so many seconds. Raises
    nothing: what AWS refuses is part of the answer. `function` is asked for where nobody has.
    """
    now = datetime.now(UTC)
    aws = gateways(environment, actor, scope)
    pages = _Pages(aws.logs, environment.log_group, seconds)
    if function is None:
        ask = partial(aws.lambda_.get_function_configuration, environment.lambda_function)
        function = learn(ask)
    found = unread = FunctionLog(
        environment.log_group,
        began=now - WINDOW,
        until=now,
        function_changed=function.value.modified if isinstance(function, Known) else None,
    )
    try:
        for more in _read(pages, unread):
            found = more
    except AwsError as error:
        return replace(found, problem=error)
    except _Exhausted:
        pass
    return found


def _read(pages: _Pages, log: FunctionLog) -> Iterator[FunctionLog]:
    """What is known after each page."""
    for younger, older in pairwise(_AGES):
        start, end = log.until - older, log.until - younger if younger else None
        for page in pages.ask(start, end, pattern=PATTERN):
            log = replace(log, reports=(*log.reports, *page.reports))
            yield log
        log = replace(log, since=start)
        yield log
    if log.reports:
        yield from _find_running(pages, log)
    else:
        yield replace(log, has_lines=bool(pages.first_streams(log.began, most=1)))


def _find_running(pages: _Pages, log: FunctionLog) -> Iterator[FunctionLog]:
    """Which of the streams with a report have a line since an instance of theirs would have ended.
    Each question leaves out those that were found, so an instance with many lines hides none with
    few.
    """
    running, silent, streams = set[str](), set[str](), dict[datetime, set[str]]()
    for report in log.reports:
        since = log.alive_since(report.function_version)
        streams.setdefault(since, set()).add(report.stream)
        running |= {report.stream} if report.at >= since else set()
    for since, those in streams.items():
        while left := sorted(those - running - silent)[:MOST_STREAMS]:
            found = pages.first_streams(since, left)
            running |= found
            silent |= set() if found else set(left)
            yield replace(log, running=frozenset(running), silent=frozenset(silent))
