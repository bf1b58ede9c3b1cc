"""IAM's gateway: roles, policies and the simulator; documents come out as JSON text."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..domain.access.account import AccountDetails, AccountTooLarge, Group, Principal
from ..domain.access.evidence import Document, Known, Role, Simulated
from .base import Gateway

# Of the list of everybody. AWS allows 1,000, which are 10 MB where roles have ten policies each:
# much memory to parse them in, and minutes where freed memory is overwritten.
PAGE = 200


class IamGateway(Gateway):
    """Every method raises ThingNotFound where the role or policy is gone."""

    service = "iam"
    is_global = True
    commands = {
        "GetRole": "get-role --role-name {}",
        "ListAttachedRolePolicies": "list-attached-role-policies --role-name {}",
        "ListRolePolicies": "list-role-policies --role-name {}",
        "GetRolePolicy": "get-role-policy --role-name {} --policy-name",
        "GetPolicy": "get-policy --policy-arn {}",
        "GetPolicyVersion": "get-policy-version --policy-arn {} --version-id",
        "GetAccountAuthorizationDetails": "get-account-authorization-details",
        "SimulatePrincipalPolicy": "simulate-principal-policy --policy-source-arn {}",
    }

    def get_role(self, name: str) -> Known[Role]:
        call = self.describe_call("GetRole", name)
        with self.asking(call):
            return Known(_role(self._client.get_role(RoleName=name)["Role"]), call)

    def list_attached_role_policies(self, name: str) -> Known[tuple[str, ...]]:
        """ARNs of the attached policies."""
        call = self.describe_call("ListAttachedRolePolicies", name)
        with self.asking(call):
            pages = self._client.get_paginator("list_attached_role_policies").paginate(
                RoleName=name
            )
            found = (policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"])
            return Known(tuple(found), call)

    def list_role_policies(self, name: str) -> Known[tuple[str, ...]]:
        """Names of the inline policies."""
        call = self.describe_call("ListRolePolicies", name)
        with self.asking(call):
            pages = self._client.get_paginator("list_role_policies").paginate(RoleName=name)
            return Known(tuple(policy for page in pages for policy in page["PolicyNames"]), call)

    def get_role_policy(self, role: str, policy: str) -> Known[Document]:
        call = self.describe_call("GetRolePolicy", role, policy)
        with self.asking(call):
            answer = self._client.get_role_policy(RoleName=role, PolicyName=policy)
            return Known(Document(policy, _text(answer["PolicyDocument"])), call)

    def get_policy(self, arn: str) -> Known[str]:
        """The id of the policy's default version."""
        call = self.describe_call("GetPolicy", arn)
        with self.asking(call):
            answer = self._client.get_policy(PolicyArn=arn)
            return Known(str(answer["Policy"]["DefaultVersionId"]), call)

    def get_policy_version(self, arn: str, version: str) -> Known[Document]:
        call = self.describe_call("GetPolicyVersion", arn, version)
        with self.asking(call):
            answer = self._client.get_policy_version(PolicyArn=arn, VersionId=version)
            text = _text(answer["PolicyVersion"]["Document"])
            return Known(Document(arn.rpartition("/")[2], text, arn), call)

    def get_policy_document(self, arn: str) -> Known[Document]:
        """The document of the default version: two calls, one after the other."""
        return self.get_policy_version(arn, self.get_policy(arn).value)

    def simulate_principal_policy(
        self,
        role_arn: str,
        actions: Sequence[str],
        resources: Sequence[str],
        context: Mapping[str, str],
    ) -> Known[tuple[Simulated, ...]]:
        """AWS's own answer for the identity side; it looks at no resource policy of a role.
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html"""
        words = ("--action-names", *actions, "--resource-arns", *resources)
        call = self.describe_call("SimulatePrincipalPolicy", role_arn, *words)
        with self.asking(call):
            answer = self._client.simulate_principal_policy(
                PolicySourceArn=role_arn,
                ActionNames=list(actions),
                ResourceArns=list(resources),
                ContextEntries=_context_entries(context),
            )
            return Known(tuple(_simulated(result) for result in answer["EvaluationResults"]), call)

    def get_account_authorization_details(self, most: int = 0) -> Known[AccountDetails]:
        """Every role, user and group of the account, with the policies that are attached to any.

        A page that fails fails the whole list: a part of it would look like all. Raises
        AccountTooLarge as soon as there are more than `most` roles and users; 0: however many.
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
        """
        call = self.describe_call("GetAccountAuthorizationDetails", "")
        with self.asking(call):
            paginator = self._client.get_paginator("get_account_authorization_details")
            pages = paginator.paginate(PaginationConfig={"PageSize": PAGE})
            return Known(_details(pages, most), call)


