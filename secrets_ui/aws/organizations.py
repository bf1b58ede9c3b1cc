"""Organizations' gateway: where an account stands, and what control policies are attached there."""

from typing import Literal

from ..domain.access.evidence import Document, Known, Membership
from .base import Gateway

Kind = Literal["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]


class OrganizationsGateway(Gateway):
    """All but describe_organization are for the management account and delegated administrators."""

    service = "organizations"
    is_global = True
    commands = {
        "DescribeOrganization": "describe-organization",
        "ListParents": "list-parents --child-id {}",
        "ListPoliciesForTarget": "list-policies-for-target --target-id {} --filter",
        "DescribePolicy": "describe-policy --policy-id {}",
    }

    def describe_organization(self) -> Known[Membership]:
        """Raises ThingNotFound where the account is in none."""
        call = self.describe_call("DescribeOrganization", "the organization")
        with self.asking(call):
            found = self._client.describe_organization()["Organization"]
            return Known(Membership(found["Id"], found["MasterAccountId"]), call)

    def list_parents(self, child: str) -> Known[str]:
        """The one parent of an account or an organizational unit."""
        call = self.describe_call("ListParents", child)
        with self.asking(call):
            [parent] = self._client.list_parents(ChildId=child)["Parents"]
            return Known(str(parent["Id"]), call)

    def list_policies_for_target(self, target: str, kind: Kind) -> Known[tuple[str, ...]]:
        """Ids of the policies that are attached to the target itself."""
        call = self.describe_call("ListPoliciesForTarget", target, kind)
        with self.asking(call):
            paginator = self._client.get_paginator("list_policies_for_target")
            pages = paginator.paginate(TargetId=target, Filter=kind)
            return Known(tuple([p["Id"] for page in pages for p in page["Policies"]]), call)

    def describe_policy(self, policy: str) -> Known[Document]:
        call = self.describe_call("DescribePolicy", policy)
        with self.asking(call):
            found = self._client.describe_policy(PolicyId=policy)["Policy"]
            summary = found["PolicySummary"]
            return Known(Document(summary["Name"], found["Content"], summary["Arn"]), call)
