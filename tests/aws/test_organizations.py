"""An account's organization: read from the account up to the root, whole or not at all."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import Stubber

from deploy.demo.account import assume
from secrets_ui.aws.organizations import OrganizationsGateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.domain.access.evidence import Denied, Missing, Unreachable, learn
from secrets_ui.domain.environment import Environment
from secrets_ui.services.access.organization import read_organization
from testkit.copying_aws import CopyingAws
from tests.conftest import fresh_environments

ACCOUNT, ORGANIZATION = "111111111111", "o-example123"
DENY = {"Effect": "Deny", "Action": "*", "Resource": "*"}
NO_READS = {"Version": "2012-10-17", "Statement": [DENY]}


def test_levels_are_read_from_the_account_up_to_the_root(
    local_aws: CopyingAws, local_sessions: AwsSessions
) -> None:
    environment = fresh_environments()["dev"]  # here the management account
    local_aws.build_estate({"dev": environment})
    made = assume(local_aws.endpoint, environment).organizations
    organization = made.create_organization(FeatureSet="ALL")["Organization"]
    root = made.list_roots()["Roots"][0]["Id"]
    unit = made.create_organizational_unit(ParentId=root, Name="prod")["OrganizationalUnit"]["Id"]
    created = made.create_account(AccountName="prod", Email="prod@example.com")
    member = created["CreateAccountStatus"]["AccountId"]
    made.move_account(AccountId=member, SourceParentId=root, DestinationParentId=unit)
    for kind, target in (("SERVICE_CONTROL_POLICY", unit), ("RESOURCE_CONTROL_POLICY", member)):
        policy = made.create_policy(
            Name=f"no-{kind[:3].lower()}", Type=kind, Content=json.dumps(NO_READS), Description=""
        )
        made.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=target)

    gateway = OrganizationsGateway(local_sessions.caller(environment, "hana"))
    found = read_organization(gateway, member).value
    assert (found.id, found.management) == (organization["Id"], environment.account)
    assert found.paths == (f"{found.id}/{root}/{unit}/",)
    by_target = {level.target: level for level in found.levels.value}
    assert list(by_target) == [member, unit, root]
    assert "no-ser" in [document.name for document in by_target[unit].service]
    [mine] = [d for d in by_target[member].resource if d.name == "no-res"]
    assert json.loads(mine.text) == NO_READS
    assert [d.name for d in by_target[root].service] == ["FullAWSAccess"]


@pytest.fixture
def stubbed(environment: Environment) -> Iterator[tuple[OrganizationsGateway, Stubber]]:
    caller = AwsSessions("http://127.0.0.1:9").caller(replace(environment, account=ACCOUNT), "hana")
    with Stubber(caller.client("organizations")) as stub:
        yield OrganizationsGateway(caller), stub
        stub.assert_no_pending_responses()


def describe(stub: Stubber) -> None:
    found: dict[str, Any] = {"Id": ORGANIZATION, "MasterAccountId": "999999999999"}
    stub.add_response("describe_organization", {"Organization": found})


def test_an_account_in_no_organization(stubbed: tuple[OrganizationsGateway, Stubber]) -> None:
    gateway, stub = stubbed
    code = "AWSOrganizationsNotInUseException"
    stub.add_client_error("describe_organization", code, "no", 400)
    assert isinstance(learn(lambda: read_organization(gateway, ACCOUNT)), Missing)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [("AccessDeniedException", 400, Denied), ("TooManyRequestsException", 400, Unreachable)],
)
def test_one_refusal_leaves_all_policies_unknown_and_the_organization_known(
    stubbed: tuple[OrganizationsGateway, Stubber], code: str, status: int, kind: type[object]
) -> None:
    gateway, stub = stubbed
    describe(stub)
    stub.add_response("list_parents", {"Parents": [{"Id": "r-ab12", "Type": "ROOT"}]})
    stub.add_response("list_policies_for_target", {"Policies": [{"Id": "p-FullAWSAccess"}]})
    stub.add_client_error("describe_policy", code, "no", status)
    found = read_organization(gateway, ACCOUNT).value
    assert (found.id, isinstance(found.levels, kind), found.calls) == (ORGANIZATION, True, 4)
    assert found.paths == ()
