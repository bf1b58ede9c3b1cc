"""The records of one rotation, gathered from the audit log: nothing else remembers its run."""

from collections.abc import Iterable, Iterator

from ...domain.audit.actions import DECISIONS, ROTATES, Action, Outcome, Phase
from ...models import AuditRecord, Rotation
from ..audit.records import Entry, with_outcomes


def run_of(rotation: Rotation) -> tuple[Entry, ...]:
    """Its records, oldest first: those that name it, proposals put on top of another of its own,
    and what was decided on its proposals. Two queries."""
    near = AuditRecord.objects.filter(
        environment=rotation.environment,
        secret=rotation.secret,
        sequence__gte=rotation.number,
        phase__in=(Phase.EVENT, Phase.INTENT),
        action__in=ROTATES,
    )
    if rotation.ended:
        near = near.filter(sequence__lte=rotation.ended)
    return tuple(_own(rotation, with_outcomes(list(near.order_by("sequence")))))


def _own(rotation: Rotation, entries: Iterable[Entry]) -> Iterator[Entry]:
    sequences, versions = {rotation.number}, set[str]()
    for entry in entries:
        record, details = entry.record, entry.record.parsed_details
        is_decision = record.action in DECISIONS and record.version_id in versions
        is_named = details.get("rotation") == rotation.number
        if not (record.sequence == rotation.number or is_named or is_decision) and (
            details.get("replaces") not in sequences
        ):
            continue
        sequences.add(record.sequence)
        if record.action == Action.PROPOSE and entry.version_id:
            versions.add(entry.version_id)
        yield entry


def is_waiting(run: Iterable[Entry], undecided: Iterable[AuditRecord]) -> bool:
    """Whether a proposal of the run is among those that nobody has decided on."""
    waiting = {int(record.intent) for record in undecided}
    return any(entry.record.sequence in waiting for entry in run)


def is_open(run: Iterable[Entry]) -> bool:
    """Whether a change of the run has no outcome yet: it is under way, or was cut off."""
    changes = (Action.SAVE, Action.PROPOSE, *DECISIONS)
    return any(entry.record.action in changes and entry.ended is None for entry in run)


def done(run: Iterable[Entry], action: Action) -> list[Entry]:
    """The run's acts and events of one kind that took effect, oldest first."""
    return [e for e in run if e.record.action == action and e.outcome == Outcome.DONE]
