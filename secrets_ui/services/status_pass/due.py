"""Keeps when keys are due, and tells of it ahead, each step of a date once."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import cast
from urllib.parse import urljoin

from django.conf import settings
from django.db import transaction

from ...domain.environment import Environment
from ...domain.secrets.due import DueDate, Why, step_of
from ...domain.status.due_message import DueLine, DueMessage
from ...domain.status.status import join
from ...domain.texts import storable
from ...models import KeyDue
from .. import configuration
from ..secrets.debts import Debt, to_rotate
from .judge import Judged
from .lock import hold_status
from .outbox import put_in_outbox

_NAMED = 3  # people who know a value
# Of a secret, key and reason.
_Identity = tuple[str, str, str]
_Kept = Mapping[_Identity, KeyDue]


def keep_due(judged: Judged) -> None:
    """What is told and that it was told are one transaction. Raises DatabaseError."""
    environment = judged.environment
    with transaction.atomic(durable=True):
        hold_status()
        of_environment = KeyDue.objects.filter(environment=environment.name)
        before = {_identity(row): row for row in of_environment}
        rows = list(_rows(judged, before))
        of_environment.delete()
        told = list(_news(rows, judged.at))
        KeyDue.objects.bulk_create(rows, batch_size=200)
        for days in sorted({days for days, _ in told}):
            lines = [_line(environment, row) for step, row in told if step == days]
            lines.sort(key=lambda line: (line.at, line.secret, line.key))
            at = judged.at.isoformat(timespec="seconds")
            _tell(DueMessage(environment.name, days, tuple(lines), at), judged.at)


def _identity(row: KeyDue) -> _Identity:
    return row.secret, row.key, row.why


def _rows(judged: Judged, before: _Kept) -> Iterator[KeyDue]:
    """What this pass found, and what it could not learn anew."""
    found = {
        (secret, date.key, str(date.why)): _row(judged, secret, date, before)
        for secret, date in _dates(judged, before)
    }
    yield from found.values()
    unknown = {row.secret: row.due.unknown for row in judged.rows if row.secret}
    for identity, row in before.items():
        is_unlisted = row.secret not in unknown and not judged.is_whole and row.why != Why.KNOWN
        if identity not in found and (is_unlisted or row.why in unknown.get(row.secret, ())):
            row.pk = None
            yield row


def _dates(judged: Judged, before: _Kept) -> Iterator[tuple[str, DueDate]]:
    for row in judged.rows:
        for date in row.due.found:
            # An answer that is missing takes none back.
            is_answer = date.at or date.why not in row.due.unknown
            if is_answer or (row.secret, date.key, str(date.why)) not in before:
                yield row.secret, date
    by_key: dict[tuple[str, str], list[Debt]] = {}
    for debt in to_rotate([judged.environment]):
        # As the database gives it back, or each pass would take it for another key.
        by_key.setdefault((debt.secret, storable(debt.key)), []).append(debt)
    for (secret, key), debts in by_key.items():
        known = before.get((secret, key, str(Why.KNOWN)))
        since = known.at if known else judged.at
        yield secret, DueDate(key, Why.KNOWN, since, f"Known to {_who(debts)}.")


def _who(debts: Iterable[Debt]) -> str:
    people = [f"{debt.person} ({debt.why})" for debt in debts]
    more = len(people) - _NAMED
    return join([*people[:_NAMED], f"{more} more"] if more > 0 else people)


def _row(judged: Judged, secret: str, date: DueDate, before: _Kept) -> KeyDue:
    old = before.get((secret, date.key, str(date.why)))
    is_same_day = bool(old and old.at and date.at and old.at.date() == date.at.date())
    return KeyDue(
        environment=judged.environment.name,
        secret=secret,
        key=date.key,
        why=date.why,
        at=date.at,
        text=date.text[:500],
        is_exact=date.is_exact,
        read_at=judged.at,
        told=old.told if old and is_same_day else None,
    )


def _news(rows: Iterable[KeyDue], now: datetime) -> Iterator[tuple[int, KeyDue]]:
    """What is to be told now, and by how many days ahead; the rows note it."""
    for row in rows:
        days = step_of(row.why, row.at, now)
        if days is not None and (row.told is None or days < row.told):
            row.told = days
            yield days, row


def _line(environment: Environment, row: KeyDue) -> DueLine:
    key = configuration.spec_of(environment, row.secret).rules_of(row.key)
    at = cast(datetime, row.at)  # without one there is no step
    return DueLine(row.secret, row.key, at, row.text, key.owner, key.runbook)


def _tell(message: DueMessage, at: datetime) -> None:
    page = f"/{message.environment}/due"
    address = urljoin(settings.STATUS_ADDRESS, page) if settings.STATUS_ADDRESS else ""
    put_in_outbox(message, "findings", message.environment, at, address=address)
