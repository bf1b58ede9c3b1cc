"""The status as it is kept, for pages, JSON and metrics.

Asks the database alone, so AWS's trouble never keeps a page waiting.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from django.conf import settings
from django.db.models import Case, Value, When

from ...domain.access.finding import Status
from ...domain.environment import Environment
from ...domain.status.history import DAYS, Span, strip
from ...domain.status.status import (
    TROUBLE,
    EnvironmentStatus,
    StatusFinding,
    age_text,
    headline,
    owners_of,
    runbooks_of,
    shown_status,
    worst,
)
from ...models import StatusRunner, StatusSnapshot, StatusSpan
from .. import configuration
from ..status_pass.keep import findings_of
from ..status_pass.lock import ONLY
from .board import EnvironmentSummary, Runner, StatusBoard, StatusRow, Trouble

# Since a runner last gave a sign; during a pass it gives none but the lease.
ALIVE = timedelta(seconds=60)
ROWS = 100  # on an environment's own page

_Short = list[tuple[str, str, Status, datetime]]  # environment, secret, status, at


def read_status(environments: Sequence[Environment]) -> StatusBoard:
    """Five queries, whatever the number of secrets.

    Findings are read only of rows that have some to report. Raises DatabaseError.
    """
    now = datetime.now(UTC)
    names = [environment.name for environment in environments]
    found = StatusSnapshot.objects.filter(environment__in=names)
    short = cast(_Short, list(found.values_list("environment", "secret", "status", "at")))
    rows = _with_findings(names, now)
    record = next((row for name, row in rows if not name), None)
    troubles = _grouped(
        (name, row, f)
        for name, row in rows
        for f in row.troubles
        if not row.is_stale or f.status == "fail"
    )
    unchecked = _grouped(
        (name, row, f)
        for name, row in rows
        if not row.secret
        for f in row.unchecked
        if not f.is_trouble
    )
    spans = _spans(names, now)
    summaries = tuple(
        _summary(e, short, troubles, spans.get(e.name, []), now) for e in environments
    )
    statuses = [summary.current for summary in summaries]
    if record and record.status != "pass":
        statuses.append(_of_record(record, troubles))
    return StatusBoard(
        headline(statuses, now), summaries, troubles, unchecked, record, _runner(now), now
    )


def _with_findings(names: list[str], now: datetime) -> list[tuple[str, StatusRow]]:
    """Rows that are not healthy, and those of the environments and of the record."""
    found = StatusSnapshot.objects.filter(environment__in=[*names, ""]).exclude(
        status="pass", secret__gt=""
    )
    ordered = sorted(found, key=lambda s: (configuration.place_of(s.environment), s.secret))
    return [(s.environment, _row(s, now)) for s in ordered]


def _row(snapshot: StatusSnapshot, now: datetime) -> StatusRow:
    status: Status = snapshot.status  # type: ignore[assignment]
    shown, is_stale = shown_status(status, snapshot.at, now, _stale()), now - snapshot.at > _stale()
    return StatusRow(snapshot.secret, shown, snapshot.at, is_stale, findings_of(snapshot))


def _stale() -> timedelta:
    return timedelta(seconds=settings.STATUS_STALE_SECONDS)


def _grouped(found: Iterable[tuple[str, StatusRow, StatusFinding]]) -> tuple[Trouble, ...]:
    """The same finding of many secrets is one line.

    Worst first, then the one that is there the longest.
    """
    groups: dict[tuple[str, str, str, Status], list[tuple[str, StatusFinding]]] = {}
    for name, row, finding in found:
        groups.setdefault((name, finding.check, finding.about, finding.status), []).append(
            (row.secret, finding)
        )
    troubles = []
    for (name, *_), members in groups.items():
        members.sort(key=lambda member: member[0])
        same = [finding for _, finding in members]
        secrets = tuple(secret for secret, _ in members)
        troubles.append(Trouble(name, same[0], secrets, owners_of(same), runbooks_of(same)))
    rank = {status: number for number, status in enumerate((*TROUBLE, "skipped", "pass"))}
    return tuple(
        sorted(
            troubles,
            key=lambda t: (
                rank[t.finding.status],
                t.finding.since,
                configuration.place_of(t.environment),
                t.finding.check,
                t.finding.about,
            ),
        )
    )


def _summary(
    environment: Environment,
    short: _Short,
    troubles: Sequence[Trouble],
    spans: Sequence[Span],
    now: datetime,
) -> EnvironmentSummary:
    rows = [(secret, status, at) for name, secret, status, at in short if name == environment.name]
    shown = [(secret, shown_status(status, at, now, _stale())) for secret, status, at in rows]
    own = [t for t in troubles if t.environment == environment.name]
    status = worst(s for _, s in shown)
    oldest = min((at for _, _, at in rows), default=None)
    numbers: Counter[Status] = Counter(t.finding.status for t in own)
    since = min((t.finding.since for t in own if t.finding.status == status), default="")
    is_stale = oldest is not None and now - oldest > _stale()
    current = EnvironmentStatus(
        environment.name,
        status,
        oldest,
        is_stale,
        numbers,
        since,
        _why(environment, oldest, is_stale, own, now),
    )
    counts: Counter[Status] = Counter(s for secret, s in shown if secret)
    return EnvironmentSummary(environment, current, counts, strip(spans, now.date()))


def _why(
    environment: Environment,
    at: datetime | None,
    is_stale: bool,
    own: Sequence[Trouble],
    now: datetime,
) -> str:
    """Why nothing is known, as the end of a sentence."""
    if at is None:
        return f"{environment.name} has not been checked yet"
    unknown = [t.finding for t in own if t.finding.status == "unknown"]
    if len(unknown) == 1:
        return unknown[0].text.rstrip(".")
    if is_stale and not unknown:
        return f"{environment.name} was last checked {age_text(now - at)}"
    return ""


def _of_record(record: StatusRow, troubles: Sequence[Trouble]) -> EnvironmentStatus:
    own = [t for t in troubles if not t.environment]
    numbers: Counter[Status] = Counter(t.finding.status for t in own)
    since = min((t.finding.since for t in own if t.finding.status == record.status), default="")
    why = "" if own else "the audit log was not checked recently"
    return EnvironmentStatus(
        "the audit log", record.status, record.at, record.is_stale, numbers, since, why
    )


def _spans(names: list[str], now: datetime) -> dict[str, list[Span]]:
    since = now - timedelta(days=DAYS)
    found = StatusSpan.objects.filter(environment__in=names, seen_at__gte=since)
    spans: dict[str, list[Span]] = {}
    for environment, status, began, seen in found.values_list(
        "environment", "status", "began_at", "seen_at"
    ):
        spans.setdefault(environment, []).append(Span(status, began, seen))  # type: ignore[arg-type]
    return spans


def _runner(now: datetime) -> Runner:
    row = StatusRunner.objects.filter(pk=ONLY).first()
    if row is None:
        return Runner(False, 0, False, False, None, {})
    is_running = row.lease_until is not None and row.lease_until > now
    is_alive = (
        row.every > 0 and row.alive_at is not None and (is_running or now - row.alive_at < ALIVE)
    )
    return Runner(
        is_alive,
        row.every,
        row.wanted_at is not None,
        is_running,
        row.ended_at,
        json.loads(row.took),
        row.alive_at,
    )


def is_runner_alive() -> bool:
    return _runner(datetime.now(UTC)).is_alive


def want_a_pass() -> None:
    """The runner begins one within seconds. Raises DatabaseError."""
    StatusRunner.objects.get_or_create(pk=ONLY)
    StatusRunner.objects.filter(pk=ONLY).update(wanted_at=datetime.now(UTC))


def rows_of(
    environment: Environment, status: str = "", after: str = ""
) -> tuple[tuple[StatusRow, ...], str]:
    """A page of an environment's rows by name, the environment itself first.

    Also the name to continue after, "" at the end.
    """
    found = StatusSnapshot.objects.filter(environment=environment.name)
    if status:
        found = found.filter(status=status)
    if after:
        found = found.filter(secret__gt=after)
    page = list(found.order_by("secret")[: ROWS + 1])
    now = datetime.now(UTC)
    rows = tuple(_row(snapshot, now) for snapshot in page[:ROWS])
    return rows, rows[-1].secret if len(page) > ROWS else ""


def row_of(environment: Environment, secret: str) -> StatusRow | None:
    """What the last pass found of one secret; None where none has looked. Raises DatabaseError."""
    found = StatusSnapshot.objects.filter(environment=environment.name, secret=secret).first()
    return _row(found, datetime.now(UTC)) if found else None


def first_rows(environment: Environment, number: int) -> tuple[StatusRow, ...]:
    """The worst first; the environment itself before all others."""
    now = datetime.now(UTC)
    rank = Case(
        *(When(status=status, then=Value(number)) for number, status in enumerate(TROUBLE)),
        default=Value(len(TROUBLE)),
    )
    itself = Case(When(secret="", then=Value(0)), default=Value(1))
    found = StatusSnapshot.objects.filter(environment=environment.name).order_by(
        itself, rank, "secret"
    )
    return tuple(_row(snapshot, now) for snapshot in found[:number])


def all_rows(environment: Environment) -> Iterable[StatusRow]:
    now = datetime.now(UTC)
    for snapshot in (
        StatusSnapshot.objects.filter(environment=environment.name)
        .order_by("secret")
        .iterator(chunk_size=500)
    ):
        yield _row(snapshot, now)
