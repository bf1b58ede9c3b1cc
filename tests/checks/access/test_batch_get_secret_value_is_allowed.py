"""Whether the role may read several secrets with one call, where its function does."""

from dataclasses import replace
from typing import Any

import pytest

from secrets_ui.domain.access.evidence import AccessEvidence, Denial
from secrets_ui.domain.access.path import ask_batch
from secrets_ui.services.access.check import judge
from testkit.organizations import FULL, deny, organization
from tests.checks.building import (
    ACCOUNT,
    MISSING,
    NAME,
    denied,
    document,
    evidence,
    finding,
    known,
    policy,
    with_statement,
)

CHECK, BATCH = "batch_get_secret_value_is_allowed", "secretsmanager:BatchGetSecretValue"
ROLE = "miyabi-lambda-execution"
REFUSED = Denial(
    None,
    "BatchGetSecretValue",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/miyabi-app",
    f"AccessDenied: not authorized to perform: {BATCH}",
)


def by_batch(given: AccessEvidence, route: str = "batch") -> AccessEvidence:
    return replace(given, function=known(replace(given.function.value, route=route)))


def allowed(resource: str = "*", **members: Any) -> AccessEvidence:
    return with_statement(Effect="Allow", Action=BATCH, Resource=resource, **members)


@pytest.mark.parametrize("route", ["", "auto", "https", "boto3", "extension"])
def test_what_nothing_calls_is_not_needed(route: str) -> None:
    found = finding(CHECK, by_batch(evidence(), route))
    assert found.status == "pass"
    assert "is not known to call" in found.text
    assert judge(by_batch(evidence(), route)).answer == "yes"


def test_set_to_batches_a_role_that_may_read_each_secret_still_cannot_load_them() -> None:
    run = judge(by_batch(evidence()))
    found = run.finding(CHECK)
    assert (run.answer, found.status) == ("no", "fail")
    assert found.text == (
        f"The loader of miyabi-app is set to call {BATCH}, which {ROLE} is not allowed: "
        "no statement of its policies allows it on *."
    )
    assert "on resource: * because no identity-based policy allows" in found.error.message
    assert '"Resource": "*"' in found.remedy.cli
    assert f"they allow {BATCH}" in found.remedy.tried
    assert "also opens" not in found.remedy.tried


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (allowed(), "pass"),
        (allowed(f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:*"), "fail"),
        (allowed(Condition={"StringEquals": {"secretsmanager:SecretId": NAME}}), "fail"),
        (allowed(Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}), "pass"),
        (allowed(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "unknown"),
        (evidence(attached=denied("iam:ListAttachedRolePolicies", ROLE)), "unknown"),
    ],
)
def test_it_is_allowed_on_everything_alone(given: AccessEvidence, status: str) -> None:
    found = finding(CHECK, by_batch(given))
    assert found.status == status
    assert status != "unknown" or found.text.startswith("The loader of miyabi-app is set to")


def test_the_secret_s_own_policy_says_nothing_of_it() -> None:
    refusing = known(policy({"Effect": "Deny", "Principal": "*", "Action": BATCH, "Resource": "*"}))
    assert ask_batch(replace(allowed(), resource_policy=refusing)).is_allowed


def test_the_boundary_and_the_organization_are_asked_about_it_too() -> None:
    limits = document("limits", policy({"Effect": "Allow", "NotAction": BATCH, "Resource": "*"}))
    bounded = judge(by_batch(replace(allowed(), boundary=limits)))
    assert [f.check for f in bounded.findings if f.status == "fail"] == ["boundary_allows"]
    remedy = bounded.finding("boundary_allows").remedy
    assert "ReadSecretsInBatches" in remedy.terraform
    guard = organization(FULL.text, policy(deny(BATCH)))
    guarded = judge(by_batch(replace(allowed(), organization=guard)))
    assert [f.check for f in guarded.findings if f.status == "fail"] == ["control_policies_allow"]


def test_a_refusal_in_cloudtrail_tells_that_it_is_called() -> None:
    run = judge(evidence(denials=known((REFUSED,))))
    found = run.finding(CHECK)
    assert (run.answer, found.status, found.weight) == ("yes", "fail", "matters")
    assert found.text.startswith(
        f"CloudTrail saw AWS refuse a call of {BATCH}, which {ROLE} is not"
    )
    assert "batch_get_secret_value_is_allowed would say" in run.finding("no_recent_denials").text
    for other in (
        replace(REFUSED, principal=REFUSED.principal.replace(ROLE, "somebody")),
        replace(REFUSED, secret="miyabi/dev/config miyabi/dev/other"),
    ):
        assert finding(CHECK, evidence(denials=known((other,)))).status == "pass"
    named = replace(REFUSED, secret=f"{NAME} miyabi/dev/config")
    assert finding(CHECK, evidence(denials=known((named,)))).status == "fail"
    assert finding(CHECK, replace(allowed(), denials=known((named,)))).status == "pass"


def test_of_a_function_that_could_not_be_read_nothing_is_claimed() -> None:
    assert finding(CHECK, evidence(function=MISSING)).status == "skipped"
