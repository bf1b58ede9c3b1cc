"""Whether the environment's own key encrypts the secret."""

from dataclasses import replace

from secrets_ui.domain.access.evidence import Key, NotAsked
from secrets_ui.domain.secrets.secret import SecretVersion
from secrets_ui.services.access.check import judge
from tests.checks.building import (
    KEY_ARN,
    MISSING,
    OTHER_KEY_ARN,
    ROOT,
    SECRET,
    VERSION,
    evidence,
    finding,
    known,
    policy,
)

CHECK = "key_is_the_expected_one"


def test_it_passes() -> None:
    assert finding(CHECK, evidence()).status == "pass"


def test_another_key_fails_and_what_follows_from_it_is_no_second_fault() -> None:
    secret = replace(SECRET, kms_key_id=OTHER_KEY_ARN)
    versions = (SecretVersion(VERSION, ("AWSCURRENT",), kms_key_ids=(OTHER_KEY_ARN,)),)
    run = judge(
        evidence(
            secret=known(secret),
            versions=known(versions),
            key=known(Key(OTHER_KEY_ARN, "Enabled")),
            key_policy=known(policy(ROOT)),
        )
    )
    assert [f.check for f in run.findings if f.status in ("fail", "warn")] == [CHECK]
    assert run.answer == "no"


def test_the_aws_managed_key_is_a_warning_and_the_lambda_reads() -> None:
    secret = replace(SECRET, kms_key_id="")
    versions = (SecretVersion(VERSION, ("AWSCURRENT",), kms_key_ids=("DefaultEncryptionKey",)),)
    nothing = NotAsked("the key")
    managed = {"key": MISSING, "key_policy": nothing, "grants": nothing, "rotation": nothing}
    run = judge(evidence(secret=known(secret), versions=known(versions), **managed))
    assert ([f.check for f in run.findings if f.status in ("fail", "warn")], run.answer) == (
        [CHECK],
        "yes",
    )


def test_without_the_alias_there_is_nothing_to_compare() -> None:
    assert finding(CHECK, evidence(alias=MISSING)).status == "skipped"
    assert KEY_ARN != OTHER_KEY_ARN
