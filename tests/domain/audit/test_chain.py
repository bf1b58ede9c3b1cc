"""audit_chain: no two records look alike; what was changed, removed, moved, added, cut off is
named."""

import hashlib
import hmac
import re
import secrets
import uuid
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.audit.chain import (
    FIELDS,
    GENESIS,
    Break,
    Checkpoint,
    check_tail,
    frame,
    record_hash,
    start,
    verify,
    version_id_of,
)
from tests.domain.strategies import ANY_TEXT

KEY = secrets.token_bytes(32)
Row = tuple[Any, ...]


def chain(length: int, key: bytes = KEY, previous: str = GENESIS, first: int = 1) -> list[Row]:
    """Rows of (*FIELDS, hash), as they stand in the table."""
    rows: list[Row] = []
    for sequence in range(first, first + length):
        fields = (sequence, *(f"{name} of {sequence}" for name in FIELDS[1:]))
        previous = record_hash(start(key), previous, fields)
        rows.append((*fields, previous))
    return rows


def found(rows: list[Row], **more: Any) -> tuple[list[Break], Checkpoint]:
    *breaks, reached = verify(rows, KEY, **more)
    assert isinstance(reached, Checkpoint)
    return [b for b in breaks if isinstance(b, Break)], reached


FRAMED = st.lists(ANY_TEXT, max_size=6)


@given(FRAMED, FRAMED)
def test_two_different_lists_of_fields_never_have_the_same_bytes(
    one: list[str], other: list[str]
) -> None:
    assert (frame(one) == frame(other)) is (one == other)


@given(FRAMED)
def test_a_frame_can_be_read_back_so_it_means_one_thing_alone(fields: list[str]) -> None:
    data, read = frame(fields), []
    while data:
        length, _, rest = data.partition(b":")
        read.append(rest[: int(length)].decode("utf-8", "surrogatepass"))
        assert rest[int(length) : int(length) + 1] == b","
        data = rest[int(length) + 1 :]
    assert read == fields


@given(st.lists(ANY_TEXT, min_size=2, max_size=5), st.data())
def test_text_that_moves_to_the_next_field_changes_the_hash(
    fields: list[str], data: st.DataObject
) -> None:
    joined = "".join(fields)
    cut = data.draw(st.integers(0, len(joined)))
    other = [joined[:cut], joined[cut:]]
    assume(other != fields)
    assert record_hash(start(KEY), GENESIS, fields) != record_hash(start(KEY), GENESIS, other)


def test_a_record_s_hash_is_hmac_sha256_over_the_frames() -> None:
    expected = hmac.new(b"key", b"4:prev,1:1,3:\xc3\xa9\n,0:,", hashlib.sha256).hexdigest()
    state = start(b"key")

    assert record_hash(state, "prev", (1, "é\n", "")) == expected
    assert record_hash(state, "prev", (1, "é\n", "")) == expected  # the state was not used up


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_the_hash_depends_on_the_key_and_on_the_record_before(key: bytes, other: bytes) -> None:
    assume(key != other)
    assert record_hash(start(key), GENESIS, ("a",)) != record_hash(start(other), GENESIS, ("a",))
    assert record_hash(start(key), GENESIS, ("a",)) != record_hash(start(key), "1" * 64, ("a",))


def test_a_whole_chain_holds_and_tells_how_far_it_reached() -> None:
    rows = chain(20)
    assert found(rows) == ([], Checkpoint(20, rows[-1][-1], 20))
    assert found([]) == ([], Checkpoint(0, GENESIS, 0))


def test_a_chain_goes_on_from_a_checkpoint() -> None:
    rows = chain(20)
    assert found(rows[12:], previous=rows[11][-1], after=12) == (
        [],
        Checkpoint(20, rows[-1][-1], 20),
    )


@given(st.integers(1, 12), st.integers(0, len(FIELDS)), ANY_TEXT)
def test_s71_a_changed_field_is_found_and_its_record_named(
    place: int, column: int, text: str
) -> None:
    rows = chain(12)
    assume(column != 0 and rows[place - 1][column] != text)
    rows[place - 1] = (*rows[place - 1][:column], text, *rows[place - 1][column + 1 :])
    breaks, reached = found(rows)

    assert breaks[0] == Break(
        place, f"Record {place} does not match its hash: it, or the record before it, was changed."
    )
    assert {b.sequence for b in breaks} <= {place, place + 1}
    assert reached.sequence == 12


