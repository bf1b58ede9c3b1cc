"""secret: what labels mean, and which states of a secret forbid an edit."""

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from secrets_ui.domain.errors import SecretNotEditable
from secrets_ui.domain.secrets.secret import (
    AWSCURRENT,
    AWSPENDING,
    AWSPREVIOUS,
    EDIT_LABEL,
    MAX_LABELS,
    PROPOSAL_LABEL,
    Rotation,
    Secret,
    ensure_current_version,
    ensure_editable,
    rotation_note,
    unlock_command,
    was_made_current,
    why_not_editable,
)
from secrets_ui.domain.secrets.version import VersionConflict

LABEL = f"{EDIT_LABEL}test"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def secret(*versions: tuple[str, ...], **more: Any) -> Secret:
    """A secret with versions v1, v2, … that hold these labels."""
    labels = {f"v{number}": held for number, held in enumerate(versions, 1)}
    return Secret("arn", "miyabi/dev/api-keys", "us-west-2", versions=labels, **more)


def test_the_current_version_is_the_one_that_holds_awscurrent() -> None:
    assert secret((AWSPREVIOUS,), ("other", AWSCURRENT)).current == "v2"
    assert secret((AWSPREVIOUS,)).current == ""
    assert secret().current == ""


def test_labels_are_counted_over_all_versions() -> None:
    assert secret((AWSPREVIOUS,), (AWSCURRENT, "a"), ()).label_count == 3


@pytest.mark.parametrize(
    "editable",
    [
        secret((AWSCURRENT,)),
        secret(),  # made without a value: its first version may be made here
        secret((AWSCURRENT, AWSPENDING), (AWSPREVIOUS,)),  # a rotation that has ended
        secret((AWSCURRENT, AWSPENDING), rotation=Rotation()),
        # One that ended, and a version that was made on top of it.
        secret((AWSPREVIOUS, AWSPENDING), (AWSCURRENT,), rotation=Rotation()),
        # One that was cancelled half-way: rotation is off, so that none is running.
        secret((AWSPENDING,), (AWSCURRENT,)),
        secret((AWSCURRENT,), rotation=Rotation()),
        secret((AWSCURRENT,), primary_region="us-west-2"),
        secret((AWSCURRENT,), tuple(f"{PROPOSAL_LABEL}{n}" for n in range(MAX_LABELS - 3))),
    ],
)
def test_nothing_stands_in_the_way_of_an_edit(editable: Secret) -> None:
    assert why_not_editable(editable) == ""
    ensure_editable(editable)


@pytest.mark.parametrize(
    ("locked", "reason"),
    [
        (secret((AWSCURRENT,), deleted=NOW), "scheduled for deletion"),
        (secret((AWSCURRENT,), owning_service="rds"), "managed by rds"),
        (secret((AWSCURRENT,), primary_region="eu-west-1"), "primary Region, eu-west-1"),
        (
            secret((AWSCURRENT,), (AWSPENDING,), rotation=Rotation()),
            "A rotation is running, or has stopped half-way: version v2 holds AWSPENDING",
        ),
        (secret((AWSPENDING,)), "A rotation is running"),
        (
            secret(
                (AWSCURRENT, AWSPREVIOUS), tuple(f"{EDIT_LABEL}{n}" for n in range(MAX_LABELS - 3))
            ),
            "19 staging labels of 20",
        ),
    ],
)
def test_s67_a_secret_in_such_a_state_is_not_edited_and_the_reason_is_told(
    locked: Secret, reason: str
) -> None:
    with pytest.raises(SecretNotEditable) as caught:
        ensure_editable(locked)
    assert reason in caught.value.message


def test_a_deleted_secret_comes_with_the_command_that_restores_it() -> None:
    odd = Secret("arn", "miyabi/dev/it's; x", region="us-west-2", deleted=NOW)

    assert shlex.split(odd.restore_command) == [
        *("aws", "secretsmanager", "restore-secret", "--secret-id", odd.name),
        *("--region", "us-west-2"),
    ]
    with pytest.raises(SecretNotEditable) as caught:
        ensure_editable(odd)
    assert odd.restore_command in caught.value.remedy
    assert replace(odd, deleted=None).restore_command == ""


def test_a_rotation_that_may_be_running_comes_with_the_command_that_ends_it() -> None:
    versions = {"v1": (AWSCURRENT,), "v 2": (AWSPENDING,)}
    odd = Secret("arn", "it's", "us-west-2", versions=versions, rotation=Rotation())

    assert shlex.split(unlock_command(odd)) == [
        *("aws", "secretsmanager", "update-secret-version-stage", "--secret-id", "it's"),
        *("--version-stage", AWSPENDING, "--remove-from-version-id", "v 2"),
        *("--region", "us-west-2"),
    ]
    with pytest.raises(SecretNotEditable) as caught:
        ensure_editable(odd)
    assert unlock_command(odd) in caught.value.remedy
    assert rotation_note(odd) == ""


