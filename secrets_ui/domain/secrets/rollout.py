"""Whether a version has arrived: which running instances of the function have read which version.

arrival.py judges it. An instance is a log stream, and what it holds is what the last line of the
loader in it says (docs/lambda-loader.md, "The line in the log"). Version ids decide, so no two
clocks are compared; the times are CloudWatch's, of the lines.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ..errors import AwsAccessDenied, AwsError, ThingNotFound

# How far back the log is read. Lambda ends instances within hours, so whoever runs now has begun
# within it; and no log group keeps its lines for less:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
WINDOW = timedelta(hours=24)
# An instance on demand without a line for so long is taken to be gone. AWS tells no number; what
# has been measured is less than that.
GONE_AFTER = timedelta(hours=1)
# When the function changes, Lambda ends its instances, each after the request that it is at. Those
# of a published version stay: https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
ENDED_WITHIN = timedelta(seconds=60)
_LATEST = ("", "$LATEST")
# "new": it has the version; "old": another one, and it runs; "gone": another one, and it is taken
# to be gone; "unclear": another one, and whether it runs is not known.
State = Literal["old", "unclear", "new", "gone"]
STATE_WORDS: Mapping[State, str] = {
    "new": "This version",
    "old": "Another version",
    "gone": "Another version, gone",
    "unclear": "Another version, may run",
}


@dataclass(frozen=True)
class Report:
    """One line of the loader. `versions` is by the name or ARN by which a secret was asked for."""

    stream: str
    at: datetime
    versions: Mapping[str, str]
    function_version: str = ""
    initialization_type: str = ""


@dataclass(frozen=True)
class FunctionLog:
    """What was found in the function's log group between `began` and `until`.

    From `since` on it was read in full; None where nothing was. `running` are the streams that have
    a line since `alive_since`, whatever it says, `silent` those that were looked at and have none.
    `function_changed` is when the function's code or configuration last changed, where it is known.
    `has_lines`: whether there was any line at all, asked where there was none of the loader.
    `problem` is what kept the reading from its end: AWS's error, or None where it was our own
    limit.
    """

    group: str
    began: datetime
    until: datetime
    since: datetime | None = None
    reports: tuple[Report, ...] = ()
    running: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    has_lines: bool | None = None
    problem: AwsError | None = None
    function_changed: datetime | None = None

    def alive_since(self, function_version: str) -> datetime:
        """From when on a line shows that an instance of this version of the function runs."""
        an_hour_ago = self.until - GONE_AFTER
        if self.function_changed is None or function_version not in _LATEST:
            return an_hour_ago
        ended = self.function_changed + ENDED_WITHIN
        return max(ended, an_hour_ago) if ended <= self.until else an_hour_ago

    @property
    def is_whole(self) -> bool:
        return self.since is not None and self.since <= self.began


@dataclass(frozen=True)
class Instance:
    """An instance that has read the secret. `version_id` is "" for one that AWS does not list.

    `since` is the first line from which on it has told of this version alone, `last` the last one.
    """

    stream: str
    version_id: str
    since: datetime
    last: datetime
    state: State
    function_version: str = ""
    initialization_type: str = ""


@dataclass(frozen=True)
class Hint:
    """What another source says, and what it is worth."""

    source: str
    text: str
    worth: str


@dataclass(frozen=True)
class Rollout:
    """The answer for one version. `arrived` is None where it is not known, and `reason` says why.

    `current_since` is when the version became current, None where that is not known. `is_current`
    is false where another version is current, or none.
    `old_last_read` is when an instance last read another version. `hints` are weaker evidence,
    which decides nothing.
    """

    environment: str
    secret: str
    version_id: str
    arrived: bool | None
    reason: str
    instances: tuple[Instance, ...]
    current_since: datetime | None
    old_last_read: datetime | None
    log: FunctionLog
    is_current: bool = True
    hints: tuple[Hint, ...] = ()

    @property
    def problem(self) -> AwsError | None:
        return self.log.problem

    @property
    def can_change(self) -> bool:
        """Whether a later look may tell something else: not where AWS refuses to be asked, nor of a
        version that is not current."""
        return self.is_current and not isinstance(self.problem, AwsAccessDenied | ThingNotFound)

    def count(self, *states: State) -> int:
        return sum(instance.state in states for instance in self.instances)

    @property
    def new(self) -> int:
        """The instances that read the version last."""
        return self.count("new")

    @property
    def of(self) -> int:
        """Those, and others that may run."""
        return self.count("new", "old", "unclear")

    @property
    def percent(self) -> int:
        """How far the bar is filled. Never full before it has arrived."""
        share = 100 * self.new // self.of if self.of else 0
        return share if self.arrived else min(share, 99)

    @property
    def headline(self) -> str:
        if self.version_id and not self.is_current:
            return "Another version is current by now"
        if self.arrived:
            return "The version has arrived"
        if self.arrived is None:
            return "It is not known whether the version has arrived"
        return "The version has not arrived everywhere yet"
