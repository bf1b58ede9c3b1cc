"""Known errors: from a text of a Lambda's log to the checks that explain it."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.checks.access import CHECK_IDS, TITLES
from secrets_ui.domain.access.error_reading import (
    MAX_CHARACTERS,
    ErrorReading,
    contradictions,
    read_error,
    sum_up,
)
from secrets_ui.domain.access.known_errors import KNOWN
from secrets_ui.domain.access.run import Run
from secrets_ui.services.access.check import judge
from tests.checks.building import MISSING, denied, evidence, key_statement

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "iam/cases/error-texts.jsonl").read_text().splitlines()
]
DOCUMENTED = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "iam/cases/error-texts-documented.jsonl")
    .read_text()
    .splitlines()
]
# Where the list of known texts says to look first, and the check that looks there.
FIRST = {
    "iam.identity.missing_allow": "policies_are_attached",
    "secret.missing_or_wrong_region": "secret_exists",
    "iam.identity.explicit_deny": "get_secret_value_is_allowed",
    "secret.resource_policy.missing_allow": "secret_policy_allows",
    "iam.boundary.missing_allow": "boundary_allows",
    "iam.boundary.explicit_deny": "boundary_allows",
    "org.rcp": "control_policies_allow",
    "network.vpce_policy": "endpoint_policy_allows",
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
    "caller.region_or_network": "function_reaches_secrets_manager",
}
MISSING_ALLOW = CASES[0]["message"]
NOTES = {
    "scp": "service control policy",
    "rcp": "resource control policy",
    "vpce": "policy of the VPC endpoint",
    "session": "A session policy narrows the caller",
    "batch": "BatchGetSecretValue needs a right of its own",
    "note": "This says nothing of the rights",
}
"""What a case wants to be told when no check can see it."""
DENIED = (
    "AccessDeniedException: User: "
    "arn:aws:sts::111111111111:assumed-role/miyabi-lambda-execution/miyabi-app "
    "is not authorized to perform: {action} on resource: {resource} {how}"
)
SECRET = "arn:aws:secretsmanager:us-west-2:111111111111:secret:miyabi/dev/api-keys-AbCdEf"


def meets(reading: ErrorReading, want: str) -> bool:
    """Whether the first check, or a note, is what a case wants."""
    words = NOTES.get(want)
    if words is None:
        return next(iter(reading.checks), None) == want
    return any(words in note for note in reading.notes)


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


@pytest.mark.parametrize("case", DOCUMENTED, ids=[case["text"][:60] for case in DOCUMENTED])
def test_each_documented_text_leads_where_it_should(case: dict[str, str]) -> None:
    reading = read_error(case["text"])
    assert any(meets(reading, want) for want in case["want"].split("|")), reading


@pytest.mark.parametrize("code", ["AccessDeniedException: ", "AccessDenied: ", ""])
@pytest.mark.parametrize(
    "action",
    [
        *("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"),
        *("secretsmanager:PutSecretValue", "kms:Decrypt", "kms:GenerateDataKey"),
    ],
)
@pytest.mark.parametrize(
    ("layer", "want"),
    [
        ("service control policy", "scp"),
        ("resource control policy", "rcp"),
        ("VPC endpoint policy", "vpce"),
        ("session policy", "session"),
        ("permissions boundary", "boundary_allows"),
    ],
)
def test_the_layer_that_a_text_names_beats_the_action(
    code: str, action: str, layer: str, want: str
) -> None:
    denied = DENIED.removeprefix("AccessDeniedException: ")
    for how in (
        f"because no {layer} allows the {action} action",
        f"with an explicit deny in a {layer}",
    ):
        text = code + denied.format(action=action, resource=SECRET, how=how)
        assert meets(read_error(text), want), text


def test_the_policy_that_a_newer_text_names_is_told() -> None:
    arn = "arn:aws:iam::111111111111:policy/guardrail"
    for layer in ("an identity-based policy", "a VPC endpoint policy"):
        how = f"with an explicit deny in {layer}: {arn}"
        action = "secretsmanager:GetSecretValue"
        reading = read_error(DENIED.format(action=action, resource=SECRET, how=how))
        assert reading.policy == arn
        assert reading.notes[-1] == f"AWS names the policy that refuses: {arn}."


def test_a_deny_of_the_secrets_own_policy_proves_that_it_exists() -> None:
    bare = {"action": "secretsmanager:GetSecretValue", "resource": "miyabi/dev/api-keys"}
    own = read_error(DENIED.format(how="with an explicit deny in a resource-based policy", **bare))
    assert own.checks[0] == "secret_policy_allows"
    assert "secret_exists" not in own.checks
    assert own.secret == "miyabi/dev/api-keys"
    assert "so the secret exists" in own.notes[-1]
    # An organisation's Deny, unlike the secret's own, also meets names that do not exist.
    other = read_error(
        DENIED.format(how="with an explicit deny in a service control policy", **bare)
    )
    assert other.checks == ("control_policies_allow", "simulator_agrees", "secret_exists")


@pytest.mark.parametrize(
    ("name", "checks"),
    [("BatchGetSecretValue", ("batch_get_secret_value_is_allowed",)), ("ListSecrets", ())],
)
def test_an_action_on_everything_names_no_secret(name: str, checks: tuple[str, ...]) -> None:
    action = f"secretsmanager:{name}"
    how = f"because no identity-based policy allows the {action} action"
    reading = read_error(DENIED.format(action=action, resource="*", how=how))
    assert (reading.secret, reading.checks) == ("", checks)
    assert name in reading.notes[0]


@pytest.mark.parametrize("code", ["KMSAccessDeniedException: ", ""])
@pytest.mark.parametrize("who", ["Lambda was unable to decrypt", "Lambda couldn't decrypt"])
@pytest.mark.parametrize(
    ("why", "first"),
    [("KMS access was denied", "role_exists"), ("AWS KMS access was denied", "role_exists")],
)
def test_lambdas_own_refusal_by_kms_is_known_with_a_code_and_without(
    code: str, who: str, why: str, first: str
) -> None:
    text = f"{code}{who} the environment variables because {why}."
    quoted = (
        "KMS Exception: UnrecognizedClientException KMS Message: The security token is invalid."
    )
    for form in (text, f"{text} {quoted}", f"{text} KMS Exception: AccessDeniedException"):
        assert read_error(form).checks[0] == first
        assert "environment variables" in read_error(form).notes[0]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("KMSDisabledException", "the KMS key used is disabled"),
        ("KMSInvalidStateException", "the state of the AWS KMS key used is not valid for Decrypt"),
        ("KMSInvalidStateException", "the KMS key used is in an invalid state for Decrypt"),
        ("KMSNotFoundException", "the KMS key was not found"),
    ],
)
def test_lambdas_own_texts_about_a_key_are_known_with_a_code_and_without(
    code: str, why: str
) -> None:
    text = f"Lambda was unable to decrypt the environment variables because {why}."
    for form in (text, f"{code}: {text}"):
        reading = read_error(form)
        assert reading.checks[0] == "key_is_usable"
        assert "environment variables" in reading.notes[0]


OUT_OF_TIME, NO_WAY, NO_ANSWER = (
    "ran out of its time",
    "never reached AWS",
    "no answer came in time",
)
REFUSED_CREDENTIALS, NO_CREDENTIALS = "did not accept the credentials", "found no credentials"
ANOTHER_REGION, OF_AWS = "another Region", "A fault of AWS's own"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-01-01T00:00:00Z 4f1 Task timed out after 30.03 seconds", OUT_OF_TIME),
        (
            '{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out after 6.00 s"}',
            OUT_OF_TIME,
        ),
        ("REPORT RequestId: 4f1 Duration: 3000.00 ms Status: timeout", OUT_OF_TIME),
        ('ConnectTimeoutError: Connect timeout on endpoint URL: "https://secretsmanager"', NO_WAY),
        (
            'Connect timeout on endpoint URL: "https://secretsmanager.us-west-2.amazonaws.com/"',
            NO_WAY,
        ),
        ("Error: connect ETIMEDOUT 10.0.0.7:443", NO_WAY),
        ("Unable to execute HTTP request: connect timed out", NO_WAY),
        ("dial tcp: lookup secretsmanager.us-wst-2.amazonaws.com: no such host", NO_WAY),
        ("Error: getaddrinfo ENOTFOUND secretsmanager.us-wst-2.amazonaws.com", NO_WAY),
        ('Read timeout on endpoint URL: "None"', NO_ANSWER),
        ("NoCredentialsError: Unable to locate credentials", NO_CREDENTIALS),
        ("Unable to locate credentials. You can configure credentials", NO_CREDENTIALS),
        ("CredentialsProviderError: Could not load credentials from any providers", NO_CREDENTIALS),
        ("Unable to load AWS credentials from any provider in the chain", NO_CREDENTIALS),
        ("The security token included in the request is expired", REFUSED_CREDENTIALS),
        ("ExpiredTokenException: The security token is expired", REFUSED_CREDENTIALS),
        ("An error occurred (ExpiredToken) when calling GetSecretValue", REFUSED_CREDENTIALS),
        ("UnrecognizedClientException: The security token is invalid.", REFUSED_CREDENTIALS),
        ("InvalidSignatureException: Signature expired: 20260101T000000Z", REFUSED_CREDENTIALS),
        (
            "InvalidSignatureException: Credential should be scoped to a valid region.",
            ANOTHER_REGION,
        ),
        ("NoRegionError: You must specify a region.", ANOTHER_REGION),
        ("InternalServiceError: An error occurred on the server side.", OF_AWS),
        ("An error occurred on the server side.", OF_AWS),
        ("InternalFailure", OF_AWS),
        ("ServiceUnavailableException: The service is unavailable.", OF_AWS),
        ("connection to secretsmanager timed out", NO_WAY),
        ("RequestId: 4f1 Error: Runtime exited with error: signal: killed", "want of memory"),
        ("ThrottlingException: Rate exceeded", "asked to slow down"),
        ("Rate exceeded", "asked to slow down"),
    ],
)
def test_a_call_that_came_to_nothing_is_no_refusal_by_a_policy(text: str, told: str) -> None:
    reading = read_error(text)
    assert told in reading.notes[0]
    assert not {"decrypt_is_allowed", "get_secret_value_is_allowed"} & set(reading.checks)


@pytest.mark.parametrize(
    "text",
    [
        'Version "AWSCURRENT" not found',
        "Version “AWSCURRENT” not found.",
        'ResourceNotFoundException: Version "AWSCURRENT" not found for secret',
        "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    ],
)
def test_a_secret_without_a_current_version_is_recognised(text: str) -> None:
    assert read_error(text).checks[0] == "secret_has_current_version"


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("Error: getaddrinfo ENOTFOUND secretsmanager.us-wst-2.amazonaws.com", "us-wst-2"),
        ('"https://secretsmanager.us-gov-west-1.amazonaws.com/"', "us-gov-west-1"),
        ("https://secretsmanager.cn-north-1.amazonaws.com.cn/", "cn-north-1"),
        ("https://vpce-1-a.secretsmanager.eu-west-1.vpce.amazonaws.com/", "eu-west-1"),
    ],
)
def test_an_endpoint_tells_its_region(text: str, region: str) -> None:
    assert read_error(text).region == region


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


# What it comes to.

WRONG = {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}


def summed_up(reading: ErrorReading, run: Run) -> str:
    return sum_up(reading, run, TITLES)


def test_the_sum_says_what_passes_and_what_fails() -> None:
    reading = read_error(OURS)
    assert summed_up(reading, judge(key_statement(Condition=WRONG))) == (
        "All that this error speaks of passes now; failing now: kms:Decrypt denied."
    )
    assert summed_up(reading, judge(evidence())) == (
        "All that this error speaks of passes now, and no other check fails."
    )


def test_the_sum_says_first_what_the_error_speaks_of() -> None:
    reading = read_error("AccessDeniedException: Access to KMS is not allowed")
    assert summed_up(reading, judge(key_statement(Condition=WRONG))) == (
        "Of what this error speaks of, failing now: kms:Decrypt denied."
    )
    both = replace(key_statement(Condition=WRONG), function=MISSING)
    assert summed_up(reading, judge(both)) == (
        "Of what this error speaks of, failing now: kms:Decrypt denied; "
        "failing besides: no function."
    )


def test_the_sum_says_what_is_not_known_and_what_no_check_sees() -> None:
    unread = judge(evidence(key_policy=denied("kms:GetKeyPolicy")))
    kms = read_error("AccessDeniedException: Access to KMS is not allowed")
    assert summed_up(kms, unread).startswith(
        "Part of what this error speaks of is not known now: “Decrypt is allowed”"
    )
    late = read_error("Task timed out after 3.00 seconds")
    assert summed_up(late, judge(evidence())) == (
        "No check sees what this error speaks of, and no other check fails."
    )
    assert summed_up(read_error("the coffee machine is out of beans"), judge(evidence())) == ""


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