@given(st.integers(1, 12))
def test_s71_a_record_made_anew_with_another_key_is_found(place: int) -> None:
    rows = chain(12)
    previous = rows[place - 2][-1] if place > 1 else GENESIS
    forged = (*rows[place - 1][:5], "somebody else", *rows[place - 1][6:-1])
    rows[place - 1] = (*forged, record_hash(start(b"guessed"), previous, forged))

    assert found(rows)[0][0].sequence == place


@given(st.integers(1, 11), st.integers(1, 4))
def test_s71_removed_records_are_found_and_named(place: int, count: int) -> None:
    rows = chain(12)
    assume(place + count <= 12)
    del rows[place - 1 : place - 1 + count]
    last = place + count - 1
    text = (
        f"Record {place} is missing." if count == 1 else f"Records {place} to {last} are missing."
    )

    assert found(rows)[0] == [Break(place, text)]


@given(st.integers(1, 11))
def test_s71_removed_records_are_found_when_the_rest_is_numbered_anew(place: int) -> None:
    rows = chain(12)
    rows = [*rows[: place - 1], *((row[0] - 1, *row[1:]) for row in rows[place:])]

    assert [b.sequence for b in found(rows)[0]] == list(range(place, 12))


@given(st.lists(st.integers(1, 12), min_size=2, max_size=2, unique=True))
def test_s71_records_that_changed_places_are_found_and_named(places: list[int]) -> None:
    rows = chain(12)
    one, other = rows[places[0] - 1], rows[places[1] - 1]
    rows[places[0] - 1], rows[places[1] - 1] = (one[0], *other[1:]), (other[0], *one[1:])

    assert {b.sequence for b in found(rows)[0]} >= set(places)


@given(st.integers(2, 12))
def test_s71_rows_out_of_their_order_are_found_and_named(place: int) -> None:
    rows = chain(12)
    rows[place - 2], rows[place - 1] = rows[place - 1], rows[place - 2]
    breaks = found(rows)[0]

    assert Break(place - 1, f"Record {place - 1} is missing.") in breaks
    assert Break(place - 1, f"Record {place - 1} stands out of order.") in breaks


@given(st.integers(1, 12))
def test_s71_an_inserted_record_is_found_and_named(place: int) -> None:
    rows = chain(12)
    previous = rows[place - 2][-1] if place > 1 else GENESIS
    fields = (place, *rows[0][1:-1])
    inserted = (*fields, record_hash(start(b"guessed"), previous, fields))
    rows = [*rows[: place - 1], inserted, *((row[0] + 1, *row[1:]) for row in rows[place - 1 :])]

    assert found(rows)[0][0].sequence == place


def test_s71_a_record_added_at_the_end_is_found_and_named() -> None:
    rows = chain(3)
    assert [b.sequence for b in found([*rows, (4, *rows[2][1:])])[0]] == [4]


def test_s71_a_record_that_stands_twice_is_found_and_named() -> None:
    rows = chain(3)
    assert {b.sequence for b in found([rows[0], rows[1], rows[1], rows[2]])[0]} == {2}


@pytest.mark.parametrize("stored", ["", "é" * 64, "\ud800", "0" * 63, "G" * 64])
def test_s71_a_hash_overwritten_with_anything_is_named_and_no_crash(stored: str) -> None:
    rows = chain(3)
    rows[1] = (*rows[1][:-1], stored)
    assert [b.sequence for b in found(rows)[0]] == [2, 3]


@pytest.mark.parametrize("number", ["x", None, "2.5", "", "é" * 100])
def test_s71_a_record_without_a_number_is_told_and_no_crash(number: Any) -> None:
    rows = chain(3)
    rows[1] = (number, *rows[1][1:])
    breaks = found(rows)[0]

    assert breaks[0].sequence == 2
    assert "in place of a number" in breaks[0].text


def test_s71_another_key_verifies_nothing() -> None:
    *breaks, _ = verify(chain(4), b"another key")
    assert len(breaks) == 4


