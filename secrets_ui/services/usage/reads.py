"""Who read or changed a secret, by what is kept of CloudTrail's events. AWS is not asked."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet

from ...domain.environment import Environment
from ...domain.texts import BYTE_ORDER_MARK, as_rfc3339, csv_text
from ...domain.usage.reads import (
    BATCH,
    CHANGES,
    KEY_CHANGES,
    READ,
    Coverage,
    First,
    Kind,
    first_reads,
    is_expected,
)
from ...models import TrailCall, TrailPosition

MOST_SHOWN = 50
MOST_SENT = 10_000  # in a file
COLUMNS = (
    *("at", "event", "secret", "version", "reader", "principal", "account", "session"),
    *("source_identity", "service", "address", "error", "this_console", "outside", "new"),
)
# CloudTrail is asked for an hour less than its 90 days (trail.py).
_SLACK = timedelta(hours=1)
_DONE = Q(event=READ, error="")
_CHANGES = (*CHANGES, *KEY_CHANGES)
_KINDS = {
    Kind.ALL: Q(),
    Kind.READS: Q(event__in=(READ, BATCH)),
    Kind.CHANGES: Q(event__in=_CHANGES),
    Kind.REFUSED: ~Q(error=""),
}


@dataclass(frozen=True)
class Reader:
    """What one reader did in the days asked for. `days` are reads that AWS answered, by day.

    `first`: they read after none in the days before; `account` is that of somebody outside.
    """

    name: str
    reads: int
    changes: int
    refused: int
    last: datetime
    days: Mapping[date, int]
    account: str = ""
    is_ours: bool = False
    is_expected: bool = False
    first: First | None = None

    @property
    def is_new(self) -> bool:
        """Of whom it is expected that they read, nobody is."""
        is_first = self.first is not None and self.first.is_sure
        return is_first and not (self.is_ours or self.is_expected)

    @property
    def is_stranger(self) -> bool:
        """Of another account, and not expected."""
        return bool(self.account) and not self.is_expected

    @property
    def stands_out(self) -> bool:
        return self.is_stranger or self.is_new


@dataclass(frozen=True)
class Reads:
    """`readers`: those who stand out first, then by reads. `calls` are the latest that fit the
    filter, of `total`. `quiet` is the number of days without a read after which one is new.
    `coverage` is of reads, `changes` of changes, which are asked for less often.
    """

    environment: Environment
    secret: str
    at: datetime
    days: int
    coverage: Coverage
    readers: tuple[Reader, ...]
    calls: Sequence[TrailCall]
    total: int
    quiet: int
    changes: Coverage

    @property
    def dates(self) -> tuple[date, ...]:
        """Today last."""
        return tuple(self.at.date() - timedelta(days=back) for back in reversed(range(self.days)))

    @property
    def has_reads(self) -> bool:
        return any(reader.reads for reader in self.readers)

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is known yet."""
        return self.coverage.since is None

    @property
    def is_late(self) -> bool:
        return self.coverage.is_late(self.at)

    @property
    def is_short(self) -> bool:
        """Whether the first of the days asked for are not known."""
        since = self.coverage.since
        return since is not None and since > _midnight(self.dates[0]) + _SLACK

    @property
    def is_whole(self) -> bool:
        """Whether the days asked for are known until now."""
        known = self.coverage
        return bool(known.since) and not (known.problem or self.is_late or self.is_short)