def _details(pages: Iterable[Mapping[str, Any]], most: int) -> AccountDetails:
    principals: list[Principal] = []
    groups: dict[str, Group] = {}
    policies: dict[str, Document] = {}
    count = 0
    for page in pages:
        count += 1
        principals += map(_listed_role, page["RoleDetailList"])
        principals += map(_listed_user, page["UserDetailList"])
        if most and len(principals) > most:
            raise AccountTooLarge(most)
        for entry in page["GroupDetailList"]:
            inline = _inline(entry.get("GroupPolicyList", []))
            groups[entry["GroupName"]] = Group(inline, _attached(entry))
        policies |= {entry["Arn"]: _default_version(entry) for entry in page["Policies"]}
    return AccountDetails(tuple(principals), groups, policies, count)


def _listed_role(entry: Mapping[str, Any]) -> Principal:
    return Principal(
        _role(entry),
        _inline(entry.get("RolePolicyList", [])),
        _attached(entry),
        last_used=entry.get("RoleLastUsed", {}).get("LastUsedDate"),
    )


def _listed_user(entry: Mapping[str, Any]) -> Principal:
    identity = {**entry, "RoleId": entry["UserId"], "AssumeRolePolicyDocument": ""}
    inline = _inline(entry.get("UserPolicyList", []))
    return Principal(_role(identity), inline, _attached(entry), tuple(entry.get("GroupList", [])))


def _inline(listed: Iterable[Mapping[str, Any]]) -> tuple[Document, ...]:
    return tuple([Document(p["PolicyName"], _compact(p["PolicyDocument"])) for p in listed])


def _attached(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple([policy["PolicyArn"] for policy in entry.get("AttachedManagedPolicies", [])])


def _default_version(entry: Mapping[str, Any]) -> Document:
    """Without it the text is "", which the parser reports as malformed: it is then not known."""
    versions = [v for v in entry.get("PolicyVersionList", []) if v.get("IsDefaultVersion")]
    text = _compact(versions[0].get("Document", "")) if versions else ""
    version = versions[0].get("VersionId", "").removeprefix("v") if versions else ""
    name = entry["Arn"].rpartition("/")[2]
    return Document(f"{name} version {version}" if version else name, text, entry["Arn"])


def _role(entry: Mapping[str, Any]) -> Role:
    return Role(
        entry["Arn"],
        entry["RoleId"],
        _text(entry["AssumeRolePolicyDocument"]),
        entry.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        {tag["Key"]: tag["Value"] for tag in entry.get("Tags", [])},
    )


def _context_entries(context: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in context.items()
    ]


def _simulated(result: Mapping[str, Any]) -> Simulated:
    """EvalDecision is the most restrictive over all resources, so the one resource's own result is
    read where it is given.
    """
    specific: Mapping[str, Any] = next(iter(result.get("ResourceSpecificResults", [])), {})
    organizations = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations")
    return Simulated(
        action=result["EvalActionName"],
        decision=specific.get("EvalResourceDecision", result["EvalDecision"]),
        missing=tuple(specific.get("MissingContextValues", result.get("MissingContextValues", []))),
        allowed_by_organizations=organizations,
    )


def _text(document: Any) -> str:
    """botocore decodes IAM's URL-encoded documents into objects; what it could not decode stays
    text, which the parser reports as malformed.
    """
    return document if isinstance(document, str) else json.dumps(document, indent=2)


def _compact(document: Any) -> str:
    """The same for thousands that no page shows: without indents json is much quicker."""
    return document if isinstance(document, str) else json.dumps(document)