@given(st.integers(1, 12))
def test_s72_a_cut_off_tail_looks_whole_and_is_found_against_the_checkpoint(kept: int) -> None:
    rows = chain(13)
    known = found(rows)[1]
    breaks, reached = found(rows[:kept])
    cut = check_tail(reached, known, None)

    assert breaks == []
    assert cut == Break(
        kept + 1,
        f"The chain ends at record {kept}, but a checkpoint knows record 13: the tail was cut off.",
    )


def test_s72_a_tail_that_was_written_anew_is_found_against_the_checkpoint() -> None:
    rows = chain(10)
    known = found(rows)[1]
    fields = (10, *("other" for _ in FIELDS[1:]))
    # By somebody who has the key.
    forged = [*rows[:9], (*fields, record_hash(start(KEY), rows[8][-1], fields))]
    breaks, reached = found(forged)

    assert breaks == []
    assert check_tail(reached, known, forged[9][-1]) == Break(
        10, "Record 10 has another hash than its checkpoint: this is not the same chain."
    )


def test_s72_a_chain_that_grew_since_its_checkpoint_is_whole() -> None:
    rows = chain(10)
    known = Checkpoint(7, rows[6][-1], 7)
    assert check_tail(found(rows)[1], known, rows[6][-1]) is None
    assert check_tail(known, known, rows[6][-1]) is None


def test_s72_a_checkpoint_of_the_empty_chain_holds_for_every_chain() -> None:
    assert check_tail(found(chain(3))[1], Checkpoint(0, GENESIS, 0), None) is None


def test_s72_a_checkpoint_s_record_that_is_gone_is_found() -> None:
    rows = chain(10)
    assert check_tail(found(rows)[1], Checkpoint(7, rows[6][-1], 7), None) is not None


def test_a_version_id_is_the_hash_or_a_uuid_of_its_first_half() -> None:
    digest = hashlib.sha256(b"record").hexdigest()

    assert version_id_of(digest, "hash") == digest
    assert re.fullmatch(r"[0-9a-f]{64}", version_id_of(digest, "hash"))
    assert uuid.UUID(version_id_of(digest, "uuid")).hex == digest[:32]
    assert len(version_id_of(digest, "uuid")) == 36


def test_every_field_of_a_record_is_in_its_hash() -> None:
    row = chain(1)[0]
    for column in range(len(FIELDS)):
        changed = (*row[:column], 99 if column == 0 else "changed", *row[column + 1 : -1])
        assert record_hash(start(KEY), GENESIS, changed) != row[-1], FIELDS[column]


def test_s71_records_that_are_missing_before_a_change_of_keys_are_all_that_is_told() -> None:
    rows = changed_chain()
    assert found(rows, before=[b"old"])[0] == []
    breaks, _ = found([*rows[:2], *rows[4:]], before=[b"old"])
    assert [each.text for each in breaks] == ["Records 3 to 4 are missing."]


def test_s71_another_key_takes_over_at_no_other_record() -> None:
    old = chain(2, b"old")
    breaks, _ = found([*old, *chain(2, previous=old[-1][-1], first=3)], before=[b"old"])
    assert breaks[0].sequence == 3


def changed_chain() -> list[Row]:
    """Four records under an old key, the change as the fifth, three more under the new one."""
    old = chain(4, b"old")
    fields = (5, *(Action.CHANGE_AUDIT_KEY if name == "action" else name for name in FIELDS[1:]))
    change = (*fields, record_hash(start(KEY), old[-1][-1], fields))
    return [*old, change, *chain(3, previous=change[-1], first=6)]


@pytest.mark.parametrize("known", range(9))
def test_a_chain_goes_on_from_a_checkpoint_before_or_after_a_change_of_keys(known: int) -> None:
    rows = changed_chain()
    previous = rows[known - 1][-1] if known else GENESIS
    breaks, reached = found(rows[known:], before=[b"old"], previous=previous, after=known)
    assert (breaks, reached.sequence) == ([], 8)


def test_s71_records_that_an_old_key_sealed_after_the_checkpoint_are_not_enough() -> None:
    rows = changed_chain()
    forged = chain(2, b"old", previous=rows[6][-1], first=8)
    breaks, _ = found(forged, before=[b"old"], previous=rows[6][-1], after=7)
    assert "no record is sealed with AUDIT_KEY" in breaks[-1].text
