"""Whether the key is in a state in which it decrypts."""

from datetime import UTC, datetime

import pytest

from secrets_ui.domain.access.evidence import Key
from secrets_ui.services.access.check import judge
from tests.checks.building import KEY_ARN, MISSING, denied, evidence, finding, known

CHECK = "key_is_usable"


@pytest.mark.parametrize("state", ["Enabled", "Updating"])
def test_these_states_decrypt(state: str) -> None:
    assert finding(CHECK, evidence(key=known(Key(KEY_ARN, state)))).status == "pass"


@pytest.mark.parametrize(
    "state",
    [
        "Disabled",
        "PendingDeletion",
        "PendingImport",
        "Unavailable",
        "Creating",
        "PendingReplicaDeletion",
        "SomethingNew",
        "",
    ],
)
def test_these_do_not_and_nothing_else_is_blamed(state: str) -> None:
    run = judge(evidence(key=known(Key(KEY_ARN, state)), rotation=known(False)))
    assert [f.check for f in run.findings if f.status in ("fail", "warn")] == [CHECK]
    error = run.finding(CHECK).error
    assert (error.code, error.source) == ("DecryptionFailure", "not documented")


def test_a_deletion_is_told_with_its_day_and_taken_back_in_two_commands() -> None:
    found = finding(
        CHECK,
        evidence(
            key=known(Key(KEY_ARN, "PendingDeletion", deletion=datetime(2026, 12, 1, tzinfo=UTC)))
        ),
    )
    assert "1 Dec 2026" in found.text
    assert [part.split()[2] for part in found.remedy.cli.split(" && ")] == [
        "cancel-key-deletion",
        "enable-key",
    ]


def test_a_key_that_is_gone_fails_and_says_what_is_lost() -> None:
    assert "lost" in finding(CHECK, evidence(key=MISSING)).remedy.text


def test_unread_it_is_unknown_with_the_key_s_arn_in_the_statement() -> None:
    assert KEY_ARN in finding(CHECK, evidence(key=denied("kms:DescribeKey", KEY_ARN))).missing
