"""The organization's policies: which statement refuses, and what is said where none was seen."""

import json

import pytest

from secrets_ui.domain.access.evidence import (
    AccessEvidence,
    Evidence,
    Known,
    NotAsked,
    Organization,
)
from secrets_ui.services.access.check import judge
from testkit.accounts import DECRYPT
from testkit.organizations import FULL as FULL_ACCESS
from testkit.organizations import deny, organization
from tests.checks.building import (
    ACCOUNT,
    MISSING,
    READ,
    denied,
    evidence,
    finding,
    known,
    policy,
    unreachable,
    with_statement,
)

CHECK = "control_policies_allow"
FULL = FULL_ACCESS.text
S3_ALONE = policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
DESCRIBE = "secretsmanager:DescribeSecret"


def under(*scps: str, rcps: tuple[str, ...] = (), management: str = "9" * 12) -> AccessEvidence:
    return evidence(organization=organization(*scps, rcps=rcps, management=management))


@pytest.mark.parametrize(
    ("given", "answer", "said"),
    [
        (under(FULL), "yes", "SCPs and RCPs of organization o-example are part of each answer"),
        (under(S3_ALONE, management=ACCOUNT), "yes", "management account, which no SCPs"),
        (evidence(organization=MISSING), "yes", "in no organization"),
        (under(FULL, policy(deny(READ))), "no", "denies secretsmanager:GetSecretValue (policy"),
        (under(FULL, policy(deny(DECRYPT, Sid="No"))), "no", "statement No denies kms:Decrypt (po"),
        (under(S3_ALONE), "no", "at one level, from the account up to the root, no statement does"),
        (under(FULL, policy(deny(DESCRIBE))), "yes", "deny secretsmanager:DescribeSecret to"),
        (under(FULL, rcps=(policy(deny(READ, Principal="*")),)), "no", "resource control policies"),
    ],
)
def test_a_refusal_is_told_by_this_check_and_no_other(
    given: AccessEvidence, answer: str, said: str
) -> None:
    run = judge(given)
    assert run.answer == answer
    assert said in run.finding(CHECK).text
    failed = {found.check for found in run.findings if found.status not in ("pass", "skipped")}
    is_well = run.finding(CHECK).status == "pass"
    assert failed <= ({CHECK, "console_may_write"} if not is_well else set())


def test_the_error_and_the_statement_are_shown_and_whom_to_ask() -> None:
    found = finding(CHECK, under(FULL, policy(deny(READ, Sid="NoSecrets"))))
    assert found.error.message.endswith("with an explicit deny in a service control policy")
    [shown] = found.shown
    assert (shown.layer, shown.document["Sid"]) == ("service control policy", "NoSecrets")
    assert "whoever runs the organization" in found.remedy.text
    by_key = finding(CHECK, under(FULL, policy(deny(DECRYPT))))
    assert str(by_key.error) == "AccessDeniedException: Access to KMS is not allowed"


def test_a_fault_of_the_role_s_own_is_still_told_by_its_own_check() -> None:
    own = with_statement(Effect="Deny", Action=READ, Resource="*").documents
    given = under(FULL, policy(deny(DECRYPT)))
    found = judge(evidence(documents=own, organization=given.organization))
    failed = [f.check for f in found.findings if f.status == "fail" and f.decides]
    assert failed == ["get_secret_value_is_allowed", CHECK]


def test_no_statement_is_offered_to_the_console_s_role_where_the_organization_refuses() -> None:
    found = finding("console_may_write", under(S3_ALONE))
    assert found.text.endswith("by the organization's policies.")
    assert found.missing == ""


def test_a_condition_that_cannot_be_known_leaves_it_open_and_so_does_a_text_that_is_no_policy() -> (
    None
):
    at_home = {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    run = judge(under(FULL, policy(deny("*", Condition=at_home))))
    assert (run.answer, run.finding(CHECK).status) == ("unknown", "unknown")
    assert "aws:SourceIp" in run.finding(CHECK).text
    run = judge(under(FULL, "{"))
    assert (run.answer, run.finding(CHECK).status) == ("unknown", "unknown")
    assert "guard" in run.finding(CHECK).text


@pytest.mark.parametrize(
    ("found", "answer", "said"),
    [
        (NotAsked("who_can_read"), "yes", "who_can_read is off for dev"),
        (denied("organizations:DescribeOrganization"), "yes", "lacks organizations:DescribeOrg"),
        (
            known(Organization("o-a", "9" * 12, denied("organizations:ListParents"))),
            "yes",
            "lacks organizations:ListParents",
        ),
        (unreachable("Rate exceeded."), "unknown", "were not seen: Rate exceeded."),
        (
            known(Organization("o-a", "9" * 12, unreachable("Rate exceeded."))),
            "unknown",
            "were not seen: Rate exceeded.",
        ),
    ],
)
def test_what_was_not_seen_is_said_and_only_what_failed_this_once_leaves_it_open(
    found: Evidence[Organization], answer: str, said: str
) -> None:
    run = judge(evidence(organization=found))
    told = run.finding(CHECK)
    assert (run.answer, told.status) == (answer, "unknown")
    assert said in told.text
    if isinstance(found, Known) and answer == "yes":
        assert json.loads(told.missing)["Action"] == ["organizations:ListParents"]
