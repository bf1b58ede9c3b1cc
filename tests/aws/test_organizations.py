"""An account's organization: read from the account up to the root, whole or not at all."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, get_args

import pytest
from botocore.stub import Stubber

from deploy.demo.account import assume
from secrets_ui.aws.organizations import Kind, OrganizationsGateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.domain.access.evidence import (
    Denied,
    Evidence,
    Known,
    Missing,
    Organization,
    Unreachable,
    learn,
)
from secrets_ui.domain.environment import Environment
from secrets_ui.services.access.organization import OrganizationQuestions, organization_of
from testkit.copying_aws import CopyingAws
from tests.conftest import fresh_environments

ACCOUNT, ORGANIZATION = "111111111111", "o-example123"
DENY = {"Effect": "Deny", "Action": "*", "Resource": "*"}
KINDS = get_args(Kind)
Then = Callable[[Any], None]
NO_READS = {"Version": "2012-10-17", "Statement": [DENY]}


def read(
    gateway: OrganizationsGateway, account: str
) -> tuple[Evidence[Organization], list[list[str]]]:
    """The organization; and what was asked at once, round by round."""
    answers: dict[str, Evidence[Any]] = {}
    waiting: list[tuple[str, Callable[[], Known[Any]], Then]] = []
    rounds: list[list[str]] = []

    def ask(name: str, call: Any, *args: Any, then: Then = lambda answer: None) -> None:
        waiting.append((name, partial(call, *args), then))

    OrganizationQuestions(ask, gateway, account).begin()
    while waiting:
        asked, waiting[:] = list(waiting), []
        rounds.append([name for name, _, _ in asked])
        for name, call, then in asked:
            answers[name] = learn(call)
            then(answers[name])
    return organization_of(answers, account), rounds


def known(found: Evidence[Organization]) -> Organization:
    assert isinstance(found, Known)
    return found.value


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
    found = known(read(gateway, member)[0])
    assert (found.id, found.management) == (organization["Id"], environment.account)
    assert found.paths == (f"{found.id}/{root}/{unit}/",)
    assert isinstance(found.levels, Known)
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
    assert isinstance(read(gateway, ACCOUNT)[0], Missing)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [("AccessDeniedException", 400, Denied), ("TooManyRequestsException", 400, Unreachable)],
)
def test_one_refusal_leaves_all_policies_unknown_and_the_organization_known(
    stubbed: tuple[OrganizationsGateway, Stubber], code: str, status: int, kind: type[object]
) -> None:
    gateway, stub = stubbed
    describe(stub)
    add_root(stub)
    attach(stub, "p-FullAWSAccess")
    for _ in range(3):  # the account's RCPs, and both of the root
        attach(stub)
    stub.add_client_error("describe_policy", code, "no", status)
    found = known(read(gateway, ACCOUNT)[0])
    assert (found.id, isinstance(found.levels, kind)) == (ORGANIZATION, True)
    assert found.paths == ()


def add_root(stub: Stubber) -> None:
    stub.add_response("list_parents", {"Parents": [{"Id": "r-ab12", "Type": "ROOT"}]})


def attach(stub: Stubber, *policies: str) -> None:
    stub.add_response("list_policies_for_target", {"Policies": [{"Id": p} for p in policies]})


def test_what_hangs_on_no_other_answer_is_asked_at_once_and_each_policy_once(
    stubbed: tuple[OrganizationsGateway, Stubber],
) -> None:
    gateway, stub = stubbed
    describe(stub)
    add_root(stub)
    for policies in (["p-a", "p-b"], ["p-c"], ["p-a"], ["p-c"]):
        attach(stub, *policies)
    for name in ("a", "b", "c"):
        summary = {
            "Id": f"p-{name}",
            "Name": name,
            "Arn": f"arn:aws:organizations::9:policy/{name}",
        }
        stub.add_response(
            "describe_policy", {"Policy": {"PolicySummary": summary, "Content": "{}"}}
        )
    told, rounds = read(gateway, ACCOUNT)
    assert rounds == [
        ["organization"],
        [f"parent:{ACCOUNT}"],
        [f"{kind}:{target}" for target in (ACCOUNT, "r-ab12") for kind in KINDS],
        ["control:p-a", "control:p-b", "control:p-c"],
    ]
    levels = known(told).levels
    assert isinstance(levels, Known)
    names = [
        (level.target, [d.name for d in level.service], [d.name for d in level.resource])
        for level in levels.value
    ]
    assert names == [(ACCOUNT, ["a", "b"], ["c"]), ("r-ab12", ["a"], ["c"])]


def test_where_aws_does_not_show_the_parent_nothing_else_is_asked(
    stubbed: tuple[OrganizationsGateway, Stubber],
) -> None:
    gateway, stub = stubbed
    describe(stub)
    stub.add_client_error("list_parents", "AccessDeniedException", "no", 400)
    told, rounds = read(gateway, ACCOUNT)
    assert rounds == [["organization"], [f"parent:{ACCOUNT}"]]
    assert isinstance(known(told).levels, Denied)