@pytest.mark.parametrize(
    ("versions", "left_on", "note", "has_command"),
    [
        ([(AWSCURRENT, AWSPENDING)], "v1", "That is harmless", False),
        ([(AWSPREVIOUS, AWSPENDING), (AWSCURRENT,)], "v1", "on version v1", True),
        ([(AWSCURRENT,), (), (AWSPENDING,)], "v3", "on version v3", True),
        ([(AWSCURRENT,)], "", "", False),
    ],
)
def test_what_a_rotation_that_is_over_left_behind_is_told_and_forbids_nothing(
    versions: list[tuple[str, ...]], left_on: str, note: str, *, has_command: bool
) -> None:
    found = secret(*versions)

    assert found.left_pending == left_on
    assert (note in rotation_note(found)) if note else not rotation_note(found)
    assert bool(found.end_rotation_command) is has_command
    assert unlock_command(found) == why_not_editable(found) == ""


def test_a_label_on_a_deleted_secret_is_not_spoken_of() -> None:
    gone = secret((AWSPREVIOUS, AWSPENDING), (AWSCURRENT,), deleted=NOW)

    assert rotation_note(gone) == gone.end_rotation_command == ""


def test_our_labels_are_none_of_awss() -> None:
    assert not {EDIT_LABEL, PROPOSAL_LABEL} & {AWSCURRENT, AWSPENDING, AWSPREVIOUS}
    assert not EDIT_LABEL.startswith("AWS")


def test_an_edit_from_the_current_version_goes_on() -> None:
    ensure_current_version(secret((AWSPREVIOUS,), (AWSCURRENT,)), "v2")
    ensure_current_version(secret(), "")


@pytest.mark.parametrize(
    ("versions", "base", "result"),
    [
        (
            [(AWSPREVIOUS,), (AWSCURRENT,)],
            "v1",
            "The edit started from version v1, and AWSCURRENT is now v2.",
        ),
        ([(AWSCURRENT,)], "", "The edit started from no version, and AWSCURRENT is now v1."),
        ([(AWSPREVIOUS,)], "v1", "The edit started from version v1, and AWSCURRENT is now gone."),
    ],
)
def test_s63_an_edit_from_another_version_is_a_conflict(
    versions: list[tuple[str, ...]], base: str, result: str
) -> None:
    with pytest.raises(VersionConflict) as caught:
        ensure_current_version(secret(*versions), base)
    assert caught.value.message == result
    assert caught.value.base == base


def test_approving_a_version_that_has_its_label_needs_no_room_for_another() -> None:
    full = secret(
        (AWSCURRENT, AWSPREVIOUS), tuple(f"{PROPOSAL_LABEL}{n}" for n in range(MAX_LABELS - 2))
    )

    assert "20 staging labels of 20" in why_not_editable(full)
    ensure_editable(full, adds_label=False)
    with pytest.raises(SecretNotEditable):
        ensure_editable(secret((AWSCURRENT,), deleted=NOW), adds_label=False)


@pytest.mark.parametrize(
    ("labels", "base", "answer"),
    [
        ({"base": (AWSPREVIOUS,), "mine": (AWSCURRENT,)}, "base", True),
        ({"mine": (AWSPREVIOUS,), "theirs": (AWSCURRENT,)}, "base", True),  # somebody built on it
        ({"old": (AWSPREVIOUS,), "base": (AWSCURRENT,), "mine": (LABEL,)}, "base", False),
        ({"base": (AWSPREVIOUS,), "theirs": (AWSCURRENT,), "mine": (LABEL,)}, "base", False),
        ({"theirs": (AWSPREVIOUS,), "others": (AWSCURRENT,), "mine": (LABEL,)}, "base", None),
        ({"mine": (AWSCURRENT,)}, "", True),
        ({"theirs": (AWSCURRENT,), "mine": (LABEL,)}, "", False),
        ({}, "", False),
        ({"theirs": (AWSPREVIOUS,), "others": (AWSCURRENT,)}, "", None),
    ],
)
def test_s61_labels_tell_whether_a_version_was_made_current(
    labels: dict[str, tuple[str, ...]], base: str, answer: bool | None
) -> None:
    assert was_made_current(Secret("arn", "name", versions=labels), base, "mine") is answer