def find_reads(
    environment: Environment,
    secret: str,
    days: int,
    *,
    kind: Kind = Kind.ALL,
    reader: str = "",
    most: int = MOST_SHOWN,
) -> Reads:
    """Raises InvalidSecretName and DatabaseError. `reader` is a part of a reader's name."""
    secret, now = environment.secret_name(secret), datetime.now(UTC)
    # Calls about keys stand beside those about the secret.
    of_secret = TrailCall.objects.filter(environment=environment.name, secret__in=(secret, ""))
    start = _midnight(now.date() - timedelta(days=days - 1))
    calls = of_secret.filter(_KINDS[kind], at__gte=start)
    if reader:
        calls = calls.filter(reader__icontains=reader)
    kept_from = now - timedelta(days=settings.READS_KEEP_DAYS)
    coverage = TrailPosition.coverage_of(environment.name, kept_from)
    return Reads(
        environment=environment,
        secret=secret,
        at=now,
        days=days,
        coverage=coverage,
        readers=_readers(of_secret, environment, start, coverage),
        calls=list(calls.order_by("-at", "-pk")[:most]),
        total=calls.count(),
        quiet=settings.READER_QUIET_DAYS,
        changes=TrailPosition.coverage_of(environment.name, kept_from, _CHANGES, _CHANGES),
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _readers(
    calls: QuerySet[TrailCall], environment: Environment, start: datetime, coverage: Coverage
) -> tuple[Reader, ...]:
    quiet = settings.READER_QUIET_DAYS
    counted = TrailCall.days_read(calls.filter(at__gte=start - timedelta(days=quiet)))
    read_on = {reader: days for (_, reader), days in counted.items()}
    first = first_reads(read_on, start.date(), quiet, coverage.first_day)
    rows = (
        calls.filter(at__gte=start)
        .values("reader", "account")
        .annotate(
            reads=Count("pk", filter=_DONE),
            changes=Count("pk", filter=_KINDS[Kind.CHANGES] & Q(error="")),
            refused=Count("pk", filter=_KINDS[Kind.REFUSED]),
            last=Max("at"),
            ours=Max("principal", filter=Q(is_ours=True)),
        )
    )
    readers = [
        Reader(
            name=row["reader"],
            reads=row["reads"],
            changes=row["changes"],
            refused=row["refused"],
            last=row["last"],
            days={
                day: n for day, n in read_on.get(row["reader"], {}).items() if day >= start.date()
            },
            account=environment.other_account(row["account"]),
            is_ours=bool(row["ours"]),
            is_expected=is_expected(row["reader"], environment),
            first=first.get(row["reader"]),
        )
        for row in rows
    ]
    return tuple(sorted(readers, key=lambda r: (not r.stands_out, -r.reads, r.name)))


def as_csv(found: Reads) -> str:
    """A line for each call."""
    lines = [["" if c[name] is None else c[name] for name in COLUMNS] for c in _calls(found)]
    return BYTE_ORDER_MARK + csv_text([COLUMNS, *lines])


def as_json(found: Reads) -> str:
    """Readers and calls, and from when until when they are known."""
    coverage = found.coverage
    document = {
        "environment": found.environment.name,
        "secret": found.secret,
        "read_at": found.at.isoformat(timespec="seconds"),
        "days": found.days,
        "known_since": as_rfc3339(coverage.since),
        "known_until": as_rfc3339(coverage.until),
        "problem": coverage.problem,
        "changes_known_since": as_rfc3339(found.changes.since),
        "changes_known_until": as_rfc3339(found.changes.until),
        "readers": [_reader(reader) for reader in found.readers],
        "total": found.total,
        "calls": list(_calls(found)),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _reader(reader: Reader) -> dict[str, Any]:
    return {
        "reader": reader.name,
        "reads": reader.reads,
        "changes": reader.changes,
        "refused": reader.refused,
        "last": as_rfc3339(reader.last),
        "outside": reader.account or None,
        "this_console": reader.is_ours,
        "expected": reader.is_expected,
        "first_read": reader.first.day.isoformat() if reader.first else None,
        "new": reader.is_new if reader.first is None or reader.first.is_sure else None,
    }


def _calls(found: Reads) -> Iterator[dict[str, Any]]:
    new = {reader.name for reader in found.readers if reader.is_new}
    for call in found.calls:
        yield {**_cells(call, found.environment), "new": call.reader in new}


def _cells(call: TrailCall, environment: Environment) -> dict[str, Any]:
    return {
        "at": as_rfc3339(call.at),
        "event": call.event,
        "secret": call.secret,
        "version": call.version,
        "reader": call.reader,
        "principal": call.principal,
        "account": call.account,
        "session": call.session,
        "source_identity": call.source_identity,
        "service": call.service,
        "address": call.address,
        "error": call.error,
        "this_console": call.is_ours,
        "outside": bool(environment.other_account(call.account)),
    }
