"""Whether the secret is scheduled for deletion."""

from dataclasses import replace
from datetime import UTC, datetime

from secrets_ui.services.access.check import judge
from tests.checks.building import MISSING, SECRET, evidence, finding, known, unreachable

DELETED = replace(SECRET, deleted=datetime(2026, 11, 20, tzinfo=UTC))


def test_it_passes() -> None:
    assert finding("secret_is_not_deleted", evidence()).status == "pass"


def test_a_scheduled_deletion_fails_and_can_be_taken_back() -> None:
    found = finding("secret_is_not_deleted", evidence(secret=known(DELETED)))
    assert found.status == "fail"
    assert (
        found.remedy.cli
        == "aws secretsmanager restore-secret --secret-id miyabi/dev/api-keys --region us-west-2"
    )


def test_what_aws_no_longer_shows_of_it_is_no_second_fault() -> None:
    run = judge(evidence(secret=known(DELETED), resource_policy=unreachable(), facts=unreachable()))
    assert [f.check for f in run.findings if f.status == "fail"] == ["secret_is_not_deleted"]
    assert run.finding("secret_policy_allows").status == "skipped"


def test_without_a_secret_it_is_skipped() -> None:
    assert finding("secret_is_not_deleted", evidence(secret=MISSING)).status == "skipped"
