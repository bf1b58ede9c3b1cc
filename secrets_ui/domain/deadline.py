"""Until when an act may send what changes something in AWS, and from when on nothing that it sent
can still take effect."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

# Seconds after the intent. Nothing that changes AWS is sent later than that.
ACT_SECONDS = 30
# Seconds after the date of its signature at which AWS refuses a request at the latest, as
# RequestExpired: https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
SIGNATURE_SECONDS = 15 * 60
# Seconds that AWS may take to carry out what it has accepted; the seconds of its dates, which have
# no fractions, are in it.
WORK_SECONDS = 60
OVER_SECONDS = ACT_SECONDS + SIGNATURE_SECONDS + WORK_SECONDS

# A clock that nobody can set. Linux has one that goes on while the machine is suspended.
_UNSET_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def uptime() -> float:
    """Seconds since some moment, by a clock that nobody can set."""
    return time.clock_gettime(_UNSET_CLOCK)


@dataclass(frozen=True)
class Deadline:
    """A moment by two clocks: `date` by the wall clock, which signatures carry to AWS and which can
    be set; `instant` by `clock`, in seconds, which cannot.
    """

    date: datetime
    instant: float
    clock: Callable[[], float] = uptime

    @classmethod
    def after(cls, began: datetime, clock: Callable[[], float] = uptime) -> Deadline:
        """That of an act whose intent was recorded at `began`, just now."""
        return cls(began + timedelta(seconds=ACT_SECONDS), clock() + ACT_SECONDS, clock)

    def allows(self, dated: datetime) -> bool:
        """Whether something of this date may still be sent now."""
        return dated <= self.date and self.clock() <= self.instant


def is_over(began: datetime, aws_time: datetime | None) -> bool:
    """Whether nothing of an act can take effect any more that began at `began`; no, where AWS's
    time is not known.

    No clock of the console decides it. The act sent nothing that is dated later than its deadline,
    which counts from `began`; and AWS, whose clock shows `aws_time`, takes no request whose date is
    SIGNATURE_SECONDS old. So a process that was suspended between its last look at the clock and
    the sending, a request that lay about in the network, and clocks that differ or jump, all end in
    a refusal by AWS.
    """
    return aws_time is not None and aws_time - began >= timedelta(seconds=OVER_SECONDS)
