"""Whether old versions are still under another key."""

import pytest

from secrets_ui.domain.secrets.secret import SecretVersion
from tests.checks.building import KEY_ARN, OTHER_KEY_ARN, VERSION, denied, evidence, finding, known

CHECK = "versions_share_the_key"
CURRENT = SecretVersion(VERSION, ("AWSCURRENT",), kms_key_ids=(KEY_ARN,))


def test_an_older_version_under_another_key_is_a_warning() -> None:
    pinned = SecretVersion("b" * 64, ("MIYABI-PIN",), kms_key_ids=(OTHER_KEY_ARN,))
    found = finding(CHECK, evidence(versions=known((CURRENT, pinned))))
    assert found.status == "warn"
    assert "MIYABI-PIN" in found.text


@pytest.mark.parametrize(
    "other",
    [
        SecretVersion("b" * 64, ("AWSPREVIOUS",), kms_key_ids=(KEY_ARN.rpartition("/")[2],)),
        SecretVersion("b" * 64, (), kms_key_ids=(OTHER_KEY_ARN,)),
        SecretVersion("b" * 64, ("AWSPREVIOUS",)),
    ],
)
def test_the_same_key_by_its_id_and_a_version_that_nobody_reads_pass(other: SecretVersion) -> None:
    assert finding(CHECK, evidence(versions=known((CURRENT, other)))).status == "pass"


def test_unread_it_is_unknown_with_the_statement_to_add() -> None:
    assert (
        '"secretsmanager:ListSecretVersionIds"'
        in finding(CHECK, evidence(versions=denied("secretsmanager:ListSecretVersionIds"))).missing
    )
