"""Verifies the audit chain, in steps and once a day as a whole; counts events not sent."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from ...domain.audit.chain import Break, Checkpoint, check_tail, verify
from ...domain.errors import AwsError
from ...domain.status.watched import Records
from ...models import StatusDelivery
from .. import configuration
from ..audit.guards import find_unguarded
from ..audit.kept_checkpoints import compare_and_keep
from ..audit.verify import MOST_BREAKS, hash_at, rows
from ..audit.waiting import records_waiting
from .settled import find_settled_then_done

FULL_EVERY = timedelta(hours=24)
LATE = 4  # attempts: a message that has waited for two minutes
SMALL = 20_000  # records: a tenth of a second, so the whole chain is verified in every pass


def watch_records(remembered: Mapping[str, Any]) -> tuple[Records, dict[str, Any]]:
    """Also what the next pass continues from.

    A chain that does not hold is verified as a whole each time, until it does.
    """
    known = _known(remembered)
    is_full = known is None or known.sequence <= SMALL or _is_due(remembered)
    breaks, reached = _verify(None if is_full else known)
    if known and (tail := check_tail(reached, known, hash_at(known.sequence))):
        breaks.append(tail)
    kept_at, not_kept = _keep(remembered, breaks, reached)
    full_at = (
        datetime.now(UTC).isoformat(timespec="seconds") if is_full else str(remembered["full_at"])
    )
    undelivered = StatusDelivery.objects.filter(
        Q(given_up_at__isnull=False) | Q(sent_at__isnull=True, attempts__gte=LATE),
        made_at__gte=datetime.now(UTC) - timedelta(days=7),
    )
    latest = undelivered.order_by("-made_at").values_list("last_error", flat=True).first()
    records = Records(
        reached.sequence,
        reached.hash,
        tuple(found.text for found in breaks),
        full_at,
        undelivered.count(),
        latest or "",
        not_kept,
        _find_unguarded(breaks),
        records_waiting(),
    )
    if breaks:
        return records, dict(remembered) | {"full_at": "", "kept_at": ""}
    return records, {
        "sequence": reached.sequence,
        "hash": reached.hash,
        "count": reached.count,
        "full_at": full_at,
        "kept_at": kept_at,
    }


def _find_unguarded(breaks: list[Break]) -> tuple[tuple[str, str], ...]:
    """Hashes that do not hold name no versions, so nothing is told of these."""
    settled = [] if breaks else list(find_settled_then_done())
    return (*find_unguarded(configuration.environments()), *settled)


def _keep(
    remembered: Mapping[str, Any], breaks: list[Break], reached: Checkpoint
) -> tuple[str, str]:
    """Once a day, in the bucket of checkpoints: when, and why it could not be done.

    The end of a chain with `breaks` is not kept. Where it is not like those that are, `breaks`
    tells.
    """
    kept_at = str(remembered.get("kept_at", ""))
    is_due = not kept_at or datetime.now(UTC) - datetime.fromisoformat(kept_at) >= FULL_EVERY
    if breaks or not is_due:
        return kept_at, ""
    try:
        breaks += compare_and_keep(reached)
    except AwsError as error:
        return kept_at, str(error)
    return datetime.now(UTC).isoformat(timespec="seconds"), ""


def _known(remembered: Mapping[str, Any]) -> Checkpoint | None:
    if not remembered.get("sequence"):
        return None
    return Checkpoint(remembered["sequence"], remembered["hash"], remembered["count"])


def _is_due(remembered: Mapping[str, Any]) -> bool:
    full_at = remembered.get("full_at")
    return not full_at or datetime.now(UTC) - datetime.fromisoformat(full_at) >= FULL_EVERY


def _verify(known: Checkpoint | None) -> tuple[list[Break], Checkpoint]:
    breaks: list[Break] = []
    reached = known or Checkpoint(0, "", 0)
    key, before = settings.AUDIT_KEY, settings.AUDIT_KEYS_BEFORE
    results = (
        verify(rows(known.sequence), key, before=before, previous=known.hash, after=known.sequence)
        if known
        else verify(rows(), key, before=before)
    )
    for result in results:
        if isinstance(result, Checkpoint):
            reached = result
        elif len(breaks) < MOST_BREAKS:
            breaks.append(result)
    return breaks, reached
