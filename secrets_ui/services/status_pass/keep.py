"""Last stage: keeps snapshots, history and events in one transaction."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from django.conf import settings
from django.db import transaction

from ...checks.status import ACKNOWLEDGED
from ...domain.access.finding import Status
from ...domain.status.events import Change, Event, events_of, follow
from ...domain.status.history import DAYS
from ...domain.status.status import StatusFinding, status_of, worst
from ...models import Acknowledgement, StatusDelivery, StatusSnapshot, StatusSpan
from .due import keep_due
from .judge import Judged, Row
from .lock import hold_status
from .outbox import put_in_outbox

CHUNK = 200
FORGET = timedelta(days=DAYS + 10)  # spans
DELIVERIES = timedelta(days=30)


def keep_judged(judged: Judged) -> list[Event]:
    """Last stage; returns the events. Raises DatabaseError."""
    events = keep_status(judged.environment.name, judged.rows, judged.at, is_whole=judged.is_whole)
    keep_due(judged)
    return events


def keep_status(
    environment: str, rows: Sequence[Row], at: datetime, *, is_whole: bool
) -> list[Event]:
    """Returns the events. Raises DatabaseError.

    `is_whole`: True when the rows cover every secret; snapshots of others are deleted.
    """
    with transaction.atomic(durable=True):
        old = snapshots_to_change(environment)
        return keep_rows(environment, old, rows, at, is_whole=is_whole)


def snapshots_to_change(environment: str) -> dict[str, StatusSnapshot]:
    """By secret. Nobody else changes any until the transaction ends, or says that a finding is
    acknowledged."""
    hold_status()
    return {s.secret: s for s in StatusSnapshot.objects.filter(environment=environment)}


def keep_rows(
    environment: str,
    old: Mapping[str, StatusSnapshot],
    rows: Sequence[Row],
    at: datetime,
    *,
    is_whole: bool,
) -> list[Event]:
    """The same within a transaction. `old` are the environment's snapshots."""
    known = _acknowledgements(environment)
    snapshots, changes = [], list[Change]()
    for row in rows:
        found = [_with_acknowledgement(f, row.secret, known) for f in row.findings]
        kept, news = follow(findings_of(old.get(row.secret)), found, row.secret, at)
        snapshots.append(_snapshot(environment, row, kept, at))
        changes += news
    gone = (
        [name for name in old if name and name not in {row.secret for row in rows}]
        if is_whole
        else []
    )
    for name in gone:
        changes += follow(findings_of(old[name]), (), name, at)[1]
    _write(environment, snapshots, gone)
    events = list(events_of(environment, changes, at))
    StatusDelivery.objects.filter(made_at__lt=at - DELIVERIES).delete()
    for event in events:
        put_in_outbox(event, "findings", environment, at)
    if environment:
        left = {name: s for name, s in old.items() if name not in gone}
        left |= {s.secret: s for s in snapshots}
        _extend_history(environment, worst(_status(s) for s in left.values()), at)
    return events


_Known = Mapping[tuple[str, str, str], Acknowledgement]


def _acknowledgements(environment: str) -> _Known:
    found = Acknowledgement.objects.filter(environment=environment)
    return {(known.secret, known.claim, known.about): known for known in found}


def _with_acknowledgement(finding: StatusFinding, secret: str, known: _Known) -> StatusFinding:
    found = known.get((secret, *finding.identity))
    if found is None or finding.check not in ACKNOWLEDGED:
        return finding
    return replace(
        finding,
        acknowledged_by=found.actor,
        acknowledged_at=found.at.isoformat(timespec="seconds"),
        acknowledged_why=found.reason,
    )


def _status(snapshot: StatusSnapshot) -> Status:
    return cast(Status, snapshot.status)


def findings_of(snapshot: StatusSnapshot | None) -> tuple[StatusFinding, ...]:
    return (
        tuple(StatusFinding.from_json(f) for f in json.loads(snapshot.findings)) if snapshot else ()
    )


def _snapshot(
    environment: str, row: Row, findings: Iterable[StatusFinding], at: datetime
) -> StatusSnapshot:
    findings = tuple(findings)
    return StatusSnapshot(
        environment=environment,
        secret=row.secret,
        status=status_of(findings),
        at=at,
        findings=json.dumps([f.to_json() for f in findings]),
        remembered=json.dumps(dict(row.remembered)),
    )


def _write(environment: str, snapshots: Sequence[StatusSnapshot], gone: Sequence[str]) -> None:
    StatusSnapshot.objects.bulk_create(
        snapshots,
        batch_size=CHUNK,
        update_conflicts=True,
        unique_fields=["environment", "secret"],
        update_fields=["status", "at", "findings", "remembered"],
    )
    for start in range(0, len(gone), CHUNK):
        StatusSnapshot.objects.filter(
            environment=environment, secret__in=gone[start : start + CHUNK]
        ).delete()


def _extend_history(environment: str, status: Status, at: datetime) -> None:
    """A gap longer than a result stays fresh begins a new span: nothing was checked in it."""
    last = StatusSpan.objects.filter(environment=environment).order_by("-seen_at", "-pk").first()
    stale = timedelta(seconds=settings.STATUS_STALE_SECONDS)
    if last and last.status == status and at - last.seen_at <= stale:
        StatusSpan.objects.filter(pk=last.pk).update(seen_at=at)
    else:
        StatusSpan.objects.create(environment=environment, status=status, began_at=at, seen_at=at)
    StatusSpan.objects.filter(seen_at__lt=at - FORGET).delete()
