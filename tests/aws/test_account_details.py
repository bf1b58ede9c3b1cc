"""The list of all roles and users: paged, with url-encoded documents, and whole or not at all."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from botocore.stub import Stubber

from secrets_ui.aws.iam import IamGateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.domain.access.account import AccountDetails, AccountTooLarge
from secrets_ui.domain.access.evidence import Denied, Known, Missing, Unreachable, learn
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsCall

READS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*"}]}
ENCODED = quote(json.dumps(READS))
MADE = datetime(2026, 1, 1, tzinfo=UTC)
IAM = "arn:aws:iam::111111111111"
OPERATION = "get_account_authorization_details"
CALL = AwsCall("iam:GetAccountAuthorizationDetails")


def entry(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        f"{kind}Name": name,
        f"{kind}Id": f"{kind.upper()}{name.upper():X<20}",
        "Arn": f"{IAM}:{kind.lower()}/{name}",
        "Path": "/",
        "CreateDate": MADE,
        **more,
    }


FIRST = {
    "RoleDetailList": [
        entry(
            "Role",
            "ci",
            AssumeRolePolicyDocument=ENCODED,
            RolePolicyList=[{"PolicyName": "inline", "PolicyDocument": ENCODED}],
            AttachedManagedPolicies=[{"PolicyName": "m", "PolicyArn": f"{IAM}:policy/m"}],
            PermissionsBoundary={
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": f"{IAM}:policy/gone",
            },
            Tags=[{"Key": "env", "Value": "prod"}],
            RoleLastUsed={"LastUsedDate": MADE, "Region": "us-west-2"},
        )
    ],
    "UserDetailList": [],
    "GroupDetailList": [],
    "Policies": [],
    "IsTruncated": True,
    "Marker": "more",
}
SECOND = {
    "RoleDetailList": [],
    "UserDetailList": [entry("User", "hana", GroupList=["ops"])],
    "GroupDetailList": [
        entry(
            "Group",
            "ops",
            GroupPolicyList=[{"PolicyName": "own", "PolicyDocument": ENCODED}],
            AttachedManagedPolicies=[{"PolicyName": "m", "PolicyArn": f"{IAM}:policy/m"}],
        )
    ],
    "Policies": [
        {
            "Arn": f"{IAM}:policy/m",
            "DefaultVersionId": "v2",
            "PolicyVersionList": [
                {"VersionId": "v1", "IsDefaultVersion": False, "Document": quote("{}")},
                {"VersionId": "v2", "IsDefaultVersion": True, "Document": ENCODED},
            ],
        }
    ],
    "IsTruncated": False,
}


@pytest.fixture
def stubbed(environment: Environment) -> Iterator[tuple[IamGateway, Stubber]]:
    caller = AwsSessions("http://127.0.0.1:9").caller(environment, "hana")
    with Stubber(caller.client("iam")) as stub:
        yield IamGateway(caller), stub
        stub.assert_no_pending_responses()


def listed(stubbed: tuple[IamGateway, Stubber]) -> AccountDetails:
    gateway, stub = stubbed  # botocore decodes documents in the very answer
    stub.add_response(OPERATION, deepcopy(FIRST), {"MaxItems": 200})
    stub.add_response(OPERATION, deepcopy(SECOND), {"MaxItems": 200, "Marker": "more"})
    return gateway.get_account_authorization_details().value


def test_two_pages_make_one_list(stubbed: tuple[IamGateway, Stubber]) -> None:
    found = listed(stubbed)
    assert found.pages == 2
    role, user = found.principals
    assert (role.identity.name, role.identity.boundary) == ("ci", f"{IAM}:policy/gone")
    assert json.loads(role.identity.trust) == READS
    assert (role.identity.tags, role.last_used) == ({"env": "prod"}, MADE)
    assert user.is_user
    assert (user.identity.role_id, user.groups) == ("USERHANAXXXXXXXXXXXXXXXX", ("ops",))


def test_an_account_that_is_too_large_is_not_read_to_its_end(
    stubbed: tuple[IamGateway, Stubber],
) -> None:
    gateway, stub = stubbed
    first = deepcopy(FIRST)
    first["RoleDetailList"] = [deepcopy(FIRST["RoleDetailList"][0]) for _ in range(3)]
    stub.add_response(OPERATION, first, {"MaxItems": 200})
    with pytest.raises(AccountTooLarge, match="more than 2 roles and users"):
        gateway.get_account_authorization_details(2)


def test_policies_are_those_of_the_default_version_and_of_the_groups(
    stubbed: tuple[IamGateway, Stubber],
) -> None:
    found = listed(stubbed)
    role, user = (found.evidence_of(principal, CALL) for principal in found.principals)
    assert isinstance(role.boundary, Missing)
    assert list(role.documents) == ["inline", f"{IAM}:policy/m"]
    assert list(user.documents) == ["own of group ops", f"{IAM}:policy/m"]
    texts = [d.value.text for d in (*role.documents.values(), *user.documents.values())]
    assert [json.loads(text) for text in texts] == [READS] * 4


@pytest.mark.parametrize(
    ("code", "status", "kind"), [("AccessDenied", 403, Denied), ("Throttling", 400, Unreachable)]
)
def test_a_page_that_fails_fails_the_list(
    stubbed: tuple[IamGateway, Stubber], code: str, status: int, kind: type[object]
) -> None:
    gateway, stub = stubbed
    stub.add_response(OPERATION, deepcopy(FIRST), {"MaxItems": 200})
    stub.add_client_error(OPERATION, code, "No.", status)
    found = learn(gateway.get_account_authorization_details)
    assert isinstance(found, kind)
    assert not isinstance(found, Known)
