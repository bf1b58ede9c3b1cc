"""Whether CloudTrail shows a recent denial."""

from datetime import UTC, datetime

from secrets_ui.domain.access.evidence import Denial
from tests.checks.building import NAME, SECRET_ARN, denied, evidence, finding, known

CHECK = "no_recent_denials"
SESSION = "arn:aws:sts::111111111111:assumed-role/miyabi-lambda-execution/miyabi-app"
KMS = "AccessDenied: Access to KMS is not allowed"


def test_refusals_of_others_and_of_other_secrets_do_not_count() -> None:
    somebody = Denial(
        None, "GetSecretValue", SESSION.replace("miyabi-lambda-execution", "somebody"), KMS, NAME
    )
    elsewhere = Denial(None, "GetSecretValue", SESSION, KMS, "miyabi/dev/config")
    assert finding(CHECK, evidence(denials=known((somebody, elsewhere)))).status == "pass"


def test_a_refusal_is_a_warning_with_its_time_and_the_check_that_explains_it() -> None:
    denial = Denial(
        datetime(2026, 11, 23, 9, 14, tzinfo=UTC), "GetSecretValue", SESSION, KMS, SECRET_ARN
    )
    found = finding(CHECK, evidence(denials=known((denial, denial))))
    assert found.status == "warn"
    assert "2 times, last at 2026-11-23 09:14:00 UTC" in found.text
    assert "decrypt_is_allowed" in found.text


def test_not_allowed_to_look_it_is_unknown_with_the_statement_to_add() -> None:
    found = finding(CHECK, evidence(denials=denied("cloudtrail:LookupEvents", "GetSecretValue")))
    assert (found.status, found.weight) == ("unknown", "second opinion")
    assert '"Resource": "*"' in found.missing
