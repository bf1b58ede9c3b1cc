"""What counts as a change made outside this console, and what does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from secrets_ui.domain.secrets.secret import Secret
from secrets_ui.domain.status.outside_changes import (
    ChainKnowledge,
    OutsideChange,
    SecretSnapshot,
    document_hash,
    find_changes,
)

NOW = datetime(2026, 11, 25, 2, 14, tzinfo=UTC)
EDITED = NOW - timedelta(minutes=3)
V1, V2, V3 = "1" * 32, "2" * 32, "3" * 32
KNOWN, UNKNOWN = ChainKnowledge(True, V2), ChainKnowledge(False, V1)
BEFORE = SecretSnapshot(V1, {"AWSCURRENT": V1, "PIN": V1}, "key-1", "hash-1", False)
AFTER_EDIT = replace(BEFORE, current=V2, labels={"AWSCURRENT": V2, "AWSPREVIOUS": V1, "PIN": V1})


def kinds(
    before: SecretSnapshot | None, now: SecretSnapshot, chain: ChainKnowledge = KNOWN
) -> list[str]:
    return [change.kind for change in find_changes(before, now, chain, NOW, EDITED)]


@pytest.mark.parametrize(
    ("before", "now", "chain", "expected"),
    [
        (BEFORE, BEFORE, KNOWN, []),
        (BEFORE, AFTER_EDIT, KNOWN, []),
        (BEFORE, AFTER_EDIT, UNKNOWN, ["version"]),
        (BEFORE, AFTER_EDIT, ChainKnowledge(True, V3), ["label"]),
        (BEFORE, replace(BEFORE, labels={"AWSCURRENT": V1}), KNOWN, ["label"]),
        (BEFORE, replace(BEFORE, labels={"AWSCURRENT": V1, "PIN": V2}), KNOWN, ["label"]),
        (BEFORE, replace(BEFORE, labels={**BEFORE.labels, "AWSPREVIOUS": V3}), KNOWN, ["label"]),
        (BEFORE, replace(BEFORE, labels={**BEFORE.labels, "AWSPENDING": V3}), KNOWN, []),
        (BEFORE, replace(BEFORE, key="key-2"), KNOWN, ["key"]),
        (BEFORE, replace(BEFORE, policy="hash-2"), KNOWN, ["policy"]),
        (BEFORE, replace(BEFORE, policy=""), KNOWN, []),  # could not be read
        (BEFORE, replace(BEFORE, deleted=True), KNOWN, ["deletion"]),
        (replace(BEFORE, deleted=True), BEFORE, KNOWN, ["deletion"]),
        (BEFORE, replace(BEFORE, deleted=True), replace(KNOWN, deleted=True), []),
        (BEFORE, replace(BEFORE, deleted=True), replace(KNOWN, deleted=False), ["deletion"]),
        (replace(BEFORE, deleted=True), BEFORE, replace(KNOWN, deleted=False), []),
        (replace(BEFORE, deleted=True), BEFORE, replace(KNOWN, deleted=True), ["deletion"]),
    ],
)
def test_what_aws_tells_now_is_compared_with_what_it_told_before(
    before: SecretSnapshot, now: SecretSnapshot, chain: ChainKnowledge, expected: list[str]
) -> None:
    assert kinds(before, now, chain) == expected


@pytest.mark.parametrize(
    ("now", "chain", "expected"),
    [
        (BEFORE, UNKNOWN, []),  # a first version is made by somebody
        (AFTER_EDIT, UNKNOWN, ["version"]),
        (AFTER_EDIT, KNOWN, []),
        (replace(BEFORE, deleted=True), UNKNOWN, ["deletion"]),
    ],
)
def test_at_the_first_sight_a_version_that_replaced_another_counts(
    now: SecretSnapshot, chain: ChainKnowledge, expected: list[str]
) -> None:
    assert kinds(None, now, chain) == expected


def test_this_console_s_own_labels_are_not_looked_at() -> None:
    versions = {V1: ("AWSCURRENT",), V2: ("MIYABI-PROPOSAL-abc",), V3: ("MIYABI-EDIT-abc",)}
    assert SecretSnapshot.of(Secret("arn", "name", versions=versions), "").labels == {
        "AWSCURRENT": V1
    }


def test_a_policy_is_the_same_however_it_is_spaced_and_ordered() -> None:
    assert document_hash('{"b": 1, "a": [1, 2]}') == document_hash('{"a":[1,2],\n"b":1}')
    assert document_hash('{"a": 1}') != document_hash('{"a": 2}')
    assert document_hash("") == document_hash("")
    assert document_hash("no json") != document_hash("")


def test_changes_and_sights_survive_json() -> None:
    change: Any = find_changes(BEFORE, AFTER_EDIT, UNKNOWN, NOW, EDITED)[0]
    assert OutsideChange.from_json(change.to_json()) == change
    assert change.version == V2
    assert change.at == EDITED.isoformat(timespec="seconds")
    assert SecretSnapshot.from_json(BEFORE.to_json()) == BEFORE
