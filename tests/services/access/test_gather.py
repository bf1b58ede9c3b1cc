"""Gathering: what is asked, what hangs on what, and what a refusal costs."""

import json
from dataclasses import replace
from typing import Any

import pytest

from deploy.demo.network import build_vpc, connect
from secrets_ui.domain.access.evidence import (
    AccessEvidence,
    Denied,
    Known,
    Missing,
    NotAsked,
    Unreachable,
)
from secrets_ui.domain.errors import AwsCall
from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import AuditRecord
from secrets_ui.services.access.check import check_access, judge
from secrets_ui.services.access.gather import Gathering, gather_evidence
from secrets_ui.services.access.gathered import Gathered
from testkit.recording_aws import RecordingAws
from tests.checks.building import evidence
from tests.conftest import Estate, MakeEstate

pytestmark = pytest.mark.django_db
NAME = "miyabi/dev/api-keys"


@pytest.fixture
def dev(make_estate: MakeEstate) -> Estate:
    return make_estate(only=("dev",))


def gather(dev: Estate, hana: Actor, name: str = NAME) -> AccessEvidence:
    return gather_evidence(dev.environments["dev"], name, hana)


def test_it_works(dev: Estate, hana: Actor) -> None:
    evidence = gather(dev, hana)
    account = dev["dev"]
    assert isinstance(evidence.secret, Known)
    assert evidence.secret.value.arn == account.secret_arns[NAME]
    assert isinstance(evidence.key, Known)
    assert evidence.key.value.arn == account.key_arn
    assert len(evidence.documents) == 3
    assert len(evidence.console.documents) == 1
    assert evidence.boundary is None
    assert {type(answer) for answer in evidence.documents.values()} == {Known}


def test_a_value_is_read_once_on_record_and_never_again(
    dev: Estate, recorder: RecordingAws, hana: Actor
) -> None:
    assert gather(dev, hana).value_was_read
    assert recorder.operations().count("GetSecretValue") == 1
    assert list(AuditRecord.objects.values_list("phase", "action")) == [
        ("outcome", "value.read"),
        ("intent", "value.read"),
    ]
    assert not gather(dev, hana).value_was_read
    assert recorder.operations().count("GetSecretValue") == 1


def test_without_a_record_no_value_is_read_and_the_rest_is_known(
    dev: Estate, recorder: RecordingAws, hana: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from secrets_ui.domain.errors import AuditUnavailable
    from secrets_ui.services import audit

    def closed(*args: Any, **more: Any) -> None:
        raise AuditUnavailable("no space")

    monkeypatch.setattr(audit, "act", closed)
    evidence = gather(dev, hana)
    assert isinstance(evidence.facts, Unreachable)
    assert "GetSecretValue" not in recorder.operations()
    assert judge(evidence).finding("decrypt_is_allowed").status == "pass"


def test_the_number_of_calls_is_told_as_it_is(
    dev: Estate, recorder: RecordingAws, hana: Actor
) -> None:
    evidence = gather(dev, hana)
    sent = [call for call in recorder.operations() if call != "AssumeRole"]
    # Those two fail, and are tried again.
    again = sent.count("SimulatePrincipalPolicy") - 1 + sent.count("LookupEvents") - 2
    assert evidence.calls == len(sent) - again


def test_the_organization_is_asked_about_where_the_environment_lets_the_console_and_not_elsewhere(
    dev: Estate, recorder: RecordingAws, hana: Actor
) -> None:
    evidence = gather(dev, hana)
    assert isinstance(evidence.organization, Missing)
    recorder.received.clear()
    closed = replace(dev.environments["dev"], who_can_read=False)
    found = gather_evidence(closed, NAME, hana)
    assert isinstance(found.organization, NotAsked)
    assert "DescribeOrganization" not in recorder.operations()
    assert found.calls == evidence.calls - 2  # the value is not read again either


def test_calls_that_aws_refused_or_did_not_answer_are_counted_as_failed() -> None:
    call, given = AwsCall("secretsmanager:DescribeSecret"), evidence()
    found = Gathered(
        secret=Unreachable(call, "no answer"),
        versions=Denied(call, "secretsmanager:ListSecretVersionIds"),
        resource_policy=Missing(call),
        caller=given.caller,
        facts=NotAsked("the value"),
    )
    found["alias"] = found["key"] = Unreachable(AwsCall("kms:DescribeKey"), "no answer")
    told = found.evidence(
        given.environment, NAME, given.spec, pending=(), value_was_read=False, seconds=0
    )
    assert (told.calls, told.failed_calls, judge(told).failed_calls) == (5, 3, 3)


def test_every_call_is_signed_in_a_session_named_after_the_person(
    dev: Estate, recorder: RecordingAws, hana: Actor
) -> None:
    gather(dev, hana)
    sessions = {call.session for call in recorder.received if call.operation != "AssumeRole"}
    assert sessions == {f"{dev.environments['dev'].assume_role} as hana"}


def test_each_answer_is_told_as_it_comes_and_judged_early_nothing_breaks(
    dev: Estate, hana: Actor
) -> None:
    gathering = Gathering(dev.environments["dev"], NAME, hana)
    seen = set()
    for name in gathering.run():
        assert name in gathering.answers
        seen.add(name)
        run = judge(gathering.evidence())
        assert not [finding for finding in run.findings if "could not be done" in finding.text]
    assert seen == set(gathering.answers)
    assert run.answer == "yes"


def test_a_secret_that_is_not_there_leaves_the_key_behind_the_alias_to_be_judged(
    dev: Estate, hana: Actor
) -> None:
    evidence = gather(dev, hana, "miyabi/dev/nothing")
    assert isinstance(evidence.secret, Missing)
    assert isinstance(evidence.key_policy, Known)
    assert isinstance(evidence.facts, NotAsked)


def test_of_a_function_in_a_vpc_its_network_is_read_in_four_calls(
    dev: Estate, recorder: RecordingAws, hana: Actor
) -> None:
    account = dev["dev"]
    before = gather(dev, hana).calls
    built = build_vpc(account.clients, account.environment.region)
    connect(account.clients, account.environment, built)
    evidence = gather(dev, hana)
    found = evidence.network
    assert isinstance(found.endpoints, Known)
    assert [each.id for each in found.endpoints.value] == [built.endpoint]
    assert isinstance(found.security_groups, Known)
    ids = {each.id for each in found.security_groups.value}
    assert ids == {built.function_group, built.endpoint_group}
    assert isinstance(found.subnets, Known)
    assert {each.id for each in found.subnets.value} == set(built.subnets)
    run = judge(evidence)
    assert (run.answer, run.finding("endpoint_policy_allows").status) == ("yes", "pass")
    # The value, that was read before, is known by now.
    assert evidence.calls == before - 1 + 4


def test_a_policy_that_should_be_attached_and_is_not_is_looked_up(dev: Estate, hana: Actor) -> None:
    account = dev["dev"]
    arn = f"arn:aws:iam::{account.environment.account}:policy/miyabi-lambda-secrets-access"
    account.clients.iam.detach_role_policy(RoleName="miyabi-lambda-execution", PolicyArn=arn)
    assert isinstance(gather(dev, hana).unattached[arn], Known)


def test_inline_policies_and_the_boundary_are_read(dev: Estate, hana: Actor) -> None:
    iam, text = (
        dev["dev"].clients.iam,
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
            }
        ),
    )
    iam.put_role_policy(
        RoleName="miyabi-lambda-execution", PolicyName="inline", PolicyDocument=text
    )
    arn = iam.create_policy(PolicyName="limits", PolicyDocument=text)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="miyabi-lambda-execution", PermissionsBoundary=arn)
    evidence = gather(dev, hana)
    assert isinstance(evidence.documents["inline"], Known)
    assert isinstance(evidence.boundary, Known)
    assert evidence.boundary.value.arn == arn


