"""Known errors: from a text of a Lambda's log to the checks that explain it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.checks.access import CHECK_IDS
from secrets_ui.domain.access.error_reading import MAX_CHARACTERS, contradictions, read_error
from secrets_ui.domain.access.known_errors import KNOWN
from secrets_ui.services.access.check import judge
from tests.checks.building import evidence, key_statement

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "iam/cases/error-texts.jsonl").read_text().splitlines()
]
# Where the list of known texts says to look first, and the check that looks there.
FIRST = {
    "iam.identity.missing_allow": "policies_are_attached",
    "secret.missing_or_wrong_region": "secret_exists",
    "iam.identity.explicit_deny": "get_secret_value_is_allowed",
    "secret.resource_policy.missing_allow": "secret_policy_allows",
    "iam.boundary.missing_allow": "boundary_allows",
    "iam.boundary.explicit_deny": "boundary_allows",
    "org.rcp": "simulator_agrees",
    "network.vpce_policy": None,
    "iam.session_policy": "function_runs_as_role",
    "kms.key_policy": "decrypt_is_allowed",
    "kms.access": "decrypt_is_allowed",
    "kms.iam.missing_allow": "decrypt_is_allowed",
    "secret.no_current_version": "secret_has_current_version",
    "secret.version_missing": "secret_has_current_version",
    "secret.scheduled_for_deletion": "secret_is_not_deleted",
    "kms.state_or_material": "key_is_usable",
    "kms.state_on_write": "key_is_usable",
    "kms.key_pending_deletion": "key_is_usable",
    "kms.key_pending_import": "key_is_usable",
    "kms.alias_missing": "alias_points_at_the_key",
    "iam.role_missing": "role_exists",
    "lambda.env_kms": "role_exists",
    "caller.region_or_network": "secret_exists",
}
MISSING_ALLOW = CASES[0]["message"]


@pytest.mark.parametrize("case", CASES, ids=[case["check"] for case in CASES])
@pytest.mark.parametrize(
    "form",
    [
        "{code}: {message}",
        "An error occurred ({code}) when calling the GetSecretValue operation: {message}",
        '{{"errorMessage": "{message}", "errorType": "{code}"}}',
        "[ERROR] botocore.exceptions.{code}: {message}\nTraceback (most recent call last):\n  File",
        "{code}\n    {message}",
    ],
)
def test_each_known_text_leads_to_the_check_that_explains_it(
    case: dict[str, str], form: str
) -> None:
    reading = read_error(form.format(**case))
    assert reading.code == case["code"]
    assert next(iter(reading.checks), None) == FIRST[case["check"]]
    assert reading.checks or reading.notes


@pytest.mark.parametrize("code", sorted({code for entry in KNOWN for code in entry.codes}))
def test_a_code_alone_is_known_in_any_case(code: str) -> None:
    if any(code in entry.codes and not entry.words for entry in KNOWN):
        assert read_error(code.lower()).is_known


def test_every_check_that_an_entry_names_is_one() -> None:
    assert {check for entry in KNOWN for check in entry.checks} <= set(CHECK_IDS)


def test_the_guide_s_own_code_for_a_refused_key_is_known() -> None:
    assert "decrypt_is_allowed" in read_error("KMS.DecryptException").checks


def test_a_text_tells_who_asked_for_what_and_where() -> None:
    reading = read_error(f"AccessDeniedException: {MISSING_ALLOW}")
    assert (reading.role, reading.account, reading.region) == (
        "miyabi-lambda-execution",
        "111122223333",
        "ap-northeast-1",
    )
    assert (reading.action, reading.secret) == (
        "secretsmanager:GetSecretValue",
        "miyabi/prod/api-keys",
    )


def test_a_key_and_an_endpoint_tell_their_region() -> None:
    key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    assert (
        read_error(f"KMSInvalidStateException: {key} is pending deletion.").region,
        read_error(key).key_id[:8],
    ) == ("eu-west-1", "1234abcd")
    assert (
        read_error(
            'EndpointConnectionError: "https://secretsmanager.ap-northeast-9.amazonaws.com/"'
        ).region
        == "ap-northeast-9"
    )


def test_a_bare_name_as_resource_means_that_the_secret_was_not_found() -> None:
    bare = read_error(f"AccessDeniedException: {CASES[1]['message']}")
    assert bare.checks[0] == "secret_exists"
    assert bare.secret == "miyabi/prod/api-keys"


def test_curly_quotes_and_broken_lines_do_not_matter() -> None:
    assert read_error(
        "InvalidRequestException: You can’t perform this operation on the\n   secret "
        "because it was marked for\n deletion"
    ).checks == ("secret_is_not_deleted",)


def test_a_text_that_nobody_knows_leads_nowhere() -> None:
    assert not read_error("the coffee machine is out of beans").is_known
    assert not read_error("").is_known


# What the evidence says to it.

OURS = (
    "AccessDeniedException: User: "
    "arn:aws:sts::111111111111:assumed-role/miyabi-lambda-execution/miyabi-app is not authorized "
    "to perform: "
    "secretsmanager:GetSecretValue on resource: "
    "arn:aws:secretsmanager:us-west-2:111111111111:secret:miyabi/dev/api-keys-AbCdEf "
    "because no identity-based policy allows the secretsmanager:GetSecretValue action"
)


def test_an_error_that_the_evidence_bears_out_is_not_contradicted() -> None:
    wrong = {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}
    assert (
        contradictions(
            read_error("AccessDeniedException: Access to KMS is not allowed"),
            judge(key_statement(Condition=wrong)),
        )
        == ()
    )


def test_an_error_whose_checks_all_pass_was_put_right_since() -> None:
    assert contradictions(read_error(OURS), judge(evidence())) == (
        (
            "Every check that would explain this error passes now: "
            "it was put right since, or IAM has yet to catch up with a change."
        ),
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "result"),
    [
        (
            "assumed-role/miyabi-lambda-execution",
            "assumed-role/another-role",
            "about role another-role",
        ),
        ("secretsmanager:us-west-2", "secretsmanager:eu-central-1", "about Region eu-central-1"),
        ("111111111111", "999999999999", "about account 999999999999"),
        ("miyabi/dev/api-keys", "miyabi/prod/api-keys", "about secret miyabi/prod/api-keys"),
        (
            "sts::111111111111:assumed-role/miyabi-lambda-execution/miyabi-app",
            "iam::111111111111:user/hana",
            "that was not the Lambda",
        ),
    ],
)
def test_an_error_about_another_thing_is_told(ours: str, theirs: str, result: str) -> None:
    assert any(
        result in text
        for text in contradictions(read_error(OURS.replace(ours, theirs)), judge(evidence()))
    )


def test_what_is_not_known_now_contradicts_nothing() -> None:
    run = replace(judge(evidence()), answer="unknown")
    assert contradictions(read_error(OURS), run) == ()


# Hostile texts.


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    read_error(text)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000_000,
        "User: arn:aws:sts::" * 100_000,
        "arn:aws:secretsmanager:" + "a-" * 1_000_000,
        ":" * 1_000_000,
        "https://" + "a" * 1_000_000,
        "User: " * 500_000,
        "perform: " + "a:" * 500_000,
        "KMS." * 1_000_000,
        "<script>alert(1)</script>" * 10_000,
        "\x1b[31m" * 100_000,
        "’" * 1_000_000,
    ],
    ids=range(11),
)
def test_a_hostile_text_takes_no_time(text: str) -> None:
    started = time.process_time()
    reading = read_error(text)
    assert time.process_time() - started < 0.5
    assert all(
        len(member) <= MAX_CHARACTERS
        for member in (reading.principal, reading.secret, reading.region)
    )
