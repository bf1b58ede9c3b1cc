"""New readers of each secret, by what is kept of CloudTrail's events; AWS is not asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings

from ...domain.environment import Environment
from ...domain.usage.reads import NewReader, first_reads, is_expected
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
    if coverage.problem:
        return NewReaders({}, f"CloudTrail did not answer: {coverage.problem}")
    if coverage.until and coverage.is_late(now):
        return NewReaders({}, f"they are known until {coverage.until:%Y-%m-%d %H:%M} UTC alone")
    if coverage.first_day is None or coverage.first_day > start - timedelta(days=quiet):
        return NewReaders({}, f"the {quiet} days before are not known yet")
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
    return NewReaders(
        {
            secret: tuple(
                NewReader(reader, first.day, quiet, _other(accounts.get(reader, ""), environment))
                for reader, first in sorted(
                    first_reads(readers, start, quiet, coverage.first_day).items()
                )
            )
            for secret, readers in read_on.items()
        }
    )


def _other(account: str, environment: Environment) -> str:
    return account if account != environment.account else ""