# JSON services tell a refusal in the body; each leaves the rest standing.
REFUSALS = {
    "DescribeSecret": ("secret_exists", "secretsmanager:DescribeSecret"),
    "GetResourcePolicy": ("secret_policy_allows", "secretsmanager:GetResourcePolicy"),
    "ListSecretVersionIds": ("versions_share_the_key", "secretsmanager:ListSecretVersionIds"),
    "GetSecretValue": ("secret_holds_its_keys", "secretsmanager:GetSecretValue"),
    "DescribeKey": ("key_is_usable", "kms:DescribeKey"),
    "GetKeyPolicy": ("decrypt_is_allowed", "kms:GetKeyPolicy"),
    "GetKeyRotationStatus": ("key_rotates", "kms:GetKeyRotationStatus"),
    "LookupEvents": ("no_recent_denials", "cloudtrail:LookupEvents"),
}


@pytest.mark.parametrize(("operation", "expected"), REFUSALS.items(), ids=REFUSALS)
def test_what_this_console_may_not_read_is_unknown_with_the_statement_to_add_and_the_rest_runs(
    dev: Estate, recorder: RecordingAws, hana: Actor, operation: str, expected: tuple[str, str]
) -> None:
    check, permission = expected
    recorder.break_call(operation, "AccessDeniedException", "not allowed")
    run = check_access(dev.environments["dev"], NAME, hana)
    found = run.finding(check)
    assert found.status == "unknown"
    assert f"this console lacks {permission}" in found.text
    assert permission in found.missing
    assert [f.check for f in run.findings if f.status == "fail"] == []
    assert sum(f.status == "pass" for f in run.findings) >= 15
    assert run.exit_status == (0 if found.weight == "second opinion" else 2)


@pytest.mark.parametrize(
    ("code", "status"),
    [("ThrottlingException", 400), ("InternalServiceError", 500), ("SomethingNew", 400)],
)
def test_throttling_and_other_refusals_are_unknown_and_say_why(
    dev: Estate, recorder: RecordingAws, hana: Actor, code: str, status: int
) -> None:
    recorder.break_call("GetKeyPolicy", code, "x", status)
    found = check_access(dev.environments["dev"], NAME, hana).finding("decrypt_is_allowed")
    assert (found.status, found.missing) == ("unknown", "")
    assert "GetKeyPolicy" in found.text


def test_an_answer_that_cannot_be_read_is_unknown(
    dev: Estate, recorder: RecordingAws, hana: Actor
) -> None:
    recorder.answer("GetKeyPolicy", 200, b"<!doctype html>")
    assert (
        check_access(dev.environments["dev"], NAME, hana).finding("decrypt_is_allowed").status
        == "unknown"
    )


def test_a_role_that_may_not_be_assumed_is_told_once(
    dev: Estate, recorder: RecordingAws, hana: Actor
) -> None:
    body = (
        b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
        b"<RequestId>1</RequestId></ErrorResponse>"
    )
    recorder.answer("AssumeRole", 403, body)
    evidence = gather(dev, hana)
    run = judge(evidence)
    assert isinstance(evidence.secret, Denied)
    assert [finding.check for finding in run.findings if finding.status != "skipped"] == [
        "console_reaches_aws"
    ]
    assert "sts:AssumeRole" in run.findings[0].missing
