"""A long audit log, as two years of work leave it, with the questions that are hard to answer.

Nine of ten records are of two programs' accounts that never do the same: a filter for the one and
for what the other does finds nothing, in a log that is full of both.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from secrets_ui.domain.audit.chain import FIELDS, GENESIS, record_hash, start

ENVIRONMENTS = ("dev", "staging", "prod")
BEGAN, LASTED = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=730)
_BATCH = 5000
# What each filter is asked for: what many records have, what few and old ones have, what none has.
ASKED = {
    "person": ("deployer", "leaver", "nobody"),
    "environment": ("prod", "qa"),
    "secret": ("prod", "legacy", "nothing"),
    "key": ("KEY_1", "OLD_KEY", "NO_KEY"),
    "action": ("sign_in", "secret.reveal", "role.given"),
    "outcome": ("done", "open", "unknown"),
    "after": ("2026-06-01T00:00", "2027-12-30T00:00", "2030-01-01T00:00"),
    "before": ("2027-06-01T00:00", "2026-01-02T00:00", "2020-01-01T00:00"),
}


def fill(count: int) -> None:
    rows = _chain(count)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # This connection alone: the benchmark would otherwise wait for the disk.
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("PRAGMA cache_size=-400000")
    while batch := list(islice(rows, _BATCH)):
        insert(batch)


def insert(records: list[tuple[Any, ...]]) -> None:
    """Each record by its fields, in their order, and its hash."""
    columns = ", ".join(connection.ops.quote_name(name) for name in (*FIELDS, "hash"))
    places = ", ".join(["%s"] * (len(FIELDS) + 1))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO secrets_ui_auditrecord ({columns}) VALUES ({places})",  # noqa: S608
            records,
        )


def _chain(count: int) -> Iterator[tuple[Any, ...]]:
    state, previous = start(settings.AUDIT_KEY), GENESIS
    for sequence, fields in enumerate(islice(_acts(count), count), start=1):
        at = (BEGAN + LASTED * sequence / count).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        row = [{**_EMPTY, **fields, "sequence": sequence, "at": at}[name] for name in FIELDS]
        previous = record_hash(state, previous, row)
        yield (*row, previous)


_EMPTY = dict.fromkeys(FIELDS, "") | {"keys": "[]", "request_ids": "[]", "details": "{}"}


def _acts(count: int) -> Iterator[dict[str, str]]:
    """Records in turn; an intent is followed by its outcome, but for a few of the oldest."""
    chance, sequence = random.Random(1), 1
    while True:
        share, is_old = chance.random(), sequence < count / 1000
        act = _act(chance, share, is_old=is_old)
        if share < 0.45:
            yield act | {"phase": "event", "outcome": "done" if share < 0.44 else "refused"}
            sequence += 1
            continue
        yield act | {"phase": "intent", "once": f"{sequence:032x}"}
        sequence += 1
        if not (is_old and chance.random() < 0.1):
            outcome = chance.choice(("done",) * 8 + ("failed", "conflict"))
            ended = {"phase": "outcome", "outcome": outcome, "intent": str(sequence - 1)}
            yield act | ended | {"request_ids": '["11111111-2222-4333-8444-555555555555"]'}
            sequence += 1


def _act(chance: random.Random, share: float, *, is_old: bool) -> dict[str, str]:
    if share < 0.45:
        return {"action": "sign_in", "actor": "signer", "address": "192.0.2.7"}
    environment = chance.choice(ENVIRONMENTS)
    name, key = f"service-{chance.randrange(300)}", f"KEY_{chance.randrange(8)}"
    if is_old:
        name, key = f"legacy-{name}", "OLD_KEY"
    return {
        "action": "secret.reveal" if is_old else "secret.save",
        "actor": "leaver" if is_old else "deployer" if share < 0.9 else f"p{int(share * 1000)}",
        "address": "192.0.2.7",
        "environment": environment,
        "secret": f"miyabi/{environment}/{name}",
        "base_version_id": "b" * 64,
        "keys": f'["{key}"]',
        "reason": "OPS-412: replace the token",
    }
