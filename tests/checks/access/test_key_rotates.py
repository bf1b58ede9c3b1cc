"""Whether the key rotates."""

from secrets_ui.domain.access.evidence import Key
from secrets_ui.services.access.check import judge
from tests.checks.building import KEY_ARN, denied, evidence, finding, known


def test_it_passes() -> None:
    assert finding("key_rotates", evidence()).status == "pass"


def test_rotation_off_is_a_warning_and_says_nothing_about_readability() -> None:
    run = judge(evidence(rotation=known(False)))
    assert (run.finding("key_rotates").status, run.answer, run.exit_status) == ("warn", "yes", 0)


def test_of_a_key_pending_deletion_it_is_skipped() -> None:
    found = finding(
        "key_rotates", evidence(rotation=known(False), key=known(Key(KEY_ARN, "PendingDeletion")))
    )
    assert found.status == "skipped"


def test_unread_it_is_unknown_and_the_lambda_reads_all_the_same() -> None:
    run = judge(evidence(rotation=denied("kms:GetKeyRotationStatus", KEY_ARN)))
    assert (run.finding("key_rotates").status, run.answer, run.exit_status) == ("unknown", "yes", 2)
