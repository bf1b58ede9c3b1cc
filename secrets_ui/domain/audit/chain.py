"""The audit chain: the canonical form of a record, its hash, and the verification of a run of
records.

Each record's hash is an HMAC-SHA-256 over the hash before it and the record's own fields. The key
is kept outside the database, so a chain cannot be recomputed by whoever can write to the table.
Fields are framed by their length: two different records never have the same bytes.
"""

import hashlib
import hmac
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .actions import Action

GENESIS = "0" * 64
# In this order they are hashed and stored; sequence is a number, all others are text. JSON members
# are hashed as they are stored. `once` holds the idempotency key of an intent.
FIELDS = (
    "sequence", "at", "phase", "action", "outcome", "actor", "address", "environment", "secret",
    "version_id", "base_version_id", "keys", "reason", "request_ids", "intent", "once", "details",
)  # fmt: skip


@dataclass(frozen=True)
class Checkpoint:
    """A state of the chain, kept in a second place: record `sequence` had `hash`, and there were
    `count` records."""

    sequence: int
    hash: str
    count: int


@dataclass(frozen=True)
class Break:
    """A place where the chain does not hold; `sequence` names the record."""

    sequence: int
    text: str


def record_hash(state: hmac.HMAC, previous: str, fields: Iterable[object]) -> str:
    """The 64 hex characters of a record.

    `state` is an HMAC of the key without data; it is copied, never changed.
    """
    mac = state.copy()
    mac.update(frame((previous, *fields)))
    return mac.hexdigest()


def frame(fields: Iterable[object]) -> bytes:
    """Length-prefixed UTF-8 of each field, so that no field can run into its neighbour.

    Lengths are in bytes.
    """
    texts = [*map(str, fields)]
    try:
        # Most are short and in ASCII, where a character is a byte: in half the time of the other.
        return "".join([f"{_LENGTHS[len(text)]}{text}," for text in texts]).encode("ascii")
    except (IndexError, UnicodeEncodeError):
        parts = [text.encode("utf-8", "surrogatepass") for text in texts]
        return b"".join([b"%d:%b," % (len(part), part) for part in parts])


_LENGTHS = [f"{length}:" for length in range(1000)]


def start(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod=hashlib.sha256)


def version_id_of(record_hash: str, form: str) -> str:
    """The ClientRequestToken of an intent, which AWS makes the VersionId: its hash, or the hash cut
    to a UUID. `form` is the setting, "hash" or "uuid"."""
    return record_hash if form == "hash" else str(uuid.UUID(hex=record_hash[:32]))


def verify(
    rows: Iterable[Sequence[object]],
    key: bytes,
    *,
    before: Sequence[bytes] = (),
    previous: str = GENESIS,
    after: int = 0,
) -> Iterator[Break | Checkpoint]:
    """Checks rows of (*FIELDS, hash) in order of sequence.

    Yields a Break for each place that does not hold, and last the Checkpoint that was reached.
    `before` are the keys used before `key`, oldest first. The chain passes from one key to the next
    at a record of Action.CHANGE_AUDIT_KEY, never back, and has to reach the last one. `previous`
    and `after` continue from an earlier checkpoint.
    """
    states = [start(each) for each in (*before, key)]
    expected, count, resumes = after + 1, after, bool(after)
    for row in rows:
        try:
            number, stored = row[0], str(row[-1])
            sequence = number if isinstance(number, int) else int(str(number))
        except ValueError:
            # SQLite takes any type into any column.
            yield Break(expected, f"A record has {str(row[0])[:40]!r} in place of a number.")
            continue
        if sequence > expected:
            yield Break(expected, _missing(expected, sequence - 1))
        elif sequence < expected:
            yield Break(sequence, f"Record {sequence} stands out of order.")
        # Earlier changes of keys may lie behind the checkpoint.
        if resumes:
            states, resumes = _from_the_key_of(row, states, previous), False
        is_sealed = _is_sealed(states[0], previous, row)
        if not is_sealed and _hands_over(states, previous, row, after_gap=sequence > expected):
            states, is_sealed = states[1:], True
        if not is_sealed and sequence <= expected:
            yield Break(sequence, _CHANGED.format(sequence))
        previous, expected, count = stored, max(expected, sequence + 1), count + 1
    if states[1:] and not resumes:
        yield Break(expected, _ENDS_EARLY)
    yield Checkpoint(expected - 1, previous, count)


_CHANGED = "Record {} does not match its hash: it, or the record before it, was changed."
_ENDS_EARLY = "The chain ends before its last change of keys: no record is sealed with AUDIT_KEY."
_ACTION = FIELDS.index("action")


def _is_sealed(state: hmac.HMAC, previous: str, row: Sequence[object]) -> bool:
    # Both are in the database for whoever reads it: the time that this takes tells nothing.
    return record_hash(state, previous, row[:-1]) == row[-1]


def _from_the_key_of(
    row: Sequence[object], states: list[hmac.HMAC], previous: str
) -> list[hmac.HMAC]:
    """The keys from the one that hashed this record on; all of them where none did."""
    return next(
        (states[n:] for n, state in enumerate(states) if _is_sealed(state, previous, row)), states
    )


def _hands_over(
    states: Sequence[hmac.HMAC], previous: str, row: Sequence[object], *, after_gap: bool
) -> bool:
    """Whether the next key takes over with this record.

    After a gap no hash can be checked, and the gap itself is reported.
    """
    if not states[1:] or row[_ACTION] != Action.CHANGE_AUDIT_KEY:
        return False
    return after_gap or _is_sealed(states[1], previous, row)


def _missing(first: int, last: int) -> str:
    return (
        f"Record {first} is missing."
        if first == last
        else f"Records {first} to {last} are missing."
    )


def check_tail(reached: Checkpoint, known: Checkpoint, hash_at: str | None) -> Break | None:
    """Against a checkpoint kept elsewhere: a cut-off tail, or another chain.

    `hash_at` is the stored hash of record `known.sequence`.
    """
    if reached.sequence < known.sequence:
        return Break(
            reached.sequence + 1,
            f"The chain ends at record {reached.sequence}, but a checkpoint knows record "
            f"{known.sequence}: the tail was cut off.",
        )
    if (hash_at or GENESIS) != known.hash:
        return Break(
            known.sequence,
            f"Record {known.sequence} has another hash than its checkpoint: this is not the same "
            "chain.",
        )
    return None
