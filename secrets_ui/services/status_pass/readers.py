"""New readers of each secret, by what is kept of CloudTrail's events; AWS is not asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings

from ...domain.environment import Environment
from ...domain.usage.reads import Coverage, NewReader, first_reads, is_expected
from ...models import TrailCall, TrailPosition


@dataclass(frozen=True)
class NewReaders:
    """By secret; `problem` says why they are not known, "" where they are."""

    by_secret: Mapping[str, tuple[NewReader, ...]]
    problem: str = ""

    def of(self, secret: str) -> tuple[NewReader, ...] | None:
        return None if self.problem else self.by_secret.get(secret, ())


def find_new_readers(environment: Environment, now: datetime) -> NewReaders:
    """Of the last STATUS_OUTSIDE_DAYS days. Whoever may be new or not, since the days before are
    not known, is none. Raises DatabaseError.
    """
    quiet = settings.READER_QUIET_DAYS
    start = now.astimezone(UTC).date() - timedelta(days=settings.STATUS_OUTSIDE_DAYS)
    coverage = TrailPosition.coverage_of(
        environment.name, now - timedelta(days=settings.READS_KEEP_DAYS)
    )
    if why := _why_unknown(coverage, now, start - timedelta(days=quiet)):
        return NewReaders({}, why)
    calls = TrailCall.objects.filter(
        environment=environment.name,
        is_ours=False,
        at__gte=datetime.combine(start - timedelta(days=quiet), time.min, UTC),
    )
    read_on = dict[str, dict[str, dict[date, int]]]()
    for (secret, reader), days in TrailCall.days_read(calls).items():
        if not is_expected(reader, environment):
            read_on.setdefault(secret, {})[reader] = days
    accounts = dict(calls.exclude(account="").values_list("reader", "account").distinct())

    def new(readers: Mapping[str, Mapping[date, int]]) -> tuple[NewReader, ...]:
        found = first_reads(readers, start, quiet, coverage.first_day)
        return tuple(
            NewReader(reader, first.day, quiet, environment.other_account(accounts.get(reader, "")))
            for reader, first in sorted(found.items())
        )

    return NewReaders({secret: new(readers) for secret, readers in read_on.items()})


def _why_unknown(coverage: Coverage, now: datetime, first: date) -> str:
    """`first` is the day from which on reads have to be known; "" where they are."""
    if coverage.problem:
        return f"CloudTrail did not answer: {coverage.problem}"
    if coverage.until and coverage.is_late(now):
        return f"they are known until {coverage.until:%Y-%m-%d %H:%M} UTC alone"
    if coverage.first_day is None or coverage.first_day > first:
        return f"the {settings.READER_QUIET_DAYS} days before are not known yet"
    return ""
