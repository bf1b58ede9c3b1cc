"""IAM's gateway: roles, policies and the simulator; documents come out as JSON text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..domain.access.evidence import Document, Known, Role, Simulated
from .base import Gateway
from .translate import told_as_ours


class IamGateway(Gateway):
    """Every method raises AwsError and its kinds; ThingNotFound where the role or policy is gone."""

    service = "iam"
    is_global = True

    def get_role(self, name: str) -> Known[Role]:
        call = self.told("GetRole", name, "get-role", "--role-name", name)
        with told_as_ours(call):
            role = self._client.get_role(RoleName=name)["Role"]
            boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
            tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])}
            return Known(
                Role(
                    role["Arn"],
                    role["RoleId"],
                    _text(role["AssumeRolePolicyDocument"]),
                    boundary,
                    tags,
                ),
                call,
            )

    def list_attached_role_policies(self, name: str) -> Known[tuple[str, ...]]:
        """ARNs of the attached policies."""
        call = self.told(
            "ListAttachedRolePolicies", name, "list-attached-role-policies", "--role-name", name
        )
        with told_as_ours(call):
            pages = self._client.get_paginator("list_attached_role_policies").paginate(
                RoleName=name
            )
            return Known(
                tuple(policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]),
                call,
            )

    def list_role_policies(self, name: str) -> Known[tuple[str, ...]]:
        """Names of the inline policies."""
        call = self.told("ListRolePolicies", name, "list-role-policies", "--role-name", name)
        with told_as_ours(call):
            pages = self._client.get_paginator("list_role_policies").paginate(RoleName=name)
            return Known(tuple(policy for page in pages for policy in page["PolicyNames"]), call)

    def get_role_policy(self, role: str, policy: str) -> Known[Document]:
        call = self.told(
            "GetRolePolicy", role, "get-role-policy", "--role-name", role, "--policy-name", policy
        )
        with told_as_ours(call):
            answer = self._client.get_role_policy(RoleName=role, PolicyName=policy)
            return Known(Document(policy, _text(answer["PolicyDocument"])), call)

    def get_policy_document(self, arn: str) -> Known[Document]:
        """GetPolicy, then GetPolicyVersion of its default version: two calls, one after the other."""
        call = self.told("GetPolicy", arn, "get-policy", "--policy-arn", arn)
        with told_as_ours(call):
            version = self._client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        call = self.told(
            "GetPolicyVersion",
            arn,
            "get-policy-version",
            "--policy-arn",
            arn,
            "--version-id",
            version,
        )
        with told_as_ours(call):
            answer = self._client.get_policy_version(PolicyArn=arn, VersionId=version)
            return Known(
                Document(arn.rpartition("/")[2], _text(answer["PolicyVersion"]["Document"]), arn),
                call,
            )

    def simulate_principal_policy(
        self,
        role_arn: str,
        actions: Sequence[str],
        resources: Sequence[str],
        context: Mapping[str, str],
    ) -> Known[tuple[Simulated, ...]]:
        """AWS's own answer for the identity side; it looks at no resource policy of a role.
        https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html"""
        call = self.told(
            "SimulatePrincipalPolicy", role_arn, "simulate-principal-policy", "--policy-source-arn", role_arn,
            "--action-names", *actions, "--resource-arns", *resources,
        )  # fmt: skip
        entries = [
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for key, value in context.items()
        ]
        with told_as_ours(call):
            answer = self._client.simulate_principal_policy(
                PolicySourceArn=role_arn,
                ActionNames=list(actions),
                ResourceArns=list(resources),
                ContextEntries=entries,
            )
            return Known(tuple(_simulated(result) for result in answer["EvaluationResults"]), call)


def _simulated(result: Mapping[str, Any]) -> Simulated:
    """EvalDecision is the most restrictive over all resources, so the one resource's own result is read where it is given."""
    specific: Mapping[str, Any] = next(iter(result.get("ResourceSpecificResults", [])), {})
    organizations = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations")
    return Simulated(
        action=result["EvalActionName"],
        decision=specific.get("EvalResourceDecision", result["EvalDecision"]),
        missing=tuple(specific.get("MissingContextValues", result.get("MissingContextValues", []))),
        allowed_by_organizations=organizations,
    )


def _text(document: Any) -> str:
    """botocore decodes IAM's URL-encoded documents into objects; what it could not decode stays text, to be told as malformed."""
    return document if isinstance(document, str) else json.dumps(document, indent=2)
